import { FormatError } from '../errors.ts';
import type { Extent } from './layout.ts';

/** One directory record (ECMA-119, 9.1). */
export interface IsoRecord {
  readonly identifier: Buffer;
  readonly flags: number;
  readonly extent: Extent;
  /** What follows the identifier: Rock Ridge lives there. */
  readonly systemUse: Buffer;
}

/** The shortest: an identifier of one byte. */
const MIN_RECORD = 34;

/** `bytes` are those of the whole record; `offset` is where it is on the medium. @throws {FormatError} when it is damaged */
export function parseRecord(bytes: Buffer, offset: number): IsoRecord {
  if (bytes.length < MIN_RECORD)
    throw new FormatError('BAD_VALUE', `A directory record of ${bytes.length} bytes`, offset);
  const nameLength = bytes[32] ?? 0;
  const nameEnd = 33 + nameLength;
  if (nameLength === 0 || nameEnd > bytes.length)
    throw new FormatError('BAD_VALUE', `A name of ${nameLength} bytes in a directory record`, offset + 32);
  if (bytes[26] !== 0 || bytes[27] !== 0)
    throw new FormatError('UNSUPPORTED', 'An interleaved file is not read', offset + 26);
  return {
    identifier: bytes.subarray(33, nameEnd),
    flags: bytes[25] ?? 0,
    // An extended attribute record, if there is one, is before the content.
    extent: { sector: bytes.readUInt32LE(2) + (bytes[1] ?? 0), bytes: bytes.readUInt32LE(10) },
    systemUse: bytes.subarray(nameEnd + (1 - (nameLength % 2))),
  };
}
