import { link, lstat, open, rename, rm, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { isZeros } from '../../../drivers/formats/zero-runs.ts';

const WRITE_BYTES = 1 << 20;
/** What is compared with zeros at one time, counted from the file's beginning. */
const BLOCK = 64 * 1024;

/**
 * A raw disk that is being made, under the name `FILE.part`; all of it is zeros that take no room until they are written over. Pieces come
 * from front to back for the most part; what is given is copied.
 */
export class RawDisk {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #sizeBytes: number;
  /** One is filled while the other is written. */
  #filling = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #spare = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #filled = 0;
  /** Where the one that is filled belongs. */
  #at = 0;
  #writing: Promise<void> | null = null;

  private constructor(file: string, handle: FileHandle, sizeBytes: number) {
    this.#file = file;
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  /** @throws Node's errors: EEXIST where `FILE.part` is there, EFBIG where the file system has no file as large */
  static async create(file: string, sizeBytes: number): Promise<RawDisk> {
    const handle = await open(partOf(file), 'wx', 0o600);
    const disk = new RawDisk(file, handle, sizeBytes);
    try {
      await handle.truncate(sizeBytes);
      return disk;
    } catch (error) {
      await disk.discard();
      throw error;
    }
  }

  /** To be waited for before there is more. @throws {RangeError} beyond the disk's end */
  async write(offset: number, data: Uint8Array): Promise<void> {
    if (offset + data.length > this.#sizeBytes)
      throw new RangeError(`${offset} is beyond the end of the disk`);
    for (let from = 0; from < data.length;) {
      const length = Math.min(BLOCK - ((offset + from) % BLOCK), data.length - from);
      const block = data.subarray(from, from + length);
      if (!isZeros(block)) await this.#add(offset + from, block);
      from += length;
    }
  }

  /** All is written: it gets its name, unless that is taken by now. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#writing;
    await this.#handle.sync();
    await this.#handle.close();
    try {
      await link(partOf(this.#file), this.#file);
      await rm(partOf(this.#file));
    } catch (error) {
      // Not every file system has links. There the name is taken by an empty file, which fails where it is in use, and replaced.
      if (isTaken(error)) throw error;
      await (await open(this.#file, 'wx')).close();
      await rename(partOf(this.#file), this.#file).catch(async (cause: unknown) => {
        await rm(this.#file, { force: true });
        throw cause;
      });
    }
  }

  /** Nothing is left of it. */
  async discard(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    await this.#handle.close().catch(() => undefined);
    await rm(partOf(this.#file), { force: true });
  }

  async #add(offset: number, data: Uint8Array): Promise<void> {
    if (offset !== this.#at + this.#filled || this.#filled + data.length > WRITE_BYTES) {
      await this.#flush();
      this.#at = offset;
    }
    this.#filling.set(data, this.#filled);
    this.#filled += data.length;
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    await this.#writing;
    const bytes = this.#filling.subarray(0, this.#filled);
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#writing = this.#put(bytes, this.#at);
    // Whoever waits for it next is told: it stays there.
    this.#writing.catch(() => undefined);
    this.#filled = 0;
  }

  async #put(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length;)
      done += (await this.#handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

/** What a disk is called until it is whole. */
export function partOf(file: string): string {
  return `${file}.part`;
}

/** A link that leads nowhere is there, too. */
export async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** What may be written where a file is to be. */
export async function freeBytes(file: string): Promise<number> {
  const { bavail, bsize } = await statfs(path.dirname(path.resolve(file)));
  return bavail * bsize;
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
