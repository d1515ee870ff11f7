/** Times of the ticks of one host, shared by the series of all its machines. */
export class Timeline {
  readonly #capacity: number;
  #times: Float64Array | null = null;
  #end = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get start(): number {
    return Math.max(0, this.#end - this.#capacity);
  }

  get end(): number {
    return this.#end;
  }

  get last(): number | null {
    return this.#end === 0 ? null : this.time(this.#end - 1);
  }

  /** Adds a time, which must not be before the last, and answers its tick. */
  push(time: number): number {
    this.#times ??= new Float64Array(this.#capacity);
    this.#times[this.#end % this.#capacity] = time;
    this.#end += 1;
    return this.#end - 1;
  }

  /** NaN for a tick that is not kept. */
  time(tick: number): number {
    if (tick < this.start || tick >= this.#end) return NaN;
    return this.#times?.[tick % this.#capacity] ?? NaN;
  }

  /** The first tick kept whose time is `from` or later; `end` when there is none. */
  firstSince(from: number): number {
    let [low, high] = [this.start, this.#end];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.time(middle) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
