import { createHash, type Hash } from 'node:crypto';
import { lengthOf, pieceOf, type Zeros } from '../../../../drivers/formats/zero-runs.ts';
import type { ByteSource } from '../../../storage/byte-source.ts';
import { hashPart } from '../../../storage/zero-bytes.ts';
import type { Piece, Summed } from '../../direct/sent-disk.ts';
import type { Device } from '../../source/devices.ts';
import type { Summing } from './device-sums.ts';
import type { LayoutPart } from './disk-layout.ts';

/** What is compared, and sent again, as one. A program is started for each at the source. */
const CHUNK_BYTES = 4 * 1024 ** 2;
/** Of a large disk the chunks are larger: what a journal keeps of them does not grow with it. */
const MAX_CHUNKS = 2 ** 15;
/** Of a longer sum: enough to see that something changed. */
const SUM_BYTES = 16;

/** A piece of the copy that was read from a device on which somebody may have written meanwhile. */
export interface LiveChunk {
  readonly at: number;
  readonly length: number;
  readonly device: Device;
  readonly deviceAt: number;
}

/** The pieces that were read while the machine wrote on; in order, none over a multiple of their size. */
export function liveChunks(parts: readonly LayoutPart[]): LiveChunk[] {
  const last = parts.at(-1);
  const chunkBytes = chunkBytesFor(last === undefined ? 0 : last.at + last.length);
  return parts.flatMap(({ at, length, from }) => {
    if (from.kind !== 'device' || !from.device.live || from.used !== null) return [];
    const chunks: LiveChunk[] = [];
    for (let begin = at; begin < at + length;) {
      const end = Math.min(at + length, (Math.floor(begin / chunkBytes) + 1) * chunkBytes);
      chunks.push({
        at: begin,
        length: end - begin,
        device: from.device,
        deviceAt: from.deviceAt + begin - at,
      });
      begin = end;
    }
    return chunks;
  });
}

/** A power of two: what is uploaded at one time is whole chunks. */
function chunkBytesFor(sizeBytes: number): number {
  let bytes = CHUNK_BYTES;
  while (bytes * MAX_CHUNKS < sizeBytes) bytes *= 2;
  return bytes;
}

/** What the source's programs are called here. */
const ALGORITHMS: Readonly<Record<Summing['program'], string>> = { b2sum: 'blake2b512', sha256sum: 'sha256' };

/** As a sum of the source's is compared. @param hex as its program prints it */
export function sumOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex').subarray(0, SUM_BYTES);
}

/** In place of a sum: it is not known. */
const NO_SUM = Buffer.alloc(SUM_BYTES);

/** The same bytes; keeps a sum of each chunk as it was read last, whole. */
export class SummedSource implements ByteSource, Summed {
  readonly sizeBytes: number;
  readonly #source: ByteSource;
  readonly #chunks: readonly LiveChunk[];
  readonly #algorithm: string;
  readonly #sums = new Map<number, Buffer>();

  /** @param kept as `kept` of another one told, of the same chunks; null: nothing was read yet */
  constructor(
    source: ByteSource,
    chunks: readonly LiveChunk[],
    { program, kept = null }: Pick<Summing, 'program'> & { readonly kept?: string | null },
  ) {
    this.#algorithm = ALGORITHMS[program];
    this.sizeBytes = source.sizeBytes;
    this.#source = source;
    this.#chunks = chunks;
    const sums = Buffer.from(kept ?? '', 'base64');
    for (const [index, { at }] of chunks.entries()) {
      const sum = sums.subarray(index * SUM_BYTES, (index + 1) * SUM_BYTES);
      if (sum.length === SUM_BYTES && !sum.equals(NO_SUM)) this.#sums.set(at, sum);
    }
  }

  /** Sums, for a journal: of all chunks, or of those that begin within these bytes. */
  kept(from = 0, to = this.sizeBytes): string {
    const some = this.#chunks.slice(firstAfter(this.#chunks, from), firstAfter(this.#chunks, to));
    return Buffer.concat(some.map(({ at }) => this.#sums.get(at) ?? NO_SUM)).toString('base64');
  }

  get pieces(): readonly LiveChunk[] {
    return this.#chunks;
  }

  /** Nobody knows what the copy has of it. */
  forget({ at }: Piece): void {
    this.#sums.delete(at);
  }

  /** It was read whole by the source itself. @param hex as its program prints the sum */
  told({ at }: Piece, hex: string): void {
    this.#sums.set(at, sumOf(hex));
  }

  /** null: it was not read whole. */
  sum(chunk: LiveChunk): Buffer | null {
    return this.#sums.get(chunk.at) ?? null;
  }

  async *read(
    offset: number,
    length: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | Zeros, void, void> {
    let index = firstAfter(this.#chunks, offset);
    // A chunk that is read from two moments has no sum.
    const begun = this.#chunks[index - 1];
    if (begun !== undefined && begun.at + begun.length > offset) this.#sums.delete(begun.at);
    let hash: Hash | null = null;
    let at = offset;
    for await (const part of this.#source.read(offset, length, signal)) {
      const end = at + lengthOf(part);
      for (
        let chunk = this.#chunks[index];
        chunk !== undefined && chunk.at < end;
        chunk = this.#chunks[index]
      ) {
        const from = Math.max(at, chunk.at);
        if (from === chunk.at) {
          hash = createHash(this.#algorithm);
          this.#sums.delete(chunk.at);
        }
        const chunkEnd = chunk.at + chunk.length;
        const to = Math.min(end, chunkEnd);
        if (hash !== null) await hashPart(hash, pieceOf(part, from - at, to - at));
        if (to < chunkEnd) break;
        if (hash !== null) this.#sums.set(chunk.at, hash.digest().subarray(0, SUM_BYTES));
        hash = null;
        index += 1;
      }
      yield part;
      at = end;
    }
  }
}

/** The first chunk that begins there or behind: of one that is begun before, no sum can be known. */
function firstAfter(chunks: readonly LiveChunk[], offset: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunks[middle]?.at ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
