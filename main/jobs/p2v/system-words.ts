import { ClonezillaError } from '../../../drivers/formats/clonezilla/errors.ts';

/** What becomes of a file of this computer, by Node's code. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'may not be read or written by this user',
  EPERM: 'may not be read or written by this user',
  ENOENT: 'is not there',
  EEXIST: 'is there already',
  ENOTDIR: 'leads through a file, which is no directory',
  EISDIR: 'is a directory',
  ELOOP: 'is a link, which is not followed',
  ENAMETOOLONG: 'has a name that is too long',
  EROFS: 'is on a file system that cannot be written to',
  EDQUOT: 'is over what this user may store',
  EFBIG: 'is larger than its file system can hold',
  EIO: 'could not be read or written: its disk, or the share that it is on, tells of an error',
  ESTALE: 'is on a share that has changed since',
};

/** “is not there”: what an error of the system says of a file; null: it is no such error. */
export function systemWords(error: unknown): string | null {
  if (!(error instanceof Error && 'errno' in error && 'code' in error)) return null;
  return WORDS[String(error.code)] ?? `could not be read or written (${String(error.code)})`;
}

/** An error of reading a file of an image, which then says which one; other errors stay what they are. */
export function readFault(file: string, error: unknown): unknown {
  const words = systemWords(error);
  return words === null ? error : new ClonezillaError('UNREADABLE', `${file} ${words}.`, file);
}
