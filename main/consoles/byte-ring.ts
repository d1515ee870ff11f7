const FIRST_BYTES = 4096;

/**
 * The newest bytes of a stream, at most so many: what comes beyond pushes the oldest out. What it costs depends on the bytes alone, not on
 * the number of pieces they come in. The memory grows with what waits, up to twice `maxBytes`.
 */
export class ByteRing {
  readonly #maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the oldest byte is. */
  #start = 0;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Keeps a copy of `chunk`; answers how many bytes were pushed out for it, its own first ones among them. */
  push(chunk: Uint8Array): number {
    const kept = chunk.subarray(Math.max(0, chunk.length - this.#maxBytes));
    if (kept.length === 0) return chunk.length;
    const pushedOut = Math.max(0, this.#length + kept.length - this.#maxBytes);
    this.#drop(pushedOut);
    this.#makeRoom(this.#length + kept.length);
    const at = (this.#start + this.#length) % this.#bytes.length;
    const first = kept.subarray(0, this.#bytes.length - at);
    this.#bytes.set(first, at);
    this.#bytes.set(kept.subarray(first.length), 0);
    this.#length += kept.length;
    return pushedOut + chunk.length - kept.length;
  }

  /** The oldest bytes, at most `maxBytes`, which are no longer here then; empty when there are none. */
  take(maxBytes: number): Buffer {
    const size = Math.min(maxBytes, this.#length);
    const taken = this.#copy(size);
    this.#drop(size);
    return taken;
  }

  clear(): void {
    this.#bytes = Buffer.alloc(0);
    this.#start = 0;
    this.#length = 0;
  }

  #drop(size: number): void {
    this.#length -= size;
    this.#start = this.#length === 0 ? 0 : (this.#start + size) % this.#bytes.length;
  }

  #copy(size: number): Buffer {
    const first = this.#bytes.subarray(this.#start, this.#start + size);
    return Buffer.concat([first, this.#bytes.subarray(0, size - first.length)]);
  }

  #makeRoom(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(FIRST_BYTES, size, this.#bytes.length * 2));
    grown.set(this.#copy(this.#length));
    this.#bytes = grown;
    this.#start = 0;
  }
}
