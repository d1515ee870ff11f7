import type { Duplex } from 'node:stream';

/** What a serial port has said, and a way to wait for more. */
export class Transcript {
  readonly #stream: Duplex;
  #text = '';
  #wake: () => void = () => undefined;
  #ended = false;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
    stream.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  type(text: string): void {
    this.#stream.write(text);
  }

  /** Resolves with what it says when it says so, after what was waited for before. */
  async shows(pattern: RegExp, limitMs = 120_000): Promise<string> {
    const end = Date.now() + limitMs;
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) {
        this.#text = this.#text.slice(match.index + match[0].length);
        return match[0];
      }
      if (this.#ended) throw new Error(`It ended without ${String(pattern)}: ${this.#text}`);
      if (Date.now() > end) throw new Error(`In vain for ${String(pattern)}: ${this.#text}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
