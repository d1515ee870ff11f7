import type { Run } from '../byte-stream.ts';
import type { RandomSource } from '../random-source.ts';

/** A whole disk in one file, as Hyper-V, Virtual PC and Disk2vhd keep it. `read` gives what a machine sees. */
export interface DiskFile extends RandomSource {
  readonly format: 'vhd' | 'vhdx';
  readonly sizeBytes: number;
  readonly sectorSize: 512 | 4096;
  /** Of all runs. */
  readonly usedBytes: number;
  readonly warnings: readonly string[];
  /** What is damaged, and is there a second time. */
  readonly faults: readonly string[];
  /**
   * The disk from front to back, or from a place on; what no run has is zero.
   * @throws {FormatError} with the offset in the file; the signal's reason
   */
  runs(signal: AbortSignal, from?: number): AsyncGenerator<Run, void, void>;
}

/** A file that is read at any place. */
export interface SizedSource extends RandomSource {
  readonly sizeBytes: number;
}
