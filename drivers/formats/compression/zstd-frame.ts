import type { ByteReader } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import { UnsupportedCompression } from './kinds.ts';

const MAX_BLOCK_BYTES = 128 * 1024;
/** What zstd -d takes without being told otherwise. */
const MAX_WINDOW = 128 * 1024 ** 2;
const MAGIC_BYTES = 4;
const RLE = 1;
const RESERVED = 3;

export interface ZstdFrame {
  /** Its header, from the magic number on. */
  readonly header: Uint8Array;
  /** How far back its bytes may reach. */
  readonly window: number;
  readonly size: bigint | null;
  readonly hasSum: boolean;
}

/**
 * Magic u32, descriptor u8 (bits 7 and 6 how the size is there, 5 one segment, 4 unused, 3 reserved, 2 checksum, 1 and 0 dictionary), window u8
 * unless it is one segment, dictionary, size.
 * @throws FormatError, UnsupportedCompression
 */
export async function readZstdHeader(reader: ByteReader): Promise<ZstdFrame> {
  const at = reader.offset;
  const descriptor = (await reader.peek(MAGIC_BYTES + 1))[MAGIC_BYTES] ?? 0;
  const isOne = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isOne ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const sizeAt = MAGIC_BYTES + 1 + (isOne ? 0 : 1) + dictionaryBytes;
  const header = Buffer.from(await reader.exact(sizeAt + sizeBytes, 'the header of a frame'));
  if ((descriptor & 8) !== 0)
    throw new FormatError('BAD_VALUE', 'The header of a frame has a bit that is reserved', at);
  const dictionary = header.subarray(sizeAt - dictionaryBytes, sizeAt);
  if (dictionary.some((byte) => byte !== 0))
    throw new UnsupportedCompression('zstd', 'it was packed with a dictionary');
  const size = sizeOf(header.subarray(sizeAt));
  const exponent = header.readUInt8(MAGIC_BYTES + 1);
  const window =
    isOne && size !== null ? Number(size) : 2 ** (10 + (exponent >> 3)) * (1 + (exponent & 7) / 8);
  if (window > MAX_WINDOW) throw new UnsupportedCompression('zstd', `its window has ${window} bytes`);
  return { header, window, size, hasSum: (descriptor & 4) !== 0 };
}

function sizeOf(bytes: Buffer): bigint | null {
  if (bytes.length === 0) return null;
  if (bytes.length === 1) return BigInt(bytes.readUInt8());
  if (bytes.length === 2) return BigInt(bytes.readUInt16LE() + 256);
  return bytes.length === 4 ? BigInt(bytes.readUInt32LE()) : bytes.readBigUInt64LE();
}

/**
 * The header, each block, and at last the checksum. A block: 3 bytes (bit 0 the last one, 1 and 2 its kind, then its size), and its bytes. Not copies.
 * @throws FormatError
 */
export async function* readZstdParts(
  reader: ByteReader,
  { header, window, hasSum }: ZstdFrame,
): AsyncGenerator<Uint8Array, void, void> {
  yield header;
  for (let isLast = false; !isLast;) {
    const at = reader.offset;
    const word = (await reader.peek(3)).length < 3 ? 0 : (await reader.peek(3)).readUIntLE(0, 3);
    isLast = (word & 1) === 1;
    const kind = (word >> 1) & 3;
    const size = word >> 3;
    if (kind === RESERVED) throw new FormatError('BAD_VALUE', 'The packed bytes are damaged', at);
    if (size > Math.max(Math.min(window, MAX_BLOCK_BYTES), kind === RLE ? 0 : 1024))
      throw new FormatError('BAD_VALUE', `A block would have ${size} bytes`, at);
    yield await reader.exact(3 + (kind === RLE ? 1 : size), 'a block');
  }
  if (hasSum) yield await reader.exact(4, 'a checksum');
}
