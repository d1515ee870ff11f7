/**
 * The last changes in order, each with its number, held to a bound. Readers keep only the number they have read to: a slow one costs
 * nothing, and one that fell out of the log gets a snapshot in place of a queue.
 */
export class ChangeLog<T> {
  readonly #entries: { seq: number; item: T; weight: number }[] = [];
  readonly #bound: number;
  #weight = 0;
  #seq: number;
  #waiters = new Set<() => void>();

  /**
   * @param firstSeq where numbers begin. A time in milliseconds keeps the numbers of an earlier run apart from this one's.
   * @param bound the sum of weights that is kept
   */
  constructor(firstSeq: number, bound: number) {
    this.#seq = firstSeq;
    this.#bound = bound;
  }

  /** Number of the last change. */
  get seq(): number {
    return this.#seq;
  }

  /** Adds a change; gives its number. */
  append(item: T, weight = 1): number {
    this.#seq += 1;
    this.#entries.push({ seq: this.#seq, item, weight });
    this.#weight += weight;
    while (this.#weight > this.#bound && this.#entries.length > 1) {
      this.#weight -= this.#entries.shift()?.weight ?? 0;
    }
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
    return this.#seq;
  }

  /** Changes after `seq`, or null when they are not all here any more (or the number is not one of ours). */
  since(seq: number): { seq: number; item: T }[] | null {
    if (seq === this.#seq) return [];
    const first = this.#entries[0];
    if (first === undefined || seq > this.#seq || seq < first.seq - 1) return null;
    return this.#entries.slice(seq - first.seq + 1);
  }

  /** Resolves when there is something after `seq`, or the signal is aborted. */
  async changedSince(seq: number, signal: AbortSignal): Promise<void> {
    if (this.#seq !== seq || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** Readers that wait now; for tests. */
  get waiting(): number {
    return this.#waiters.size;
  }
}
