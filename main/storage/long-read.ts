import { lengthOf, pieceOf, type Zeros } from '../../drivers/formats/zero-runs.ts';
import type { ByteSource } from './byte-source.ts';

type Part = Uint8Array | Zeros;

/**
 * A source that is read once to its end, by whoever asks for one piece behind the other: to begin to read costs a host some questions, and a slow link waits for each. Whoever
 * asks for another place has it begin there. To be closed.
 */
export class LongRead implements ByteSource {
  readonly sizeBytes: number;
  readonly #source: ByteSource;
  #parts: AsyncIterator<Part, void, void> | null = null;
  /** Where what comes next begins. */
  #at = 0;
  #left: Part | null = null;

  constructor(source: ByteSource) {
    this.#source = source;
    this.sizeBytes = source.sizeBytes;
  }

  /** One at a time. */
  async *read(offset: number, length: number, signal: AbortSignal): AsyncGenerator<Part, void, void> {
    const parts = await this.#partsFrom(offset, signal);
    let left = length;
    let isWhole = false;
    try {
      while (left > 0) {
        const part = this.#left ?? (await parts.next()).value;
        if (part === undefined) throw new Error(`${this.#at} bytes came, ${this.sizeBytes} were told`);
        const [now, later] = cut(part, left);
        this.#left = later;
        this.#at += lengthOf(now);
        left -= lengthOf(now);
        yield now;
      }
      if (this.#at === this.sizeBytes) await this.#hearEnd(parts);
      isWhole = true;
    } finally {
      if (!isWhole || this.#at === this.sizeBytes) await this.close();
    }
  }

  /** Ends what is read ahead. */
  async close(): Promise<void> {
    const parts = this.#parts;
    this.#parts = null;
    this.#left = null;
    await parts?.return?.();
  }

  /** It may have something to say there. */
  async #hearEnd(parts: AsyncIterator<Part, void, void>): Promise<void> {
    let more = this.#left ?? (await parts.next()).value;
    while (more !== undefined) {
      if (lengthOf(more) > 0) throw new Error(`More than the ${this.sizeBytes} bytes came that were told`);
      more = (await parts.next()).value;
    }
  }

  async #partsFrom(offset: number, signal: AbortSignal): Promise<AsyncIterator<Part, void, void>> {
    if (this.#parts !== null && this.#at === offset) return this.#parts;
    await this.close();
    this.#at = offset;
    this.#parts = this.#source.read(offset, this.sizeBytes - offset, signal)[Symbol.asyncIterator]();
    return this.#parts;
  }
}

/** @returns at most so much of a part, and what is left of it */
function cut(part: Part, length: number): [Part, Part | null] {
  const whole = lengthOf(part);
  return whole <= length ? [part, null] : [pieceOf(part, 0, length), pieceOf(part, length, whole)];
}
