import { systemClock, type Clock } from '../../main/hosts/clock.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** The computer's own time, which a test moves forward: what was to come in between comes at once. */
export class MovedClock implements Clock {
  #ahead = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  setTimer(task: () => void, delayMs: number): () => void {
    const run = (): void => {
      cancel();
      task();
    };
    const takeBack = systemClock.setTimer(run, delayMs);
    const timer: Timer = { at: this.now() + delayMs, run };
    const cancel = (): void => {
      takeBack();
      this.#timers.delete(timer);
    };
    this.#timers.add(timer);
    return cancel;
  }

  /** What a timer that is due sets anew is not due. */
  forward(ms: number): void {
    this.#ahead += ms;
    const due = [...this.#timers].filter(({ at }) => at <= this.now());
    for (const { run } of due) run();
  }
}
