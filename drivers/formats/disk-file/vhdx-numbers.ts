import { FormatError } from '../errors.ts';

/** A part of the file, in bytes. */
export interface Region {
  readonly offset: number;
  readonly bytes: number;
}

/** A number of 64 bits, little-endian. @throws {FormatError} TOO_LARGE where it is beyond what a file can have */
export function numberAt(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new FormatError('TOO_LARGE', `${value} is no place in a file`, at);
  return Number(value);
}
