import { SeriesRing } from './ring-buffer.ts';

export const MINUTE_MS = 60_000;
/** A day. */
export const MINUTES_KEPT = 1440;

/** The history of some columns: the last ticks as they came, and the mean of every minute of a day. */
export class Track {
  readonly fine: SeriesRing;
  readonly minutes: SeriesRing;
  readonly #sums: Float64Array;
  readonly #counts: Uint16Array;
  #minute = -1;

  /** `fineCapacity`: ticks kept as they came. */
  constructor(columns: number, fineCapacity: () => number) {
    this.fine = new SeriesRing(columns, fineCapacity);
    this.minutes = new SeriesRing(columns, () => MINUTES_KEPT);
    this.#sums = new Float64Array(columns);
    this.#counts = new Uint16Array(columns);
  }

  /** The minute (since the epoch) that is not over; -1 before the first tick. */
  get currentMinute(): number {
    return this.#minute;
  }

  get bytes(): number {
    return this.fine.bytes + this.minutes.bytes;
  }

  /** `time` must not be before that of the last tick. */
  add(tick: number, time: number, values: ArrayLike<number>): void {
    this.fine.push(tick, values);
    const minute = Math.floor(time / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#flush();
      this.#minute = minute;
    }
    for (let column = 0; column < this.#sums.length; column += 1) {
      const value = values[column] ?? NaN;
      if (Number.isNaN(value)) continue;
      this.#sums[column] = (this.#sums[column] ?? 0) + value;
      this.#counts[column] = (this.#counts[column] ?? 0) + 1;
    }
  }

  /** As SeriesRing.read of `minutes`, with the minute that is not over too. */
  readMinute(minute: number, into: Float64Array, offset = 0): boolean {
    if (minute !== this.#minute) return this.minutes.read(minute, into, offset);
    into.set(this.#means(), offset);
    return true;
  }

  #flush(): void {
    if (this.#minute >= 0) this.minutes.push(this.#minute, this.#means());
    this.#sums.fill(0);
    this.#counts.fill(0);
  }

  #means(): Float64Array {
    // 0 / 0 is NaN: a minute in which the figure was never known.
    return this.#sums.map((sum, column) => sum / (this.#counts[column] ?? 0));
  }
}
