export type ClonezillaErrorCode =
  /** Not a directory of Clonezilla's. */
  | 'NOT_AN_IMAGE'
  /** Clonezilla itself says that saving failed. */
  | 'BROKEN'
  /** The directory is encrypted as a whole. */
  | 'ENCRYPTED'
  /** A file that the others need is not there. */
  | 'MISSING'
  /** The system that it is on does not give its bytes. */
  | 'UNREADABLE'
  /** The bytes of a file are not what they should be. */
  | 'DAMAGED'
  /** Valid, but not restored by this program. */
  | 'UNSUPPORTED';

/** An image, or a file of it, that cannot be used. The sentence names the file, where in it, and what to do. */
export class ClonezillaError extends Error {
  override readonly name = 'ClonezillaError';
  readonly code: ClonezillaErrorCode;
  /** Its name within the directory; null: the fault is the directory's. */
  readonly file: string | null;

  constructor(code: ClonezillaErrorCode, message: string, file: string | null = null) {
    super(message);
    this.code = code;
    this.file = file;
  }
}

/** The same with what it read: a file whose bytes are not what they should be. */
export function damaged(file: string, what: string): ClonezillaError {
  return new ClonezillaError('DAMAGED', `${file}: ${what}`, file);
}
