import { ByteReader, type ByteStream } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import { BitReader } from './bzip2-bits.ts';
import { readBlock } from './bzip2-block.ts';

const BLOCK = 0x31_41_59_26_53_59;
const END = 0x17_72_45_38_50_90;
/** Packed bytes that a block may have: each of 900,000 symbols in 20 bits, and its tables. */
const MAX_PACKED = 2.4 * 1024 ** 2;
/** The head of a block or the end of a stream. */
const HEAD_BITS = 80;

/** bzip2's streams, one after another as its parallel versions write them, with the checksums of blocks and of streams. */
export async function* decompressBzip2(bytes: ByteStream): AsyncGenerator<Uint8Array, void, void> {
  const reader = new ByteReader(bytes);
  try {
    do {
      const at = reader.offset;
      const head = (await reader.exact(4, 'the header')).toString('latin1');
      if (!/^BZh[1-9]$/.test(head))
        throw new FormatError('BAD_VALUE', 'No stream of bzip2 begins where one should', at);
      yield* readStream(reader, Number(head[3]) * 100_000);
    } while (!(await reader.atEnd()));
  } finally {
    await reader.close();
  }
}

/** Blocks are not aligned: `skip` bits of the next byte are read already. */
async function* readStream(reader: ByteReader, blockBytes: number): AsyncGenerator<Uint8Array, void, void> {
  let skip = 0;
  let combined = 0;
  for (;;) {
    const held = await reader.peek(MAX_PACKED);
    const bits = new BitReader(held, { skip, at: reader.offset });
    bits.need(HEAD_BITS);
    const mark = bits.read(24) * 2 ** 24 + bits.read(24);
    const sum = bits.read(16) * 2 ** 16 + bits.read(16);
    if (mark !== BLOCK && mark !== END)
      throw new FormatError('BAD_VALUE', 'The packed bytes are damaged: no block begins', reader.offset);
    if (mark === END && sum !== combined >>> 0)
      throw new FormatError('BAD_VALUE', 'The checksum of a stream is wrong', reader.offset);
    const data = mark === BLOCK ? readBlock(bits, { blockBytes, sum }) : null;
    const used = bits.position;
    await reader.skip(mark === END ? Math.ceil(used / 8) : used >> 3, 'a block');
    if (data === null) return;
    skip = used & 7;
    combined = ((combined << 1) | (combined >>> 31)) ^ sum;
    yield* data;
  }
}
