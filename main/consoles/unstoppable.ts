import { Duplex } from 'node:stream';
import { ByteRing } from './byte-ring.ts';

/** How much waits for a viewer that does not read: some 25,000 lines of a terminal. */
const MAX_WAITING_BYTES = 2 << 20;
/** The largest piece for the viewer. */
const PIECE_BYTES = 64 << 10;

export interface UnstoppableOptions {
  readonly maxWaitingBytes?: number;
  /** What stands where bytes were left out. */
  readonly gap: (bytes: number) => string;
}

/**
 * A stream that is always read, whether its viewer reads or not: the newest bytes wait for the viewer, older ones are left out. For streams
 * that share a connection, where one that is not read holds up all the others.
 */
export function unstoppable(inner: Duplex, options: UnstoppableOptions): Duplex {
  return new Unstoppable(inner, options);
}

class Unstoppable extends Duplex {
  readonly #inner: Duplex;
  readonly #options: UnstoppableOptions;
  readonly #waiting: ByteRing;
  #leftOut = 0;
  #wanted = false;
  #ended = false;

  constructor(inner: Duplex, options: UnstoppableOptions) {
    // One piece at most waits outside the ring: a guest's packets can be of one byte, and a stream keeps each as an object.
    super({ readableHighWaterMark: 1 });
    this.#inner = inner;
    this.#options = options;
    this.#waiting = new ByteRing(options.maxWaitingBytes ?? MAX_WAITING_BYTES);
    inner.on('data', (chunk: Buffer) => this.#keep(chunk));
    inner.on('end', () => {
      this.#ended = true;
      this.#hand();
    });
    inner.on('error', (error) => this.destroy(error));
    inner.on('close', () => {
      if (!inner.readableEnded) this.destroy(inner.errored ?? new Error('The stream was cut.'));
    });
  }

  override _read(): void {
    this.#wanted = true;
    this.#hand();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#inner.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#inner.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#waiting.clear();
    this.#inner.destroy();
    done(error);
  }

  #keep(chunk: Buffer): void {
    this.#leftOut += this.#waiting.push(chunk);
    this.#hand();
  }

  #hand(): void {
    while (this.#wanted && (this.#leftOut > 0 || this.#waiting.length > 0))
      this.#wanted = this.push(this.#leftOut > 0 ? this.#gap() : this.#waiting.take(PIECE_BYTES));
    if (!this.#ended || this.#waiting.length > 0 || this.#leftOut > 0) return;
    this.#ended = false;
    this.push(null);
  }

  #gap(): Buffer {
    const text = this.#options.gap(this.#leftOut);
    this.#leftOut = 0;
    return Buffer.from(text);
  }
}
