import { StreamHole } from '../../rpc/stream.ts';
import { failure } from '../failures.ts';

const BLOCK = 64 * 1024;
const ZERO_BLOCK = Buffer.alloc(BLOCK);

/** Memory for what is in all volumes of a host together. */
export class ContentBudget {
  readonly #maxBytes: number;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws {LibvirtError} as of a full disk */
  take(bytes: number): void {
    if (this.#usedBytes + bytes > this.#maxBytes)
      throw failure(
        'VIR_ERR_SYSTEM_ERROR',
        'cannot write to stream: No space left on device',
        'VIR_FROM_STREAMS',
      );
    this.#usedBytes += bytes;
  }

  free(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}

/** The bytes of a volume's file, as far as somebody wrote any: blocks of zeros are not kept. */
export class VolumeContent {
  readonly #budget: ContentBudget;
  readonly #blocks = new Map<number, Buffer>();

  constructor(budget: ContentBudget) {
    this.#budget = budget;
  }

  get allocatedBytes(): number {
    return this.#blocks.size * BLOCK;
  }

  /** @throws {LibvirtError} as of a full disk */
  write(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const index = Math.floor((offset + done) / BLOCK);
      const within = (offset + done) % BLOCK;
      const part = bytes.subarray(done, done + BLOCK - within);
      const block = this.#blocks.get(index) ?? this.#newBlock(index, part);
      block?.set(part, within);
      done += part.length;
    }
  }

  /** Bytes and holes from `offset` on, `length` in all. */
  *read(offset: number, length: number): Generator<Buffer | StreamHole, void, void> {
    const end = offset + length;
    for (let at = offset; at < end;) {
      const index = Math.floor(at / BLOCK);
      const block = this.#blocks.get(index);
      const to = Math.min(end, (block === undefined ? this.#nextBlock(index, end) : index + 1) * BLOCK);
      yield block === undefined
        ? new StreamHole(BigInt(to - at))
        : block.subarray(at % BLOCK, (at % BLOCK) + to - at);
      at = to;
    }
  }

  /** The first bytes. */
  head(length: number): Buffer {
    return Buffer.from((this.#blocks.get(0) ?? ZERO_BLOCK).subarray(0, length));
  }

  copyFrom(other: VolumeContent): void {
    for (const [index, block] of other.#blocks) this.write(index * BLOCK, block);
  }

  /** What is behind that reads as zeros. */
  cut(sizeBytes: number): void {
    for (const [index, block] of this.#blocks)
      if (index * BLOCK >= sizeBytes) {
        this.#blocks.delete(index);
        this.#budget.free(BLOCK);
      } else if ((index + 1) * BLOCK > sizeBytes) block.fill(0, sizeBytes - index * BLOCK);
  }

  clear(): void {
    this.#budget.free(this.allocatedBytes);
    this.#blocks.clear();
  }

  #newBlock(index: number, part: Uint8Array): Buffer | null {
    if (ZERO_BLOCK.compare(part, 0, part.length, 0, part.length) === 0) return null;
    this.#budget.take(BLOCK);
    const block = Buffer.alloc(BLOCK);
    this.#blocks.set(index, block);
    return block;
  }

  /** Index of the next block that is there, or of the end. */
  #nextBlock(index: number, end: number): number {
    const last = Math.ceil(end / BLOCK);
    return Math.min(last, ...[...this.#blocks.keys()].filter((known) => known > index));
  }
}
