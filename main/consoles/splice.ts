import { Duplex } from 'node:stream';

/** A part of a conversation that the reader has yet to have: it hears `say`, then answers with `skip` bytes, which go nowhere. */
export interface Exchange {
  readonly say: Uint8Array;
  readonly skip: number;
}

/**
 * A stream whose first words were exchanged already: the reader has its own part of them here, one after the other as with a server,
 * then `inner` goes on. Back pressure is kept.
 */
export function splice(inner: Duplex, exchanges: readonly Exchange[]): Duplex {
  return new Spliced(inner, exchanges);
}

class Spliced extends Duplex {
  readonly #inner: Duplex;
  readonly #exchanges: Exchange[];
  /** So many bytes of the writer are still dropped. */
  #skip = 0;
  /** The reader has room. While it has none the inner stream is not read, so that its own back pressure holds the server. */
  #wanted = false;

  constructor(inner: Duplex, exchanges: readonly Exchange[]) {
    super();
    this.#inner = inner;
    this.#exchanges = [...exchanges];
    this.#converse();
    inner.on('readable', () => this.#pull());
    inner.on('end', () => this.push(null));
    inner.on('error', (error) => this.destroy(error));
    inner.on('close', () => {
      if (!inner.readableEnded) this.destroy(inner.errored ?? new Error('The stream was cut.'));
    });
  }

  override _read(): void {
    this.#wanted = true;
    this.#pull();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    let rest = chunk;
    while (this.#skip > 0 && rest.length > 0) {
      const dropped = Math.min(this.#skip, rest.length);
      this.#skip -= dropped;
      rest = rest.subarray(dropped);
      this.#converse();
    }
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

  /** Says what is due, up to the next answer; after the last one the inner stream speaks. */
  #converse(): void {
    while (this.#skip === 0) {
      const next = this.#exchanges.shift();
      if (next === undefined) break;
      this.#skip = next.skip;
      this.push(next.say);
    }
    this.#pull();
  }

  #pull(): void {
    // A stream tells its end only to who reads.
    if (this.#skip > 0 && this.#inner.readableLength === 0) this.#inner.read(0);
    while (this.#wanted && this.#skip === 0) {
      const chunk = this.#inner.read() as Buffer | null;
      if (chunk === null) return;
      this.#wanted = this.push(chunk);
    }
  }
}
