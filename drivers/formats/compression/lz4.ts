import { ByteReader, type ByteStream } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import { hashes } from '../hashes.ts';
import { unpackLz4 } from './lz4-block.ts';
import { UnsupportedCompression } from './kinds.ts';

const MAGIC = 0x18_4d_22_04;
const LEGACY_MAGIC = 0x18_4c_21_02;
const SKIPPABLE = 0x18_4d_2a_50;
const LEGACY_BLOCK_BYTES = 8 * 1024 ** 2;
/** How far back a block may reach. */
const WINDOW = 64 * 1024;
/** No packed byte stands for more. */
const MAX_RATIO = 255;

type Hasher = Awaited<ReturnType<ReturnType<typeof hashes>['createXXHash32']>>;

/** Frames of LZ4 (lz4_Frame_format.md 1.6.4) and of its first version (`lz4 -l`), with all checksums. */
export async function* decompressLz4(bytes: ByteStream): AsyncGenerator<Uint8Array, void, void> {
  const reader = new ByteReader(bytes);
  const content = await hashes().createXXHash32();
  const part = await hashes().createXXHash32();
  try {
    do {
      const at = reader.offset;
      const magic = (await reader.exact(4, 'a magic number of LZ4')).readUInt32LE();
      if (magic === MAGIC) yield* readFrame(reader, content, part);
      else if (magic === LEGACY_MAGIC) yield* readLegacy(reader);
      else if ((magic & ~0xf) >>> 0 === SKIPPABLE)
        await reader.skip((await reader.exact(4, 'a frame')).readUInt32LE(), 'a frame');
      else throw new FormatError('BAD_VALUE', 'No frame of LZ4 begins where one should', at);
    } while (!(await reader.atEnd()));
  } finally {
    await reader.close();
  }
}

interface Frame {
  readonly isLinked: boolean;
  readonly hasBlockSums: boolean;
  readonly hasSum: boolean;
  readonly size: bigint | null;
  readonly blockBytes: number;
}

/** FLG u8, BD u8, content size u64 where FLG says so, dictionary u32 where it does, second byte of the XXH32 of these. */
async function readDescriptor(reader: ByteReader, part: Hasher): Promise<Frame> {
  const at = reader.offset;
  const [flags = 0, maximum = 0] = await reader.peek(2);
  const hasSize = (flags & 8) !== 0;
  const hasDictionary = (flags & 1) !== 0;
  const bytes = await reader.exact(2 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0), 'the header of a frame');
  const sum = (await reader.exact(1, 'the header of a frame')).readUInt8();
  if (((sumOf(part, bytes) >>> 8) & 0xff) !== sum)
    throw new FormatError('BAD_VALUE', 'The checksum of a frame’s header is wrong', at);
  if (flags >> 6 !== 1 || (flags & 2) !== 0 || (maximum & 0x8f) !== 0 || maximum >> 4 < 4)
    throw new UnsupportedCompression('lz4', 'its frames are of an unknown version');
  if (hasDictionary) throw new UnsupportedCompression('lz4', 'it was packed with a dictionary');
  return {
    isLinked: (flags & 0x20) === 0,
    hasBlockSums: (flags & 0x10) !== 0,
    hasSum: (flags & 4) !== 0,
    size: hasSize ? bytes.readBigUInt64LE(2) : null,
    blockBytes: 2 ** (8 + 2 * (maximum >> 4)),
  };
}

async function* readFrame(
  reader: ByteReader,
  content: Hasher,
  part: Hasher,
): AsyncGenerator<Uint8Array, void, void> {
  const { isLinked, hasBlockSums, hasSum, size, blockBytes } = await readDescriptor(reader, part);
  content.init();
  let total = 0n;
  let history = new Uint8Array();
  for (;;) {
    const at = reader.offset;
    const word = (await reader.exact(4, 'a block of LZ4')).readUInt32LE();
    if (word === 0) break;
    const length = word & 0x7f_ff_ff_ff;
    if (length > blockBytes)
      throw new FormatError('BAD_VALUE', `A block would have ${length} bytes, of ${blockBytes} at most`, at);
    // Not copies: each is used up before the next is read.
    const held = await reader.exact(length + (hasBlockSums ? 4 : 0), 'a block of LZ4');
    const packed = held.subarray(0, length);
    if (hasBlockSums && held.readUInt32LE(length) !== sumOf(part, packed))
      throw new FormatError(
        'BAD_VALUE',
        'The packed bytes are damaged: the checksum of a block is wrong',
        at,
      );
    const window = new Uint8Array(
      history.length + (word === length ? Math.min(blockBytes, length * MAX_RATIO) : length),
    );
    window.set(history);
    let end = history.length + length;
    if (word === length) end = unpackLz4(packed, { window, from: history.length, at });
    else window.set(packed, history.length);
    const data = window.subarray(history.length, end);
    if (isLinked) history = window.slice(Math.max(0, end - WINDOW), end);
    total += BigInt(data.length);
    if (hasSum) content.update(data);
    if (data.length > 0) yield data;
  }
  const at = reader.offset;
  if (hasSum && (await reader.exact(4, 'a checksum')).readUInt32LE() !== valueOf(content))
    throw new FormatError(
      'BAD_VALUE',
      'The packed bytes are damaged: the checksum of the content is wrong',
      at,
    );
  if (size !== null && size !== total)
    throw new FormatError('BAD_VALUE', `A frame has ${total} bytes and says that it has ${size}`, at);
}

/** Blocks up to the end, or to the magic number of another frame. There are no checksums. */
async function* readLegacy(reader: ByteReader): AsyncGenerator<Uint8Array, void, void> {
  const most = LEGACY_BLOCK_BYTES + LEGACY_BLOCK_BYTES / 255 + 16;
  for (;;) {
    const at = reader.offset;
    const head = await reader.peek(4);
    if (head.length === 0) return;
    const length = head.length < 4 ? 0 : head.readUInt32LE();
    if ([MAGIC, LEGACY_MAGIC].includes(length) || (length & ~0xf) >>> 0 === SKIPPABLE) return;
    if (length > most) throw new FormatError('BAD_VALUE', `A block would have ${length} bytes`, at);
    await reader.skip(4, 'a block of LZ4');
    const packed = await reader.exact(length, 'a block of LZ4');
    const window = new Uint8Array(Math.min(LEGACY_BLOCK_BYTES, length * MAX_RATIO));
    yield window.subarray(0, unpackLz4(packed, { window, from: 0, at }));
  }
}

function sumOf(hasher: Hasher, bytes: Uint8Array): number {
  return valueOf(hasher.init().update(bytes));
}

function valueOf(hasher: Hasher): number {
  return Buffer.from(hasher.digest('binary')).readUInt32BE();
}
