export type XdrErrorCode =
  /** The body ends before the value does. */
  | 'TRUNCATED'
  /** Bytes are left after the value. */
  | 'TRAILING'
  /** A string, byte block or list is longer than the protocol allows. */
  | 'TOO_LONG'
  /** The bytes, or the value given to encode, are no value of the type. */
  | 'BAD_VALUE';

/** A body that is not what its codec describes, or a value that its codec cannot write. */
export class XdrError extends Error {
  readonly code: XdrErrorCode;

  constructor(code: XdrErrorCode, message: string) {
    super(message);
    this.name = 'XdrError';
    this.code = code;
  }
}
