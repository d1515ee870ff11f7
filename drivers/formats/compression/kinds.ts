import { asBuffer } from '../byte-stream.ts';

export type Compression =
  'none' | 'gzip' | 'bzip2' | 'xz' | 'lzma' | 'lz4' | 'zstd' | 'lzo' | 'lzip' | 'lrzip';

/** How many bytes of a file's beginning say everything. */
export const COMPRESSION_HEAD_BYTES = 16;

/** This program cannot decompress it, though it may be sound: another one can, before it comes here. */
export class UnsupportedCompression extends Error {
  override readonly name = 'UnsupportedCompression';
  readonly compression: Compression;

  constructor(compression: Compression, reason: string) {
    super(`${compression} cannot be decompressed here: ${reason}`);
    this.compression = compression;
  }
}

const MAGICS: readonly (readonly [kind: Compression, magic: string])[] = [
  ['none', 'partclone-image'],
  ['none', '\0ntfsclone-image'],
  ['gzip', '\x1f\x8b\x08'],
  ['bzip2', 'BZh'],
  ['xz', '\xfd7zXZ\0'],
  ['lz4', '\x04\x22\x4d\x18'],
  ['lz4', '\x02\x21\x4c\x18'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['lzo', '\x89LZO\0\r\n\x1a\n'],
  ['lzip', 'LZIP'],
  ['lrzip', 'LRZI'],
];
/** What a block of bzip2 begins with, or the end of an empty file. */
const BZIP2_BLOCKS = ['1AY&SY', '\x17\x72\x45\x38\x50\x90'];
/** Largest size that a file of lzma is believed to have: what xz takes for one, too. */
const LZMA_MAX_BYTES = 256n * 1024n ** 3n;

/**
 * By the first bytes, as names of files do not always tell. `none`: an image that nothing has packed; null: it is no packed file that is
 * known, so it may be a disk's own bytes.
 * @param head of the file, `COMPRESSION_HEAD_BYTES` of it or more
 */
export function compressionOf(head: Uint8Array): Compression | null {
  const bytes = asBuffer(head);
  const found = MAGICS.find(([, magic]) => bytes.toString('latin1', 0, magic.length) === magic)?.[0];
  if (found === 'bzip2') return BZIP2_BLOCKS.includes(bytes.toString('latin1', 4, 10)) ? found : null;
  if (found !== undefined) return found;
  // pzstd begins with a frame to be skipped; lz4 has these too, but no program of its own writes them.
  if (bytes.length >= 4 && (bytes.readUInt32LE() & 0xff_ff_ff_f0) >>> 0 === 0x18_4d_2a_50) return 'zstd';
  return isLzma(bytes) ? 'lzma' : null;
}

/** Such a file has no magic: its three fields have to be what an encoder writes, and its data begins with a zero (as xz looks, too). */
function isLzma(bytes: Buffer): boolean {
  if (bytes.length < 14 || bytes.readUInt8() >= 9 * 5 * 5 || bytes.readUInt8(13) !== 0) return false;
  const dictionary = bytes.readUInt32LE(1);
  const exponent = 31 - Math.clz32(dictionary);
  const isUsual = exponent >= 12 && [2 ** exponent, 2 ** exponent + 2 ** (exponent - 1)].includes(dictionary);
  const size = bytes.readBigUInt64LE(5);
  return (isUsual || dictionary === 0xff_ff_ff_ff) && (size === 2n ** 64n - 1n || size < LZMA_MAX_BYTES);
}
