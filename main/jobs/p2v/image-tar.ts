import { posix } from 'node:path';
import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';
import type { ImageFiles } from '../../../drivers/formats/clonezilla/image-files.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import { readTarIndex, type TarEntry, type TarIndex } from '../../../drivers/formats/tar.ts';
import { closing, type Place, type PlacedFile } from './place.ts';

/** Any of these is in each image. */
const MARKERS: ReadonlySet<string> = new Set(['clonezilla-img', 'disk', 'parts']);

/**
 * An image in a tar archive, which is not unpacked: its files are read where they are.
 * @throws {ClonezillaError} for what is no tar, or has several images, or cannot be read
 */
export async function openTar(place: Place, path: string): Promise<ImageFiles> {
  const file = await place.openFile(path);
  const { files, others } = await closing(file, indexOf(path, file));
  const markers = files.filter(({ name }) => MARKERS.has(posix.basename(name)));
  const folders = new Set(markers.map(({ name }) => folderOf(name)));
  const [folder, other] = folders;
  if (folder === undefined || other !== undefined)
    throw new ClonezillaError(
      'NOT_AN_IMAGE',
      other === undefined
        ? `${path} has no image of Clonezilla in it: there is no file clonezilla-img, disk or parts.`
        : `${path} has several images in it: ${[...folders].slice(0, 5).join(', ')}. Unpack it, and name the directory of one.`,
    );
  const found = new Map(
    files.filter(({ name }) => folderOf(name) === folder).map((entry) => [posix.basename(entry.name), entry]),
  );
  return {
    sizes: new Map([...found].map(([name, { size }]) => [name, size])),
    skipped: others.filter((name) => folderOf(name) === folder).map((name) => posix.basename(name)),
    stream: (name) => read(place, path, found.get(name)),
  };
}

function folderOf(name: string): string {
  return posix.dirname(posix.normalize(name));
}

async function indexOf(path: string, file: PlacedFile): Promise<TarIndex> {
  try {
    return await readTarIndex(file);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new ClonezillaError(
      error.code === 'OTHER_FORMAT' ? 'NOT_AN_IMAGE' : 'DAMAGED',
      error.code === 'OTHER_FORMAT' || error.offset === 0
        ? `${path} is no directory and no tar. A packed one (.tar.gz) has to be unpacked first. A raw disk, as dd makes it, needs no more: upload it to a pool, and make a machine from it there.`
        : `${path}: ${error.message}. Copy it again, or name the directory that it was made of.`,
    );
  }
}

async function* read(
  place: Place,
  path: string,
  entry: TarEntry | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  if (entry === undefined) return;
  const file = await place.openFile(path);
  try {
    let done = 0;
    for await (const piece of file.stream(entry.offset, entry.size)) {
      yield piece;
      done += piece.length;
    }
    if (done < entry.size)
      throw new ClonezillaError('DAMAGED', `${path} ends within ${entry.name}. Copy it again.`, entry.name);
  } finally {
    await file.close();
  }
}
