/** Points that are kept of a job's speed, whatever time it takes. */
export const SPEED_POINTS = 60;

const FIRST_INTERVAL_MS = 250;

/** A job's speed over its whole time, for a graph: where there are too many points, every second one goes and the next come half as often. */
export class SpeedSeries {
  #values: readonly number[] = [];
  #intervalMs = FIRST_INTERVAL_MS;
  #next = -Infinity;

  /** Bytes a second, oldest first; the same array until there is another point. */
  values(): readonly number[] {
    return this.#values;
  }

  /** @param now in milliseconds */
  add(now: number, bytesPerSecond: number): void {
    if (now < this.#next) return;
    const values = [...this.#values, bytesPerSecond];
    const isFull = values.length > SPEED_POINTS;
    this.#values = isFull ? values.filter((_, at) => at % 2 === 0) : values;
    if (isFull) this.#intervalMs *= 2;
    this.#next = now + this.#intervalMs;
  }
}
