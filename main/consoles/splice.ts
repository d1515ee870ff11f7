import { Duplex } from 'node:stream';

export interface Splice {
  /** What the reader gets before the bytes of `inner`. */
  readonly prefix: Uint8Array;
  /** So many bytes of the writer are dropped: they answer to the prefix. */
  readonly skip: number;
}

/** A stream whose first words were exchanged already: `inner` goes on where a new peer has yet to begin. Back pressure is kept. */
export function splice(inner: Duplex, { prefix, skip }: Splice): Duplex {
  return new Spliced(inner, { prefix, skip });
}

class Spliced extends Duplex {
  readonly #inner: Duplex;
  #skip: number;

  constructor(inner: Duplex, { prefix, skip }: Splice) {
    super();
    this.#inner = inner;
    this.#skip = skip;
    this.push(prefix);
    inner.on('readable', () => this.#pull());
    inner.on('end', () => this.push(null));
    inner.on('error', (error) => this.destroy(error));
    inner.on('close', () => {
      if (!inner.readableEnded) this.destroy(inner.errored ?? new Error('The stream was cut.'));
    });
  }

  override _read(): void {
    this.#pull();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const rest = chunk.subarray(Math.min(this.#skip, chunk.length));
    this.#skip -= chunk.length - rest.length;
    if (rest.length === 0) done();
    else this.#inner.write(rest, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#inner.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inner.destroy();
    done(error);
  }

  #pull(): void {
    for (;;) {
      const chunk = this.#inner.read() as Buffer | null;
      if (chunk === null || !this.push(chunk)) return;
    }
  }
}
