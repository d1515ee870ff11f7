import { lengthOf, type Zeros } from '../../../drivers/formats/zero-runs.ts';
import type { DiskBytes } from './saved-machine.ts';

export interface Returning {
  /** The same bytes again. */
  readonly open: () => Promise<DiskBytes>;
  /** Waits until what they come from is back. @throws the error, where it tells of something else */
  readonly lost: (error: unknown) => Promise<void>;
}

/** Bytes from a host that go on where they were after its link was lost. */
export class ReturningSource implements DiskBytes {
  readonly sizeBytes: number;
  readonly #returning: Returning;
  #source: DiskBytes | null;

  constructor(source: DiskBytes, returning: Returning) {
    this.sizeBytes = source.sizeBytes;
    this.#source = source;
    this.#returning = returning;
  }

  async *read(
    offset: number,
    length: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    const end = offset + length;
    for (let at = offset; at < end;)
      try {
        this.#source ??= await this.#returning.open();
        for await (const part of this.#source.read(at, end - at, signal)) {
          at += lengthOf(part);
          yield part;
        }
        return;
      } catch (error) {
        await this.close().catch(() => undefined);
        await this.#returning.lost(error);
      }
  }

  async close(): Promise<void> {
    const source = this.#source;
    this.#source = null;
    await source?.close();
  }
}
