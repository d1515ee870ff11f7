import { ClonezillaError } from './errors.ts';
import { readText, type ImageFiles } from './image-files.ts';

const BROKEN = 'THIS_IMAGE_DIR_IS_BROKEN.txt';
/** Any of these says that a directory is an image; those before October 2011 have no tag. */
const MARKERS = ['clonezilla-img', 'disk', 'parts'];

/** Files that `glance` asks for. */
export const GLANCED = [
  'gocryptfs.conf',
  'gocryptfs.diriv',
  'clonezilla-img',
  'parts',
  BROKEN,
  'ecryptfs.info',
];

/** What a directory seems to be by the names of a few files in it; what is in them may tell otherwise. null: no image. */
export async function glance(
  has: (name: string) => Promise<boolean>,
): Promise<'clonezilla' | 'broken' | 'encrypted' | null> {
  const any = async (...names: readonly string[]): Promise<boolean> =>
    (await Promise.all(names.map(has))).includes(true);
  if (await any('gocryptfs.conf', 'gocryptfs.diriv')) return 'encrypted';
  // A file disk alone may be anything's.
  if (await any('clonezilla-img', 'parts')) return (await any(BROKEN)) ? 'broken' : 'clonezilla';
  // With a marker in the clear it is mounted, or was encrypted without the names.
  return (await any('ecryptfs.info')) ? 'encrypted' : null;
}

/**
 * Refuses what is no image that can be used.
 * @throws {ClonezillaError} NOT_AN_IMAGE, BROKEN, ENCRYPTED
 */
export async function recognise(files: ImageFiles): Promise<void> {
  if (files.sizes.has('gocryptfs.conf') || files.sizes.has('gocryptfs.diriv'))
    throw encrypted('gocryptfs', files.sizes.has('gocryptfs.conf') ? 'gocryptfs.conf' : 'gocryptfs.diriv');
  const enciphered = [...files.sizes.keys()].find((name) => name.startsWith('ECRYPTFS_FNEK_ENCRYPTED.'));
  const ecryptfs = files.sizes.has('ecryptfs.info') && (await isBinary(files, 'clonezilla-img'));
  if (ecryptfs || enciphered !== undefined) throw encrypted('ecryptfs', enciphered ?? 'ecryptfs.info');
  if (files.sizes.has('00-pseudo-img-note.txt') || !MARKERS.some((name) => files.sizes.has(name)))
    throw new ClonezillaError(
      'NOT_AN_IMAGE',
      'It is no image of Clonezilla: there is no file clonezilla-img, disk or parts. Name the directory of one image, not the one that images are in.',
    );
  const broken = await readText(files, BROKEN);
  if (broken !== null) {
    const why = broken
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim()
      .slice(0, 200);
    throw new ClonezillaError(
      'BROKEN',
      `Clonezilla marked the image as broken when it saved it (${BROKEN})${why === undefined ? '' : `: ${why}`}. Save the machine anew.`,
      BROKEN,
    );
  }
}

function encrypted(how: string, file: string): ClonezillaError {
  return new ClonezillaError(
    'ENCRYPTED',
    `The image is encrypted by ${how} (${file}). Mount it by ${how} and name the mounted directory.`,
    file,
  );
}

async function isBinary(files: ImageFiles, name: string): Promise<boolean> {
  if (!files.sizes.has(name)) return true;
  for await (const piece of files.stream(name)) return piece.subarray(0, 4096).includes(0);
  return false;
}
