import type { Zeros } from '../../../drivers/formats/zero-runs.ts';
import type { DeviceRange } from '../source/devices.ts';

/** A part of a disk: what a device of the source has, zeros, or bytes that no device of it has. */
export type Item = DeviceRange | Zeros | Uint8Array;

/** A disk that a source sends. */
export interface SentDisk {
  readonly sizeBytes: number;
  /** What it is made of between two of its places, in order. */
  items(
    from: number,
    to: number,
  ): Iterable<{ readonly at: number; readonly length: number; readonly item: Item }>;
}

/** A part of it that has one sum. */
export interface Piece {
  readonly at: number;
  readonly length: number;
}

/** Sums of what a live device had, as it was sent. */
export interface Summed {
  readonly pieces: readonly Piece[];
  /** Nobody knows what the copy has of it. */
  forget(piece: Piece): void;
  /** It was read whole by the source itself. @param hex as its program prints the sum */
  told(piece: Piece, hex: string): void;
}
