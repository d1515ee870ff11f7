import type { ByteReader, Run } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import type { BlockMap } from './block-map.ts';
import type { Checksum } from './checksum.ts';

export interface Strips {
  readonly checksum: Checksum;
  /** Bytes of blocks that have one checksum; the last ones may be fewer. */
  readonly bytes: number;
  readonly reseed: boolean;
}

/**
 * The blocks in use, in the map's order, after each strip of them its checksum, and nothing behind. What is told of a strip comes before
 * its checksum is read, except the strip's end: only the end of the stream proves it all.
 */
export async function* readBlocks(
  reader: ByteReader,
  { map, blockBytes, strips }: { map: Pick<BlockMap, 'runs'>; blockBytes: number; strips: Strips | null },
): AsyncGenerator<Run, void, void> {
  try {
    const stripBytes = strips?.bytes ?? Number.POSITIVE_INFINITY;
    let open = 0;
    let began = reader.offset;
    const endStrip = async (): Promise<void> => {
      if (strips !== null) await verify(reader, strips, began);
      open = 0;
      began = reader.offset;
    };
    for (const { first, count } of map.runs()) {
      const end = (first + count) * blockBytes;
      for (let offset = first * blockBytes; offset < end;) {
        const data = await reader.some(Math.min(end - offset, stripBytes - open));
        if (data === null) throw cut(reader, offset);
        strips?.checksum.update(data);
        open += data.length;
        if (open === stripBytes) await endStrip();
        yield { offset, data };
        offset += data.length;
      }
    }
    if (open > 0) await endStrip();
    await reader.end('the last block');
  } finally {
    await reader.close();
  }
}

async function verify(reader: ByteReader, { checksum, reseed }: Strips, began: number): Promise<void> {
  const at = reader.offset;
  const stored = await reader.exact(checksum.bytes, 'a checksum');
  if (!stored.equals(checksum.value()))
    throw new FormatError(
      'BAD_VALUE',
      `The image is damaged: the checksum of the bytes from ${began} on is wrong`,
      at,
    );
  if (reseed) checksum.restart();
}

function cut(reader: ByteReader, offset: number): FormatError {
  return new FormatError(
    'TRUNCATED',
    `The image is cut off: the device’s bytes from ${offset} on are missing`,
    reader.offset,
  );
}
