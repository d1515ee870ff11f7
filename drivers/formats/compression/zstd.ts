import { ByteReader, type ByteStream } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import { readZstdHeader, readZstdParts } from './zstd-frame.ts';
import { ZstdStream } from './zstd-stream.ts';

const MAGIC = 0xfd_2f_b5_28;
const SKIPPABLE = 0x18_4d_2a_50;

/** Frames of Zstandard (RFC 8878), also those to be skipped; a frame's checksum and size are verified where it has them. */
export async function* decompressZstd(bytes: ByteStream): AsyncGenerator<Uint8Array, void, void> {
  const reader = new ByteReader(bytes);
  try {
    do {
      const at = reader.offset;
      const head = await reader.peek(4);
      const magic = head.length < 4 ? 0 : head.readUInt32LE();
      if (magic === MAGIC) yield* readFrame(reader);
      else if ((magic & ~0xf) >>> 0 === SKIPPABLE)
        await reader.skip((await reader.exact(8, 'a frame')).readUInt32LE(4), 'a frame');
      else throw new FormatError('BAD_VALUE', 'No frame of Zstandard begins where one should', at);
    } while (!(await reader.atEnd()));
  } finally {
    await reader.close();
  }
}

async function* readFrame(reader: ByteReader): AsyncGenerator<Uint8Array, void, void> {
  const at = reader.offset;
  const frame = await readZstdHeader(reader);
  const stream = await ZstdStream.open();
  let total = 0n;
  try {
    for await (const part of readZstdParts(reader, frame))
      for (const data of stream.push(part, reader.offset)) {
        total += BigInt(data.length);
        yield data;
      }
    if (!stream.isWhole) throw new FormatError('BAD_VALUE', 'The packed bytes of a frame are damaged', at);
  } finally {
    stream.close();
  }
  if (frame.size !== null && frame.size !== total)
    throw new FormatError('BAD_VALUE', `A frame has ${total} bytes and says that it has ${frame.size}`, at);
}
