import { isZeros, lengthOf, pieceOf, type Zeros } from '../../drivers/formats/zero-runs.ts';
import { openDigest, type Digest, type DigestAlgorithm } from './digest.ts';
import type { ByteRange } from './host-map.ts';

/** What a file holds: a digest of its data, one range after the other; all that is not in them is zeros. */
export interface DataSum {
  readonly sizeBytes: number;
  readonly algorithm: DigestAlgorithm;
  readonly ranges: readonly ByteRange[];
  /** In hex. */
  readonly digest: string;
}

/** To hash so many zeros takes no longer than to begin to read at another place. */
const HOLE_BYTES = 4 << 20;
/** A host is asked for no more ranges at one time. */
const MAX_RANGES = 4096;

/** A digest of the data of a file alone, which knows where that is: to hash all zeros of a disk that is nearly empty takes longer than to send it. */
export class DataDigest implements Digest {
  readonly #sizeBytes: number;
  readonly #digest: Digest;
  readonly #ranges: { at: number; length: number }[] = [];
  /** What was added until now; from the end of the last range on that is zeros. */
  #at = 0;
  #kept = { ranges: 0, end: 0, at: 0 };

  constructor(algorithm: DigestAlgorithm, sizeBytes: number, signal: AbortSignal) {
    this.#sizeBytes = sizeBytes;
    this.#digest = openDigest(algorithm, sizeBytes, signal);
  }

  async add(part: Uint8Array | Zeros): Promise<void> {
    const from = this.#at;
    this.#at += lengthOf(part);
    if (!(part instanceof Uint8Array) || part.length === 0) return;
    const zeros = from - this.#end();
    const last = this.#ranges.at(-1) ?? { at: 0, length: 0 };
    if (zeros >= Math.max(HOLE_BYTES, Math.ceil(this.#sizeBytes / MAX_RANGES)))
      this.#ranges.push({ at: from, length: part.length });
    else {
      if (this.#ranges.length === 0) this.#ranges.push(last);
      last.length = this.#at - last.at;
      if (zeros > 0) await this.#digest.add({ zeros });
    }
    await this.#digest.add(part);
  }

  keep(): void {
    this.#kept = { ranges: this.#ranges.length, end: this.#end(), at: this.#at };
    this.#digest.keep();
  }

  back(): void {
    const { ranges, end, at } = this.#kept;
    this.#ranges.length = ranges;
    const last = this.#ranges.at(-1);
    if (last !== undefined) last.length = end - last.at;
    this.#at = at;
    this.#digest.back();
  }

  hex(): Promise<string> {
    return this.#digest.hex();
  }

  /** Where it has data, of what was added. */
  get ranges(): ByteRange[] {
    return this.#ranges.map((range) => ({ ...range }));
  }

  close(): void {
    this.#digest.close();
  }

  #end(): number {
    const last = this.#ranges.at(-1);
    return last === undefined ? 0 : last.at + last.length;
  }
}

/** It has no long run of zeros: the digest is that of the whole file. */
export function isWhole({ sizeBytes, ranges }: Pick<DataSum, 'sizeBytes' | 'ranges'>): boolean {
  return dataBytes(ranges) === sizeBytes;
}

export function dataBytes(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0);
}

/** What of a file is in no range. */
export function holesOf({ sizeBytes, ranges }: Pick<DataSum, 'sizeBytes' | 'ranges'>): ByteRange[] {
  const holes: ByteRange[] = [];
  let end = 0;
  for (const { at, length } of [...ranges, { at: sizeBytes, length: 0 }]) {
    if (at > end) holes.push({ at: end, length: at - end });
    end = at + length;
  }
  return holes;
}

/** Whether a file that is read from its beginning holds just that. */
export async function holds(
  parts: AsyncIterable<Uint8Array | Zeros>,
  { sizeBytes, algorithm, ranges, digest }: DataSum,
  signal: AbortSignal,
): Promise<boolean> {
  const own = openDigest(algorithm, dataBytes(ranges), signal);
  try {
    let at = 0;
    let index = 0;
    for await (const part of parts)
      for (let done = 0; done < lengthOf(part);) {
        const range = ranges[index] ?? { at: sizeBytes, length: Infinity };
        const isData = at >= range.at;
        const to = isData ? range.at + range.length : range.at;
        const some = pieceOf(part, done, Math.min(lengthOf(part), done + to - at));
        if (isData && index < ranges.length) await own.add(some);
        else if (isData || (some instanceof Uint8Array && !isZeros(some))) return false;
        done += lengthOf(some);
        at += lengthOf(some);
        if (isData && at === to) index += 1;
      }
    return at === sizeBytes && (await own.hex()) === digest;
  } finally {
    own.close();
  }
}
