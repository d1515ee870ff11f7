export type FormatErrorCode =
  /** The bytes end before what they should hold. */
  | 'TRUNCATED'
  /** A field holds what the format does not allow. */
  | 'BAD_VALUE'
  /** More than this program takes: a bound was reached. */
  | 'TOO_LARGE'
  /** It may be valid, but this program does not read or write it. */
  | 'UNSUPPORTED'
  /** The bytes are of another format. */
  | 'OTHER_FORMAT'
  /** There is no such file or folder within. */
  | 'NOT_FOUND';

/** Bytes or a value that cannot be read or written as the format. `offset` is where in the bytes, null when the fault has no place. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly code: FormatErrorCode;
  readonly offset: number | null;

  constructor(code: FormatErrorCode, message: string, offset: number | null = null) {
    super(offset === null ? message : `${message} (at byte ${offset})`);
    this.code = code;
    this.offset = offset;
  }
}
