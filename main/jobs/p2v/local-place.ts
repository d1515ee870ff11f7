import { constants } from 'node:fs';
import { lstat, open, readdir, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import type { Place, PlacedFile } from './place.ts';
import { readFault } from './system-words.ts';

const READ_BYTES = 1 << 20;
/** A pipe that nobody writes to would hold a thread of this program until somebody does. Windows has no such flag, and no such files. */
const READ_AT_ONCE = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);
/** An image of a terabyte in parts of 100 MB has ten thousand. */
export const MAX_FILES = 100_000;

/** This computer. */
export const localPlace: Place = {
  async look(file) {
    try {
      const stats = await stat(file);
      return stats.isDirectory() ? 'directory' : stats.isFile() ? 'file' : 'other';
    } catch (error) {
      if (isNothing(error)) return 'nothing';
      throw readFault(file, error);
    }
  },
  openFolder,
  openFile,
  top: path.sep,
  isWhole: (file) => path.isAbsolute(file),
};

function isNothing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function openFolder(folder: string): Promise<ImageFiles> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw readFault(folder, error);
  });
  if (names.length > MAX_FILES) throw tooMany(folder, names.length);
  const sizes = new Map<string, number>();
  const skipped: string[] = [];
  for (const name of names.sort()) {
    const stats = await lstat(path.join(folder, name)).catch((error: unknown) => {
      throw readFault(path.join(folder, name), error);
    });
    if (stats.isFile()) sizes.set(name, stats.size);
    else if (!stats.isDirectory()) skipped.push(name);
  }
  return { sizes, skipped, stream: (name) => read(path.join(folder, name)) };
}

export function tooMany(folder: string, files: number): ClonezillaError {
  return new ClonezillaError(
    'UNSUPPORTED',
    `${folder} has ${files} files, over the ${MAX_FILES} that are read.`,
  );
}

async function* read(file: string): AsyncGenerator<Uint8Array, void, void> {
  try {
    // It may have become a link since it was listed.
    const handle = await open(file, READ_AT_ONCE | constants.O_NOFOLLOW);
    try {
      yield* bytesOf(handle, { offset: 0, length: Infinity });
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readFault(file, error);
  }
}

async function openFile(file: string): Promise<PlacedFile> {
  const handle = await open(file, READ_AT_ONCE).catch((error: unknown) => {
    throw readFault(file, error);
  });
  const told = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw readFault(file, error);
    });
  const sizeBytes = await told(sizeOf(file, handle)).catch(async (error: unknown) => {
    await handle.close();
    throw error;
  });
  return {
    sizeBytes,
    read: (offset, length) => told(readAt(handle, offset, length)),
    async *stream(offset, length) {
      try {
        yield* bytesOf(handle, { offset, length });
      } catch (error) {
        throw readFault(file, error);
      }
    },
    close: () => handle.close(),
  };
}

async function sizeOf(file: string, handle: FileHandle): Promise<number> {
  const stats = await handle.stat();
  if (stats.isFile()) return stats.size;
  const what = stats.isDirectory() ? 'a directory' : 'a device or a pipe';
  throw new ClonezillaError('NOT_AN_IMAGE', `${file} is ${what}, no file.`, file);
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

async function* bytesOf(
  handle: FileHandle,
  { offset, length }: { readonly offset: number; readonly length: number },
): AsyncGenerator<Uint8Array, void, void> {
  for (let done = 0; done < length;) {
    const some = Math.min(READ_BYTES, length - done);
    // A new one each time: whoever reads may keep what it was given.
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(some), 0, some, offset + done);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    done += bytesRead;
  }
}
