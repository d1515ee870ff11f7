import { crc32 } from 'node:zlib';
import { ByteReader, type ByteStream } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import { UnsupportedCompression } from './kinds.ts';
import { LZMA_MAX_DICTIONARY, LzmaDecoder } from './lzma.ts';

const IN_BYTES = 64 * 1024;
const OUT_BYTES = 256 * 1024;
/** lc 3, lp 0, pb 2: what lzip always has. */
const LZIP_PROPERTIES = 93;
const UNKNOWN_SIZE = 2n ** 64n - 1n;

/** A file of lzma, the old kind: properties u8, dictionary u32, size u64 (all ones: an end mark tells), bytes. It has no checksum. */
export async function* decompressLzma(bytes: ByteStream): AsyncGenerator<Uint8Array, void, void> {
  const reader = new ByteReader(bytes);
  try {
    const header = await reader.exact(13, 'the header');
    const size = header.readBigUInt64LE(5);
    const decoder = openDecoder('lzma', header.readUInt32LE(1));
    if (!decoder.setProperties(header.readUInt8()))
      throw new FormatError('BAD_VALUE', 'Its properties are none of LZMA’s', 0);
    yield* readCoded(reader, decoder, size === UNKNOWN_SIZE ? null : Number(size));
    await reader.end('the packed file');
  } finally {
    await reader.close();
  }
}

/**
 * Files of lzip, of one member or several: "LZIP", version 1, dictionary u8 (a power of two, less sixteenths of it), bytes with an end mark, CRC
 * u32, size u64, size of the member u64.
 */
export async function* decompressLzip(bytes: ByteStream): AsyncGenerator<Uint8Array, void, void> {
  const reader = new ByteReader(bytes);
  try {
    do {
      const began = reader.offset;
      const header = await reader.exact(6, 'the header');
      if (header.toString('latin1', 0, 4) !== 'LZIP')
        throw new FormatError('BAD_VALUE', 'No member of lzip begins where one should', began);
      if (header[4] !== 1) throw new UnsupportedCompression('lzip', `it has version ${header[4]}`);
      const exponent = header.readUInt8(5) & 0x1f;
      if (exponent < 12 || exponent > 29)
        throw new FormatError('BAD_VALUE', `It would have a dictionary of 2^${exponent} bytes`, began + 5);
      const decoder = openDecoder('lzip', 2 ** exponent - (header.readUInt8(5) >> 5) * 2 ** (exponent - 4));
      decoder.setProperties(LZIP_PROPERTIES);
      let crc = 0;
      let total = 0;
      for await (const piece of readCoded(reader, decoder, null)) {
        crc = crc32(piece, crc);
        total += piece.length;
        yield piece;
      }
      const at = reader.offset;
      const trailer = await reader.exact(20, 'the checksum of a member');
      const isRight =
        trailer.readUInt32LE() === crc &&
        trailer.readBigUInt64LE(4) === BigInt(total) &&
        trailer.readBigUInt64LE(12) === BigInt(reader.offset - began);
      if (!isRight)
        throw new FormatError(
          'BAD_VALUE',
          'The packed bytes are damaged: a member’s checksum or size is wrong',
          at,
        );
    } while (!(await reader.atEnd()));
  } finally {
    await reader.close();
  }
}

function openDecoder(kind: 'lzma' | 'lzip', dictionaryBytes: number): LzmaDecoder {
  if (dictionaryBytes > LZMA_MAX_DICTIONARY)
    throw new UnsupportedCompression(kind, `it needs a dictionary of ${dictionaryBytes / 1024 ** 2} MiB`);
  return new LzmaDecoder(dictionaryBytes);
}

/** @param size of what is packed; null: an end mark tells. There may be one in any case. */
async function* readCoded(
  reader: ByteReader,
  decoder: LzmaDecoder,
  size: number | null,
): AsyncGenerator<Uint8Array, void, void> {
  const damaged = (): FormatError =>
    new FormatError('BAD_VALUE', 'The packed bytes are damaged', reader.offset);
  decoder.resetState();
  decoder.setInput(await reader.exact(5, 'the packed bytes'));
  if (!decoder.startCoder()) throw damaged();
  let left = size ?? Number.POSITIVE_INFINITY;
  for (;;) {
    const input = await reader.peek(IN_BYTES);
    decoder.setInput(input);
    const isAll = input.length < IN_BYTES;
    for (;;) {
      if (left === 0 && decoder.isCoderDone) {
        await reader.skip(decoder.read, 'the packed bytes');
        return;
      }
      const from = decoder.at;
      // Behind the last byte only an end mark may come.
      const limit = left === 0 ? 1 : Math.min(left, OUT_BYTES, decoder.dictionary.length - from);
      const stop = decoder.run(limit, isAll);
      if (decoder.read > input.length)
        throw new FormatError('TRUNCATED', 'The packed bytes end too early', reader.offset + input.length);
      if (stop === 'damaged' || (left === 0 && decoder.at > from)) throw damaged();
      const piece = decoder.take(from);
      left -= piece.length;
      if (piece.length > 0) yield piece;
      if (stop === 'end') {
        if ((size !== null && left > 0) || !decoder.isCoderDone) throw damaged();
        await reader.skip(decoder.read, 'the packed bytes');
        return;
      }
      if (stop === 'input') break;
    }
    await reader.skip(decoder.read, 'the packed bytes');
  }
}
