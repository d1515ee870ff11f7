/** Rows that are allocated together. */
export const CHUNK_ROWS = 120;

interface Chunk {
  readonly values: Float32Array;
  readonly present: Uint8Array;
}

/**
 * The last rows of some columns, each at its tick: a whole number that grows. NaN is a figure that is not known; a tick without a row
 * is absent. Memory is taken in chunks as rows come, and is at most that of `capacity` rows, rounded up to
 * whole chunks, and one chunk; 32-bit floats hold seven
 * digits, which is more than a graph shows.
 */
export class SeriesRing {
  readonly columns: number;
  readonly #capacity: () => number;
  #chunks: Chunk[] = [];
  #start = 0;
  #length = 0;
  #trimmed = false;

  /** `capacity` is asked at every chunk, so that it may depend on how many rings there are. */
  constructor(columns: number, capacity: () => number) {
    this.columns = columns;
    this.#capacity = capacity;
  }

  /** The first tick that is kept. */
  get start(): number {
    return this.#start;
  }

  /** One after the last tick. */
  get end(): number {
    return this.#start + this.#length;
  }

  /** Older rows were given up: before `start` nothing is known, rather than absent. */
  get trimmed(): boolean {
    return this.#trimmed;
  }

  get bytes(): number {
    return this.#chunks.length * CHUNK_ROWS * (4 * this.columns + 1);
  }

  /** Adds the row of a tick; those between it and the last are absent. @throws {RangeError} for a tick that is not after the last */
  push(tick: number, values: ArrayLike<number>): void {
    if (this.#length === 0) this.#start = tick;
    const missed = tick - this.end;
    if (missed < 0) throw new RangeError(`Tick ${tick} is not after the last one`);
    if (missed > 0 && missed >= this.#capacity()) this.#restart(tick);
    else for (let count = 0; count < missed; count += 1) this.#append(null);
    this.#append(values);
  }

  /** Puts the row of a tick to `into` at `offset`; false, and nothing put, when it is absent. */
  read(tick: number, into: Float64Array, offset = 0): boolean {
    const index = tick - this.#start;
    const chunk =
      index < 0 || index >= this.#length ? undefined : this.#chunks[Math.floor(index / CHUNK_ROWS)];
    const row = index % CHUNK_ROWS;
    if (chunk === undefined || chunk.present[row] !== 1) return false;
    for (let column = 0; column < this.columns; column += 1)
      into[offset + column] = chunk.values[row * this.columns + column] ?? NaN;
    return true;
  }

  #restart(tick: number): void {
    this.#chunks = [];
    this.#length = 0;
    this.#start = tick;
    this.#trimmed = true;
  }

  #append(values: ArrayLike<number> | null): void {
    const row = this.#length % CHUNK_ROWS;
    if (row === 0) this.#chunks.push(this.#nextChunk());
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined) return;
    chunk.present[row] = values === null ? 0 : 1;
    for (let column = 0; column < this.columns; column += 1)
      chunk.values[row * this.columns + column] = values?.[column] ?? NaN;
    this.#length += 1;
  }

  #nextChunk(): Chunk {
    let free: Chunk | undefined;
    while ((this.#chunks.length - 1) * CHUNK_ROWS >= this.#capacity()) {
      free = this.#chunks.shift();
      this.#start += CHUNK_ROWS;
      this.#length -= CHUNK_ROWS;
      this.#trimmed = true;
    }
    return (
      free ?? { values: new Float32Array(CHUNK_ROWS * this.columns), present: new Uint8Array(CHUNK_ROWS) }
    );
  }
}
