import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ZeroRunSplitter, type Zeros } from '../../drivers/formats/zero-runs.ts';
import { consume } from '../../drivers/transport/consume.ts';
import { FilePartReader } from '../contract/file-parts.ts';

const WRITE_BYTES = 1 << 20;

/**
 * Writes the parts (contract/file-parts.ts) of a stream to a file, whole or not at all; runs of zeros become holes.
 * @throws when the stream ends before `sizeBytes`, or the file cannot be written
 */
export async function writeSparse(file: string, stream: Readable, sizeBytes: number): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx');
  try {
    const writer = new SparseWriter(handle);
    await consume(stream, (bytes) => writer.take(bytes));
    const at = await writer.end();
    if (at !== sizeBytes) throw new Error(`${file}: ${at} of ${sizeBytes} bytes came.`);
    await handle.truncate(sizeBytes);
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    stream.destroy();
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Writes what comes one after the other. Small pieces are put together: a write costs more than a copy, and what is kept until it is
 * written makes the collector of garbage work. As pieces are many, nothing of them waits for a promise unless it must.
 */
class SparseWriter {
  readonly #handle: FileHandle;
  readonly #parts = new FilePartReader();
  readonly #runs = new ZeroRunSplitter();
  /** One is filled while the other is written. */
  #filling = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #spare = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #filled = 0;
  /** Where in the file the one that is filled begins. */
  #at = 0;
  #writing: Promise<void> | null = null;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Takes bytes of the pipe; whoever is given a promise waits before there are more. */
  take(bytes: Uint8Array): Promise<unknown> | null {
    const parts = this.#parts
      .push(bytes)
      .flatMap((part) =>
        part instanceof Uint8Array ? this.#runs.push(part) : this.#runs.pushZeros(part.zeros),
      );
    return this.#addAll(parts);
  }

  /** @returns where it ends */
  async end(): Promise<number> {
    await this.#addAll(this.#runs.end());
    await this.#flush();
    await this.#writing;
    return this.#at;
  }

  #addAll(parts: readonly (Uint8Array | Zeros)[]): Promise<unknown> | null {
    for (const [index, part] of parts.entries()) {
      const full = this.#add(part);
      if (full !== null) return full.then(() => this.#addAll(parts.slice(index + 1)));
    }
    return null;
  }

  #add(part: Uint8Array | Zeros): Promise<unknown> | null {
    if (!(part instanceof Uint8Array)) {
      const full = this.#flush();
      const skip = (): void => void (this.#at += part.zeros);
      if (full !== null) return full.then(skip);
      skip();
      return null;
    }
    const some = part.subarray(0, WRITE_BYTES - this.#filled);
    this.#filling.set(some, this.#filled);
    this.#filled += some.length;
    const full = this.#filled === WRITE_BYTES ? this.#flush() : null;
    const rest = part.subarray(some.length);
    if (rest.length === 0) return full;
    return full === null ? this.#add(rest) : full.then(() => this.#add(rest));
  }

  /** Writes what is filled, after what is being written. */
  #flush(): Promise<unknown> | null {
    if (this.#filled === 0) return null;
    if (this.#writing !== null) return this.#writing.then(() => this.#flush());
    const bytes = this.#filling.subarray(0, this.#filled);
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#writing = this.#write(bytes, this.#at).then(() => void (this.#writing = null));
    // Whoever waits for it next is told: it stays there.
    this.#writing.catch(() => undefined);
    this.#at += bytes.length;
    this.#filled = 0;
    return null;
  }

  async #write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length;)
      done += (await this.#handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}
