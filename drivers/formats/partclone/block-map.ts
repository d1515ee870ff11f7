import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { FormatError } from '../errors.ts';

/** So many blocks from `first`, all in use. */
export interface BlockRun {
  readonly first: number;
  readonly count: number;
}

/** Of a map: 8 Mi blocks. */
export const PIECE_BYTES = 1024 ** 2;
/** Larger maps are held packed: that of 16 TiB has 512 MiB, nearly all of it long runs. */
const HELD_PLAIN = 16 * PIECE_BYTES;
/** No file system's map packs as badly as this. */
const MAX_HELD = 96 * PIECE_BYTES;

interface Piece {
  readonly bytes: Uint8Array;
  readonly packed: boolean;
}

/** Which blocks of a device are in use, a bit for each, the lowest bit of a byte first; held within bounds. */
export class BlockMap {
  /** Blocks in use. */
  used = 0;
  readonly #blocks: number;
  readonly #pieces: Piece[] = [];
  #held = 0;
  #added = 0;

  /** @param blocks of the device, in use or not */
  constructor(blocks: number) {
    this.#blocks = blocks;
  }

  /**
   * The next `PIECE_BYTES` of the map, fewer at its end. The map keeps them.
   * @throws FormatError TOO_LARGE
   */
  add(bytes: Uint8Array): void {
    this.#added += bytes.length;
    const beyond = this.#added * 8 - this.#blocks;
    const last = bytes.length - 1;
    if (beyond > 0) bytes[last] = (bytes[last] ?? 0) & (0xff >> beyond);
    for (const byte of bytes) this.used += ONES[byte] ?? 0;
    const packed = this.#blocks / 8 > HELD_PLAIN;
    const piece = packed ? deflateRawSync(bytes, { level: 1 }) : bytes;
    this.#held += piece.length;
    if (this.#held > MAX_HELD)
      throw new FormatError('TOO_LARGE', `The map of the ${this.#blocks} blocks is too large to be held`);
    this.#pieces.push({ bytes: piece, packed });
  }

  /** In ascending order, each as long as it can be. */
  *runs(): Generator<BlockRun, void, void> {
    let first = -1;
    let block = 0;
    for (const piece of this.#pieces) {
      const bytes = piece.packed ? inflateRawSync(piece.bytes) : piece.bytes;
      for (const byte of bytes) {
        if (byte === (first < 0 ? 0 : 0xff)) {
          block += 8;
          continue;
        }
        for (let bit = 1; bit <= 0x80; bit <<= 1, block += 1) {
          const inUse = (byte & bit) !== 0;
          if (inUse && first < 0) first = block;
          if (inUse || first < 0) continue;
          yield { first, count: block - first };
          first = -1;
        }
      }
    }
    if (first >= 0) yield { first, count: block - first };
  }
}

/** A device all of whose blocks are in use. */
export function wholeMap(blocks: number): Pick<BlockMap, 'used' | 'runs'> {
  return {
    used: blocks,
    *runs() {
      if (blocks > 0) yield { first: 0, count: blocks };
    },
  };
}

/** Of each byte: how many of its bits are set. */
export const ONES = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll('0', '').length,
);
