import type { Run } from '../../../drivers/formats/byte-stream.ts';
import type { Zeros } from '../../../drivers/formats/zero-runs.ts';

/** Reads runs as the bytes of a device, forwards alone. */
export class ContentCursor {
  readonly #runs: AsyncIterator<Run, void, void>;
  #run: Run | null = null;
  #ended = false;
  #at = 0;

  constructor(runs: AsyncIterator<Run, void, void>) {
    this.#runs = runs;
  }

  /** What is before has been read. */
  get at(): number {
    return this.#at;
  }

  /** Bytes from an offset that is not before `at`; what comes out is copied. */
  async *read(offset: number, length: number): AsyncGenerator<Uint8Array | Zeros, void, void> {
    const end = offset + length;
    this.#at = offset;
    while (this.#at < end) {
      const at = this.#at;
      const run = await this.#runAfter(at);
      const next = Math.min(run?.offset ?? end, end);
      if (run === null || next > at) {
        this.#at = next;
        yield { zeros: next - at };
      } else {
        // The bytes of a run may be used again for the next one.
        const data = Buffer.from(run.data.subarray(at - run.offset, end - run.offset));
        this.#at = at + data.length;
        yield data;
      }
    }
  }

  /** Reads what is left: only that proves what was read. */
  async finish(): Promise<void> {
    while (!this.#ended) await this.#next();
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#runs.return?.();
  }

  /** The run that holds an offset, or the first one after it. */
  async #runAfter(at: number): Promise<Run | null> {
    while (!this.#ended && (this.#run === null || this.#run.offset + this.#run.data.length <= at))
      await this.#next();
    return this.#run;
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#runs.next();
    this.#run = done === true ? null : value;
    this.#ended = done === true;
  }
}
