import type { ByteReader, Run } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import type { BlockMap } from './block-map.ts';

const CRC_BYTES = 4;
/** What 64-bit partclones of old wrote: the checksum as a long, so four more bytes. */
const LONG_BYTES = 8;

/**
 * The blocks of an image of version 1, in the map's order, after each a checksum that runs on from the one before. Which of both kinds
 * of image it is, the second block shows: its checksum is right in one of them only.
 */
export async function* readOldBlocks(
  reader: ByteReader,
  map: Pick<BlockMap, 'used' | 'runs'>,
  blockBytes: number,
): AsyncGenerator<Run, void, void> {
  try {
    let gap = CRC_BYTES;
    let done = 0;
    let crc = 0xffffffff;
    for (const { first, count } of map.runs())
      for (let block = first; block < first + count; block += 1, done += 1) {
        const from = block * blockBytes;
        let head: number | null = null;
        for (let at = 0; at < blockBytes;) {
          const data = await reader.some(blockBytes - at);
          if (data === null) throw cut(reader, from + at);
          head ??= data[0] ?? 0;
          yield { offset: from + at, data };
          at += data.length;
        }
        crc = oldCrc(crc, head ?? 0, blockBytes);
        const at = reader.offset;
        const stored = await reader.exact(CRC_BYTES, 'a checksum');
        if (stored.readUInt32LE() !== crc)
          throw new FormatError(
            'BAD_VALUE',
            `The image is damaged: the checksum of block ${block} is wrong`,
            at,
          );
        if (done === 0) gap = await gapOf(reader, { crc, blockBytes, more: map.used > 1 });
        await reader.skip(gap - CRC_BYTES, 'a checksum');
      }
    await reader.end('the last block');
  } finally {
    await reader.close();
  }
}

/** Right after the first block and its checksum. */
async function gapOf(
  reader: ByteReader,
  { crc, blockBytes, more }: { crc: number; blockBytes: number; more: boolean },
): Promise<number> {
  const wide = LONG_BYTES - CRC_BYTES;
  if (!more) return (await reader.atEnd()) ? CRC_BYTES : LONG_BYTES;
  const next = await reader.peek(wide + blockBytes + CRC_BYTES);
  const fits = (at: number): boolean =>
    next.length >= at + blockBytes + CRC_BYTES &&
    next.readUInt32LE(at + blockBytes) === oldCrc(crc, next.readUInt8(at), blockBytes);
  if (fits(0)) return CRC_BYTES;
  if (fits(wide)) return LONG_BYTES;
  throw new FormatError(
    'BAD_VALUE',
    'The image is damaged: the second block has no checksum that is right',
    reader.offset + blockBytes,
  );
}

/** crc32_0001() of partclone: the byte that it reads is always the first one. */
function oldCrc(seed: number, byte: number, times: number): number {
  let crc = seed;
  for (let left = times; left > 0; left -= 1) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return crc >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function cut(reader: ByteReader, offset: number): FormatError {
  return new FormatError(
    'TRUNCATED',
    `The image is cut off: the device’s bytes from ${offset} on are missing`,
    reader.offset,
  );
}
