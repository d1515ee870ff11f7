import { crc32 } from 'node:zlib';
import { ByteReader, type ByteStream } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import { hashes } from '../hashes.ts';
import { UnsupportedCompression } from './kinds.ts';
import { unpackLzo } from './lzo-block.ts';

const MAGIC = '\x89LZO\0\r\n\x1a\n';
/** lzop's own bound (MAX_BLOCK_SIZE). */
const MAX_BLOCK_BYTES = 64 * 1024 ** 2;
/** From this version on a header has what version is needed, the level, and the upper half of the time. */
const WIDE_VERSION = 0x09_40;
/** Bits of the flags. */
const ADLER_UNPACKED = 0x1;
const ADLER_PACKED = 0x2;
const EXTRA = 0x40;
const CRC_UNPACKED = 0x100;
const CRC_PACKED = 0x200;
const MULTIPART = 0x400;
const FILTER = 0x800;
const HEADER_CRC = 0x1000;
/** LZO1X-1, LZO1X-1(15), LZO1X-999: one way to unpack all. */
const METHODS = [1, 2, 3];

type Sum = (bytes: Uint8Array) => number;
interface Sums {
  readonly adler: Sum;
  readonly crc: Sum;
}

/** Files of lzop (its conf.h and lzop.c are the format's only text), with all checksums. Numbers are big endian. */
export async function* decompressLzop(bytes: ByteStream): AsyncGenerator<Uint8Array, void, void> {
  const reader = new ByteReader(bytes);
  const hasher = await hashes().createAdler32();
  const sums: Sums = {
    adler: (data) => Buffer.from(hasher.init().update(data).digest('binary')).readUInt32BE(),
    crc: (data) => crc32(data),
  };
  try {
    do {
      const flags = await readHeader(reader, sums);
      yield* readBlocks(reader, flags, sums);
    } while (!(await reader.atEnd()));
  } finally {
    await reader.close();
  }
}

/**
 * Magic (9), version u16, of the library u16, needed u16, method u8, level u8, flags u32, filter u32 where there is one, mode u32, time u32 and
 * u32, length of the name u8, name, checksum of all behind the magic u32.
 * @returns its flags
 */
async function readHeader(reader: ByteReader, sums: Sums): Promise<number> {
  const at = reader.offset;
  const magic = await reader.exact(MAGIC.length, 'the header');
  if (magic.toString('latin1') !== MAGIC)
    throw new FormatError('BAD_VALUE', 'No file of lzop begins where one should', at);
  const version = (await reader.exact(2, 'the header')).readUInt16BE();
  const isWide = version >= WIDE_VERSION;
  const fields: Buffer[] = [Buffer.from([version >> 8, version & 0xff])];
  const read = async (length: number): Promise<Buffer> => {
    const bytes = Buffer.from(await reader.exact(length, 'the header'));
    fields.push(bytes);
    return bytes;
  };
  const method = (await read(isWide ? 5 : 3)).readUInt8(isWide ? 4 : 2);
  if (isWide) await read(1);
  const flags = (await read(4)).readUInt32BE();
  if ((flags & FILTER) !== 0) await read(4);
  await read(isWide ? 12 : 8);
  await read((await read(1)).readUInt8());
  const header = Buffer.concat(fields);
  const sum = (flags & HEADER_CRC) === 0 ? sums.adler(header) : sums.crc(header);
  if ((await reader.exact(4, 'the header')).readUInt32BE() !== sum)
    throw new FormatError('BAD_VALUE', 'The checksum of the header is wrong', at);
  if (!METHODS.includes(method)) throw new UnsupportedCompression('lzo', `its method is ${method}`);
  if ((flags & MULTIPART) !== 0) throw new UnsupportedCompression('lzo', 'it is an archive of several parts');
  if ((flags & FILTER) !== 0) throw new UnsupportedCompression('lzo', 'it was packed with a filter');
  if ((flags & EXTRA) !== 0) {
    const length = (await reader.exact(4, 'the header')).readUInt32BE();
    await reader.skip(length + 4, 'the header');
  }
  return flags;
}

/** Unpacked length u32 (0: the end), packed length u32, checksums of both (of the packed bytes only where they are fewer), bytes. */
async function* readBlocks(
  reader: ByteReader,
  flags: number,
  sums: Sums,
): AsyncGenerator<Uint8Array, void, void> {
  for (;;) {
    const at = reader.offset;
    const number = async (): Promise<number> => (await reader.exact(4, 'a block of lzop')).readUInt32BE();
    const length = await number();
    if (length === 0) return;
    const packedLength = await number();
    if (length > MAX_BLOCK_BYTES || packedLength > length || packedLength === 0)
      throw new FormatError('BAD_VALUE', `A block would have ${length} bytes, packed ${packedLength}`, at);
    const isPacked = packedLength < length;
    const wanted = {
      adler: (flags & ADLER_UNPACKED) === 0 ? null : await number(),
      crc: (flags & CRC_UNPACKED) === 0 ? null : await number(),
    };
    const wantedPacked = {
      adler: (flags & ADLER_PACKED) === 0 || !isPacked ? null : await number(),
      crc: (flags & CRC_PACKED) === 0 || !isPacked ? null : await number(),
    };
    const verify = (data: Uint8Array, { adler, crc }: typeof wanted): void => {
      if ((adler !== null && adler !== sums.adler(data)) || (crc !== null && crc !== sums.crc(data)))
        throw new FormatError(
          'BAD_VALUE',
          'The packed bytes are damaged: the checksum of a block is wrong',
          at,
        );
    };
    const packed = await reader.exact(packedLength, 'a block of lzop');
    verify(packed, wantedPacked);
    const data = isPacked ? unpackLzo(packed, length, at) : Uint8Array.from(packed);
    verify(data, wanted);
    yield data;
  }
}
