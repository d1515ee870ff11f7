import { FormatError } from '../errors.ts';

/** @param why after “The file system is damaged: ” */
export function damaged(why: string): FormatError {
  return new FormatError('BAD_VALUE', `The file system is damaged: ${why}`);
}
