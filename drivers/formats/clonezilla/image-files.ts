import { ClonezillaError } from './errors.ts';

/** The files of one directory, wherever it is. Names are plain: nothing leads out of it. */
export interface ImageFiles {
  /** Regular files alone: name to size in bytes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Names of links, and of what else is no regular file: nothing of them is read. */
  readonly skipped?: readonly string[];
  /** The bytes of one file, in order, from the beginning. What is read no further is closed. */
  stream(name: string): AsyncIterable<Uint8Array>;
}

/** Clonezilla's lists and reports have some KiB; lshw's of a big server some hundred. */
const TEXT_LIMIT = 4 << 20;

/**
 * A small file as a whole.
 * @throws {ClonezillaError} MISSING, or UNSUPPORTED when it has more than `limit` bytes
 */
export async function readSmall(files: ImageFiles, name: string, limit = TEXT_LIMIT): Promise<Buffer> {
  const size = files.sizes.get(name);
  if (size === undefined)
    throw new ClonezillaError('MISSING', `${name} is missing in the image. Copy the whole directory.`, name);
  if (size > limit)
    throw new ClonezillaError(
      'UNSUPPORTED',
      `${name} has ${size} bytes, over the ${limit} that are read.`,
      name,
    );
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of files.stream(name)) {
    pieces.push(piece);
    length += piece.length;
    if (length > limit) throw new ClonezillaError('UNSUPPORTED', `${name} grows while it is read.`, name);
  }
  return Buffer.concat(pieces, length);
}

/** The same as text; null where there is no such file. */
export async function readText(files: ImageFiles, name: string): Promise<string | null> {
  return files.sizes.has(name) ? (await readSmall(files, name)).toString('utf8') : null;
}

/** Several files as one stream: parts that `split` made. */
export async function* streamOf(
  files: ImageFiles,
  names: readonly string[],
): AsyncGenerator<Uint8Array, void> {
  for (const name of names) yield* files.stream(name);
}
