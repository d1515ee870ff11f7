import { once } from 'node:events';
import { createGunzip, type Gunzip } from 'node:zlib';
import type { ByteStream } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';

/** RFC 1952, several members too, and zeros behind them, which tapes leave. zlib verifies CRC and length. */
export async function* decompressGzip(bytes: ByteStream): AsyncGenerator<Uint8Array, void, void> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const feed = new Feed(gunzip);
  const fed = feed.run(bytes);
  // It is awaited below; till then a failure must not be nobody's.
  fed.catch(() => undefined);
  try {
    // Its `for await` would destroy it, and with it what says how far it came.
    for await (const piece of gunzip.iterator({ destroyOnReturn: false })) yield piece as Uint8Array;
    await fed;
  } catch (error) {
    throw formatError(error, gunzip);
  } finally {
    feed.stop();
    gunzip.destroy();
    await fed.catch(() => undefined);
  }
}

/** Writes the packed bytes, and looks at those behind the end, which zlib does not take. */
class Feed {
  readonly #gunzip: Gunzip;
  /** Not yet taken by zlib, as far as that is known; `at` in the stream. */
  #pending: { readonly at: number; readonly piece: Uint8Array }[] = [];
  #fed = 0;
  #over: Promise<unknown>;
  #isOver = false;

  constructor(gunzip: Gunzip) {
    this.#gunzip = gunzip;
    this.#over = new Promise<void>((resolve) => {
      const over = (): void => {
        this.#isOver = true;
        resolve();
      };
      gunzip.once('end', over).once('close', over).once('error', over);
    });
  }

  async run(bytes: ByteStream): Promise<void> {
    try {
      for await (const piece of bytes) {
        if (this.#gunzip.destroyed) return;
        if (this.#isOver) {
          onlyZeros(piece, this.#fed);
          this.#fed += piece.length;
          continue;
        }
        this.#pending = this.#pending.filter(
          ({ at, piece: { length } }) => at + length > this.#gunzip.bytesWritten,
        );
        this.#pending.push({ at: this.#fed, piece });
        this.#fed += piece.length;
        if (!this.#gunzip.write(piece)) await Promise.race([once(this.#gunzip, 'drain'), this.#over]);
      }
    } catch (error) {
      this.#gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
    if (!this.#isOver) this.#gunzip.end();
    await this.#over;
    if (!this.#gunzip.destroyed) this.#checkRest();
  }

  stop(): void {
    this.#isOver = true;
  }

  #checkRest(): void {
    const taken = this.#gunzip.bytesWritten;
    for (const { at, piece } of this.#pending)
      if (at + piece.length > taken) onlyZeros(piece.subarray(Math.max(0, taken - at)), Math.max(at, taken));
  }
}

function onlyZeros(bytes: Uint8Array, at: number): void {
  const index = bytes.findIndex((byte) => byte !== 0);
  if (index >= 0) throw new FormatError('BAD_VALUE', 'Other bytes follow the packed ones', at + index);
}

function formatError(error: unknown, gunzip: Gunzip): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  if (error.code === 'Z_BUF_ERROR')
    return new FormatError('TRUNCATED', 'The packed bytes end too early', gunzip.bytesWritten);
  if (!error.code.startsWith('Z_')) return error;
  return new FormatError(
    'BAD_VALUE',
    `The packed bytes are damaged, as zlib tells: ${error.message}`,
    gunzip.bytesWritten,
  );
}
