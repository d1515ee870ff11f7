import { FormatError } from './errors.ts';

/** Bytes that are read at any offset: a file, a buffer, a volume of a host by downloads of ranges. */
export interface RandomSource {
  /** Up to `length` bytes from `offset`; fewer only where the source ends. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes in memory as a source. */
export function memorySource(bytes: Uint8Array): RandomSource {
  return { read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)) };
}

/** All of the bytes asked for. @throws {FormatError} TRUNCATED when the source ends before */
export async function readExactly(source: RandomSource, offset: number, length: number): Promise<Buffer> {
  const bytes = await source.read(offset, length);
  if (bytes.length < length)
    throw new FormatError(
      'TRUNCATED',
      `The file ends after ${bytes.length} of ${length} bytes`,
      offset + bytes.length,
    );
  return Buffer.from(bytes.buffer, bytes.byteOffset, length);
}
