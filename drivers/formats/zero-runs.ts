/** A run of zeros of this many bytes. */
export interface Zeros {
  readonly zeros: number;
}

export function lengthOf(part: Uint8Array | Zeros): number {
  return part instanceof Uint8Array ? part.length : part.zeros;
}

/** A piece of it. */
export function pieceOf(part: Uint8Array | Zeros, from: number, to: number): Uint8Array | Zeros {
  return part instanceof Uint8Array ? part.subarray(from, to) : { zeros: to - from };
}

/** What is compared at one time: a multiple of what file systems allocate, so that a hole frees whole blocks. */
const BLOCK = 64 * 1024;
const ZERO_BLOCK = Buffer.alloc(BLOCK);

/**
 * Splits a stream of bytes into data and runs of zeros. Only whole blocks of 64 KiB, counted from the beginning of the stream, become
 * zeros: shorter runs cost more as holes than as bytes. Nothing is copied: data comes out as pieces of the chunks that came in.
 */
export class ZeroRunSplitter {
  /** Whole blocks of zeros that are not told yet. */
  #zeros = 0;
  /** Zeros at the beginning of a block whose rest has not come. */
  #carry = 0;
  /** Bytes up to the end of a block that holds data. */
  #skip = 0;
  #out: (Uint8Array | Zeros)[] = [];

  push(chunk: Uint8Array): (Uint8Array | Zeros)[] {
    /** Where data that is not told yet begins. */
    let start = Math.min(this.#skip, chunk.length) === 0 ? -1 : 0;
    let at = Math.min(this.#skip, chunk.length);
    this.#skip -= at;
    while (at < chunk.length) {
      const length = Math.min(BLOCK - this.#carry, chunk.length - at);
      if (ZERO_BLOCK.compare(chunk, at, at + length, 0, length) === 0) {
        if (start >= 0) this.#data(chunk.subarray(start, at));
        start = -1;
        this.#carry += length;
        if (this.#carry === BLOCK) {
          this.#zeros += BLOCK;
          this.#carry = 0;
        }
      } else {
        this.#skip = BLOCK - this.#carry - length;
        if (start < 0) {
          this.#flushCarry();
          start = at;
        }
        this.#carry = 0;
      }
      at += length;
    }
    if (start >= 0) this.#data(chunk.subarray(start));
    return this.#take();
  }

  /** The same as so many zeros, which nobody has to look at. */
  pushZeros(length: number): (Uint8Array | Zeros)[] {
    const open = this.#skip > 0 ? this.#skip : (BLOCK - this.#carry) % BLOCK;
    const first = Math.min(length, open);
    const before = first === 0 ? [] : this.push(ZERO_BLOCK.subarray(0, first));
    const whole = length - first - ((length - first) % BLOCK);
    this.#zeros += whole;
    const rest = length - first - whole;
    return rest === 0 ? before : [...before, ...this.push(ZERO_BLOCK.subarray(0, rest))];
  }

  /** The stream is over. */
  end(): (Uint8Array | Zeros)[] {
    this.#zeros += this.#carry;
    this.#carry = 0;
    this.#flushZeros();
    return this.#take();
  }

  #data(bytes: Uint8Array): void {
    this.#flushZeros();
    this.#out.push(bytes);
  }

  #flushCarry(): void {
    if (this.#carry > 0) this.#data(ZERO_BLOCK.subarray(0, this.#carry));
  }

  #flushZeros(): void {
    if (this.#zeros > 0) this.#out.push({ zeros: this.#zeros });
    this.#zeros = 0;
  }

  #take(): (Uint8Array | Zeros)[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }
}

/** Whether all of it is zeros. */
export function isZeros(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const end = Math.min(at + BLOCK, bytes.length);
    if (ZERO_BLOCK.compare(bytes, at, end, 0, end - at) !== 0) return false;
  }
  return true;
}

/** The same over a stream. */
export async function* zeroRuns(
  source: AsyncIterable<Uint8Array | Zeros>,
): AsyncGenerator<Uint8Array | Zeros, void, void> {
  const splitter = new ZeroRunSplitter();
  for await (const part of source)
    yield* part instanceof Uint8Array ? splitter.push(part) : splitter.pushZeros(part.zeros);
  yield* splitter.end();
}
