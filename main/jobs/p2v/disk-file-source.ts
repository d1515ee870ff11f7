import type { DiskFile } from '../../../drivers/formats/disk-file/disk-file.ts';
import type { Zeros } from '../../../drivers/formats/zero-runs.ts';
import { namedFault } from './disk-file.ts';
import type { DiskBytes } from './saved-machine.ts';

/** The disk that a VHDX or VHD holds. */
export class DiskFileSource implements DiskBytes {
  readonly sizeBytes: number;
  readonly #path: string;
  readonly #disk: DiskFile;
  readonly #close: () => Promise<void>;

  constructor(path: string, disk: DiskFile, close: () => Promise<void>) {
    this.sizeBytes = disk.sizeBytes;
    this.#path = path;
    this.#disk = disk;
    this.#close = close;
  }

  /** @throws {ClonezillaError} where the file is damaged or cannot be read; the signal's reason */
  async *read(
    offset: number,
    length: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    const end = offset + length;
    let at = offset;
    try {
      for await (const run of this.#disk.runs(signal, offset)) {
        if (run.offset >= end) break;
        if (run.offset > at) yield { zeros: run.offset - at };
        const data = run.data.subarray(0, end - run.offset);
        yield data;
        at = run.offset + data.length;
        if (at === end) break;
      }
    } catch (error) {
      throw namedFault(this.#path, error);
    }
    if (at < end) yield { zeros: end - at };
  }

  close(): Promise<void> {
    return this.#close();
  }
}
