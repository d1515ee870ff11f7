import { crc32 } from 'node:zlib';
import { asBuffer, ByteReader, type ByteStream } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import { UnsupportedCompression } from './kinds.ts';
import { LZMA_MAX_DICTIONARY } from './lzma.ts';
import { readLzma2 } from './lzma2.ts';
import { openXzCheck, XZ_CHECK_BYTES, type XzCheck } from './xz-check.ts';

const MAGIC = '\xfd7zXZ\0';
const FOOTER_MAGIC = 'YZ';
const LZMA2 = 0x21;
/** What can stand before it, which changes machine code or samples so that they pack better. */
const OTHER_FILTERS: ReadonlyMap<number, string> = new Map([
  [0x03, 'delta'],
  [0x04, 'x86'],
  [0x05, 'powerpc'],
  [0x06, 'ia64'],
  [0x07, 'arm'],
  [0x08, 'armthumb'],
  [0x09, 'sparc'],
  [0x0a, 'arm64'],
  [0x0b, 'riscv'],
]);

/** What the index says again: of all blocks, as a checksum of their sizes. */
interface Records {
  count: number;
  sum: number;
}

/** Streams of xz (The .xz File Format 1.2.1) with the checks of blocks, headers and index, one after another, and zeros behind. */
export async function* decompressXz(bytes: ByteStream): AsyncGenerator<Uint8Array, void, void> {
  const reader = new ByteReader(bytes);
  try {
    do yield* readStream(reader);
    while (await skipPadding(reader));
  } finally {
    await reader.close();
  }
}

async function* readStream(reader: ByteReader): AsyncGenerator<Uint8Array, void, void> {
  const at = reader.offset;
  const header = Buffer.from(await reader.exact(12, 'the header of a stream'));
  if (header.toString('latin1', 0, 6) !== MAGIC)
    throw new FormatError('BAD_VALUE', 'No stream of xz begins where one should', at);
  const flags = header.subarray(6, 8);
  if (header.readUInt32LE(8) !== crc32(flags))
    throw new FormatError('BAD_VALUE', 'The checksum of a stream’s header is wrong', at);
  const kind = header.readUInt8(7);
  if (header[6] !== 0 || kind > 15)
    throw new UnsupportedCompression('xz', 'its streams are of an unknown kind');
  const records: Records = { count: 0, sum: 0 };
  const check = await openXzCheck(kind);
  while ((await reader.peek(1))[0] !== 0) yield* readBlock(reader, { check, kind, records });
  const indexBytes = await readIndex(reader, records);
  const footerAt = reader.offset;
  const footer = await reader.exact(12, 'the footer');
  const isRight =
    footer.readUInt32LE() === crc32(footer.subarray(4, 10)) &&
    (footer.readUInt32LE(4) + 1) * 4 === indexBytes &&
    footer.subarray(8, 10).equals(flags) &&
    footer.toString('latin1', 10) === FOOTER_MAGIC;
  if (!isRight) throw new FormatError('BAD_VALUE', 'The footer of a stream is wrong', footerAt);
}

async function* readBlock(
  reader: ByteReader,
  { check, kind, records }: { check: XzCheck; kind: number; records: Records },
): AsyncGenerator<Uint8Array, void, void> {
  const began = reader.offset;
  const header = await readBlockHeader(reader);
  const dataAt = reader.offset;
  check.restart();
  let total = 0;
  for await (const piece of readLzma2(reader, header.dictionaryBytes)) {
    total += piece.length;
    check.update(piece);
    yield piece;
  }
  const packed = reader.offset - dataAt;
  const at = reader.offset;
  const padding = await reader.exact((4 - (packed % 4)) % 4, 'a block');
  const sum = await reader.exact(XZ_CHECK_BYTES[kind] ?? 0, 'the check of a block');
  const value = check.value();
  const isRight =
    !padding.some((byte) => byte !== 0) &&
    (value === null || sum.equals(value)) &&
    (header.packed ?? packed) === packed &&
    (header.total ?? total) === total;
  if (!isRight)
    throw new FormatError('BAD_VALUE', 'The packed bytes are damaged: the check of a block is wrong', at);
  add(records, reader.offset - began - padding.length, total);
}

/** Size u8 in words, flags u8, sizes where flags say so, filters, zeros, CRC u32. */
async function readBlockHeader(
  reader: ByteReader,
): Promise<{ dictionaryBytes: number; packed: number | null; total: number | null }> {
  const at = reader.offset;
  const length = (((await reader.peek(1))[0] ?? 0) + 1) * 4;
  const bytes = Buffer.from(await reader.exact(length, 'the header of a block'));
  const end = length - 4;
  if (bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end)))
    throw new FormatError('BAD_VALUE', 'The checksum of a block’s header is wrong', at);
  const fields = new Fields(bytes.subarray(0, end), at);
  const flags = bytes.readUInt8(1);
  if ((flags & 0x3c) !== 0) throw new UnsupportedCompression('xz', 'a block has unknown flags');
  fields.place = 2;
  const packed = (flags & 0x40) === 0 ? null : fields.number();
  const total = (flags & 0x80) === 0 ? null : fields.number();
  const id = fields.number();
  if (id !== LZMA2 || (flags & 3) !== 0)
    throw new UnsupportedCompression('xz', `it was packed with the filter ${OTHER_FILTERS.get(id) ?? id}`);
  const propertyBytes = fields.number();
  const code = fields.byte();
  if (propertyBytes !== 1 || code > 40)
    throw new FormatError('BAD_VALUE', 'The header of a block names no dictionary', at);
  const dictionaryBytes = (2 + (code & 1)) * 2 ** (11 + (code >> 1));
  if (dictionaryBytes > LZMA_MAX_DICTIONARY)
    throw new UnsupportedCompression('xz', `it needs a dictionary of ${dictionaryBytes / 1024 ** 2} MiB`);
  return { dictionaryBytes, packed, total };
}

/** A zero, the number of blocks, of each its size without padding and what it holds, zeros, CRC u32. @returns its size */
async function readIndex(reader: ByteReader, records: Records): Promise<number> {
  const at = reader.offset;
  let crc = 0;
  const next = async (): Promise<number> => {
    const bytes = await reader.exact(1, 'the index');
    crc = crc32(bytes, crc);
    return bytes.readUInt8();
  };
  const number = async (): Promise<number> => {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = await next();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  await next();
  const wanted = await number();
  const found: Records = { count: 0, sum: 0 };
  while (wanted === records.count && found.count < wanted) add(found, await number(), await number());
  while ((reader.offset - at) % 4 !== 0) if ((await next()) !== 0) found.sum = -1;
  const wantedCrc = (await reader.exact(4, 'the index')).readUInt32LE();
  if (wantedCrc !== crc || wanted !== records.count || found.sum !== records.sum)
    throw new FormatError('BAD_VALUE', 'The index does not fit the blocks', at);
  return reader.offset - at;
}

function add(records: Records, packed: number, total: number): void {
  records.count += 1;
  records.sum = crc32(`${packed} ${total};`, records.sum);
}

/** @returns whether another stream follows */
async function skipPadding(reader: ByteReader): Promise<boolean> {
  for (;;) {
    const at = reader.offset;
    const word = asBuffer(await reader.peek(4));
    if (word.length === 0) return false;
    if (word.length === 4 && word.readUInt32LE() !== 0) return true;
    if (word.length < 4) throw new FormatError('TRUNCATED', 'The padding ends too early', at);
    await reader.skip(4, 'the padding');
  }
}

/** The fields of a block's header. */
class Fields {
  place = 0;
  readonly #bytes: Uint8Array;
  readonly #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  byte(): number {
    const byte = this.#bytes[this.place];
    if (byte === undefined)
      throw new FormatError('BAD_VALUE', 'The header of a block is too short', this.#at);
    this.place += 1;
    return byte;
  }

  /** Seven bits in a byte, the lowest first. */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  }
}
