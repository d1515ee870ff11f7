import type { Clock } from '../../../main/hosts/clock.ts';

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #timers = new Map<number, { at: number; task: () => void }>();
  #nextId = 0;

  now(): number {
    return this.#now;
  }

  setTimer(task: () => void, delayMs: number): () => void {
    const id = (this.#nextId += 1);
    this.#timers.set(id, { at: this.#now + delayMs, task });
    return () => this.#timers.delete(id);
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** The clock alone moves, as while a computer sleeps: timers stand still. */
  sleep(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers.values()) timer.at += ms;
  }

  /** Moves time forward; due timers run in their order, and what waits for promises goes on after each. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const due = [...this.#timers]
        .filter(([, timer]) => timer.at <= until)
        .toSorted((a, b) => a[1].at - b[1].at)[0];
      if (due === undefined) break;
      const [id, timer] = due;
      this.#timers.delete(id);
      this.#now = timer.at;
      timer.task();
      await settle();
    }
    this.#now = until;
    await settle();
  }
}

/** Lets everything go on that only waits for promises. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
