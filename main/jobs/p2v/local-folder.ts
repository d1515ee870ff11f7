import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { readFault } from './system-words.ts';

const READ_BYTES = 1 << 20;
/** An image of a terabyte in parts of 100 MB has ten thousand. */
const MAX_FILES = 100_000;

/**
 * The directory of an image on this computer. Links and what is no regular file are left out, so that nothing outside of it is read.
 * @throws {ClonezillaError} where it cannot be read
 */
export async function openFolder(folder: string): Promise<ImageFiles> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw readFault(folder, error);
  });
  if (names.length > MAX_FILES)
    throw new ClonezillaError(
      'UNSUPPORTED',
      `${folder} has ${names.length} files, over the ${MAX_FILES} that are read.`,
    );
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

async function* read(file: string): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* readOpened(file);
  } catch (error) {
    throw readFault(file, error);
  }
}

async function* readOpened(file: string): AsyncGenerator<Uint8Array, void, void> {
  // It may have become a link since it was listed.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (;;) {
      // A new one each time: whoever reads may keep what it was given.
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
