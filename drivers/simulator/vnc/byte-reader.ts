import type { Readable } from 'node:stream';

/** The stream ended where more bytes were due. */
export class EndOfStream extends Error {
  override readonly name = 'EndOfStream';
}

/** Reads exact numbers of bytes from a stream, one reader at a time. */
export class ByteReader {
  readonly #stream: Readable;
  #ended = false;
  #wake: (() => void) | null = null;

  constructor(stream: Readable) {
    this.#stream = stream;
    const wake = () => this.#wake?.();
    const end = () => {
      this.#ended = true;
      wake();
    };
    stream.on('readable', wake);
    stream.on('end', end);
    stream.on('close', end);
    stream.on('error', end);
  }

  async take(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    for (;;) {
      const chunk: unknown = this.#stream.read(length);
      if (chunk instanceof Buffer && chunk.length === length) return chunk;
      // At its end a stream hands out what is left, however short.
      if (this.#ended || chunk !== null) throw new EndOfStream('The viewer has gone');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  /** Reads and drops bytes in parts, so that an announced length costs no memory. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; left -= Math.min(left, 16_384)) await this.take(Math.min(left, 16_384));
  }
}
