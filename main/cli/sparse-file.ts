import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { zeroRuns, type Zeros } from '../../drivers/formats/zero-runs.ts';
import { FilePartReader } from '../contract/file-parts.ts';

const WRITE_BYTES = 1 << 20;

/**
 * Writes the parts (contract/file-parts.ts) of a stream to a file, whole or not at all; runs of zeros become holes.
 * @throws when the stream ends before `sizeBytes`, or the file cannot be written
 */
export async function writeSparse(
  file: string,
  stream: AsyncIterable<Uint8Array>,
  sizeBytes: number,
): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx');
  try {
    const writer = new SparseWriter(handle);
    for await (const part of zeroRuns(partsOf(stream))) await writer.add(part);
    const at = await writer.end();
    if (at !== sizeBytes) throw new Error(`${file}: ${at} of ${sizeBytes} bytes came.`);
    await handle.truncate(sizeBytes);
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Writes what comes one after the other. Small pieces are put together: a write costs more than a copy, and what is kept until it is
 * written makes the collector of garbage work.
 */
class SparseWriter {
  readonly #handle: FileHandle;
  /** One is filled while the other is written. */
  #filling = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #spare = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #filled = 0;
  /** Where in the file the one that is filled begins. */
  #at = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async add(part: Uint8Array | Zeros): Promise<void> {
    if (!(part instanceof Uint8Array)) {
      await this.#flush();
      this.#at += part.zeros;
      return;
    }
    for (let from = 0; from < part.length;) {
      const some = part.subarray(from, from + WRITE_BYTES - this.#filled);
      this.#filling.set(some, this.#filled);
      this.#filled += some.length;
      from += some.length;
      if (this.#filled === WRITE_BYTES) await this.#flush();
    }
  }

  /** @returns where it ends */
  async end(): Promise<number> {
    await this.#flush();
    await this.#writing;
    return this.#at;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const bytes = this.#filling.subarray(0, this.#filled);
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#writing = this.#write(bytes, this.#at);
    // Whoever waits for it next is told.
    this.#writing.catch(() => undefined);
    this.#at += bytes.length;
    this.#filled = 0;
  }

  async #write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length;)
      done += (await this.#handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

/** Takes what comes through a pipe of a file apart. */
export async function* partsOf(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array | Zeros, void, void> {
  const reader = new FilePartReader();
  for await (const chunk of stream) yield* reader.push(chunk);
}
