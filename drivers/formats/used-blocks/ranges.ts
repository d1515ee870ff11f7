import { FormatError } from '../errors.ts';
import type { RandomSource } from '../random-source.ts';

export interface ByteRange {
  /** Bytes from the beginning. */
  readonly at: number;
  readonly length: number;
}

/** A device that is far away: to ask it once for a thousand places costs as much as for one. */
export interface RangeSource {
  /** Each range whole, in the order that they were asked in. */
  readRanges(ranges: readonly ByteRange[]): AsyncIterable<Buffer>;
}

/** One that is near, asked range by range. */
export function nearSource(source: RandomSource): RangeSource {
  return {
    async *readRanges(ranges) {
      for (const { at, length } of ranges) {
        const bytes = await source.read(at, length);
        if (bytes.length < length)
          throw new FormatError('TRUNCATED', 'The device is shorter than its file system', at + bytes.length);
        yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      }
    },
  };
}

/** @throws {FormatError} TRUNCATED */
export async function readRange(source: RangeSource, range: ByteRange): Promise<Buffer> {
  for await (const bytes of source.readRanges([range])) return bytes;
  throw new FormatError('TRUNCATED', 'The device gave nothing', range.at);
}

/** Of one read. */
const MAX_READ = 1024 ** 2;

/** Blocks of a device in the order of the list; those that lie side by side are read together. */
export async function* readBlocksAt(
  source: RangeSource,
  blocks: Iterable<number>,
  blockBytes: number,
): AsyncGenerator<Buffer, void, void> {
  const ranges: { at: number; length: number }[] = [];
  for (const block of blocks) {
    const at = block * blockBytes;
    const last = ranges.at(-1);
    if (last !== undefined && last.at + last.length === at && last.length < MAX_READ)
      last.length += blockBytes;
    else ranges.push({ at, length: blockBytes });
  }
  if (ranges.length === 0) return;
  for await (const bytes of source.readRanges(ranges))
    for (let at = 0; at < bytes.length; at += blockBytes) yield bytes.subarray(at, at + blockBytes);
}
