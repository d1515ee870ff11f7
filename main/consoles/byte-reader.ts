import type { Duplex } from 'node:stream';

const EVENTS = ['readable', 'end', 'close', 'error'] as const;

/** The stream ended where more of a handshake was due. */
export class StreamEnd extends Error {
  override readonly name = 'StreamEnd';
}

/** Reads a handshake off a stream piece by piece. `release` gives back what came after it. */
export class ByteReader {
  readonly #stream: Duplex;
  readonly #signal: AbortSignal;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(stream: Duplex, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
  }

  /** Exactly `size` bytes. Fails when the stream ends or breaks before, or with the signal's reason. */
  async read(size: number): Promise<Buffer> {
    for (;;) {
      this.#signal.throwIfAborted();
      const more = this.#stream.read() as Buffer | null;
      if (more !== null) this.#buffer = Buffer.concat([this.#buffer, more]);
      if (this.#buffer.length >= size) break;
      const { errored, destroyed, readableEnded } = this.#stream;
      if (errored !== null) throw errored;
      if (destroyed || readableEnded) throw new StreamEnd('The stream ended in its handshake.');
      if (more === null) await this.#change();
    }
    const bytes = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return bytes;
  }

  async readByte(): Promise<number> {
    return (await this.read(1)).readUInt8();
  }

  /** Waits until there is a byte, and leaves it there. */
  async awaitByte(): Promise<void> {
    const byte = await this.read(1);
    this.#buffer = Buffer.concat([byte, this.#buffer]);
    this.release();
  }

  /** Gives back what was not read. */
  release(): void {
    if (this.#buffer.length > 0) this.#stream.unshift(this.#buffer);
    this.#buffer = Buffer.alloc(0);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of EVENTS) this.#stream.off(event, done);
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      for (const event of EVENTS) this.#stream.on(event, done);
      this.#signal.addEventListener('abort', done, { once: true });
    });
  }
}
