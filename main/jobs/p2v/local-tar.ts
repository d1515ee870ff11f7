import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import { readTarIndex, type TarEntry, type TarIndex } from '../../../drivers/formats/tar.ts';
import { readFault } from './system-words.ts';

const READ_BYTES = 1 << 20;
/** Any of these is in each image. */
const MARKERS: ReadonlySet<string> = new Set(['clonezilla-img', 'disk', 'parts']);

/**
 * An image in a tar archive, which is not unpacked: its files are read where they are.
 * @throws {ClonezillaError} for what is no tar, or has several images, or cannot be read
 */
export async function openTar(file: string): Promise<ImageFiles> {
  const { files, others } = await withFile(file, (handle) => indexOf(file, handle));
  const markers = files.filter(({ name }) => MARKERS.has(path.posix.basename(name)));
  const folders = new Set(markers.map(({ name }) => folderOf(name)));
  const [folder, other] = folders;
  if (folder === undefined || other !== undefined)
    throw new ClonezillaError(
      'NOT_AN_IMAGE',
      other === undefined
        ? `${file} has no image of Clonezilla in it: there is no file clonezilla-img, disk or parts.`
        : `${file} has several images in it: ${[...folders].slice(0, 5).join(', ')}. Unpack it, and name the directory of one.`,
    );
  const found = new Map(
    files
      .filter(({ name }) => folderOf(name) === folder)
      .map((entry) => [path.posix.basename(entry.name), entry]),
  );
  return {
    sizes: new Map([...found].map(([name, { size }]) => [name, size])),
    skipped: others.filter((name) => folderOf(name) === folder).map((name) => path.posix.basename(name)),
    stream: (name) => read(file, found.get(name)),
  };
}

function folderOf(name: string): string {
  return path.posix.dirname(path.posix.normalize(name));
}

async function indexOf(file: string, handle: FileHandle): Promise<TarIndex> {
  try {
    return await readTarIndex({
      read: async (offset, length) => {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      },
    });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new ClonezillaError(
      error.code === 'OTHER_FORMAT' ? 'NOT_AN_IMAGE' : 'DAMAGED',
      error.code === 'OTHER_FORMAT' || error.offset === 0
        ? `${file} is no directory and no tar. A packed one (.tar.gz) has to be unpacked first.`
        : `${file}: ${error.message}. Copy it again, or name the directory that it was made of.`,
    );
  }
}

async function* read(file: string, entry: TarEntry | undefined): AsyncGenerator<Uint8Array, void, void> {
  if (entry === undefined) return;
  try {
    yield* readEntry(file, entry);
  } catch (error) {
    throw readFault(file, error);
  }
}

async function* readEntry(file: string, entry: TarEntry): AsyncGenerator<Uint8Array, void, void> {
  const handle = await open(file, 'r');
  try {
    for (let done = 0; done < entry.size;) {
      const length = Math.min(READ_BYTES, entry.size - done);
      const { bytesRead, buffer } = await handle.read(
        Buffer.allocUnsafe(length),
        0,
        length,
        entry.offset + done,
      );
      if (bytesRead === 0)
        throw new ClonezillaError('DAMAGED', `${file} ends within ${entry.name}. Copy it again.`, entry.name);
      yield buffer.subarray(0, bytesRead);
      done += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function withFile<T>(file: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw readFault(file, error);
  });
  try {
    return await work(handle);
  } catch (error) {
    throw readFault(file, error);
  } finally {
    await handle.close();
  }
}
