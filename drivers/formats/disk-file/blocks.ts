import type { Run } from '../byte-stream.ts';
import { readExactly, type RandomSource } from '../random-source.ts';

/** What is read of the file at one time. */
const PIECE_BYTES = 1 << 20;

/** A part of a block that is not zeros. */
export interface Part {
  /** Within the block. */
  readonly from: number;
  readonly bytes: number;
  /** Where in the file it is. */
  readonly place: number;
}

/** A disk in blocks of one size, each somewhere in the file, or nowhere: then it is zeros. */
export interface Blocks {
  readonly blockBytes: number;
  /** In ascending order. @throws {FormatError} */
  parts(block: number): Promise<readonly Part[]>;
}

/** At most `length` bytes of the disk: it ends at `sizeBytes`. @throws {FormatError} */
export async function readBlocks(
  source: RandomSource,
  blocks: Blocks,
  { offset, length, sizeBytes }: { offset: number; length: number; sizeBytes: number },
): Promise<Buffer> {
  const out = Buffer.alloc(Math.max(0, Math.min(length, sizeBytes - offset)));
  for (let at = 0; at < out.length;) {
    const block = Math.floor((offset + at) / blocks.blockBytes);
    const from = offset + at - block * blocks.blockBytes;
    const bytes = Math.min(blocks.blockBytes - from, out.length - at);
    for (const part of await blocks.parts(block)) {
      const some = cut(part, from, from + bytes);
      if (some !== null) out.set(await readExactly(source, some.place, some.bytes), at + some.from - from);
    }
    at += bytes;
  }
  return out;
}

/** The disk from a place to its end. */
export async function* runsOf(
  source: RandomSource,
  blocks: Blocks,
  {
    from,
    sizeBytes,
    signal,
  }: { readonly from: number; readonly sizeBytes: number; readonly signal: AbortSignal },
): AsyncGenerator<Run, void, void> {
  const { blockBytes } = blocks;
  for (let start = from - (from % blockBytes); start < sizeBytes; start += blockBytes) {
    signal.throwIfAborted();
    for (const part of await blocks.parts(start / blockBytes)) {
      const some = cut(part, Math.max(0, from - start), Math.min(blockBytes, sizeBytes - start));
      for (let done = 0; some !== null && done < some.bytes;) {
        const data = await readExactly(source, some.place + done, Math.min(PIECE_BYTES, some.bytes - done));
        yield { offset: start + some.from + done, data };
        done += data.length;
      }
    }
  }
}

/** What of it lies between two places of the block. */
function cut({ from, bytes, place }: Part, start: number, end: number): Part | null {
  const first = Math.max(from, start);
  const last = Math.min(from + bytes, end);
  return first < last ? { from: first, bytes: last - first, place: place + first - from } : null;
}
