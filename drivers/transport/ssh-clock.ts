/** Milliseconds left at least after a question, so that the answer to the person's own is not cut off at once. */
const FLOOR_MS = 5_000;

/** A time limit that stands still while a person is asked: only waiting for the other side counts. */
export class LoginClock {
  readonly #expired: () => void;
  readonly #floorMs: number;
  #leftMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;
  #stopped = false;

  constructor(limitMs: number, expired: () => void) {
    this.#leftMs = limitMs;
    this.#floorMs = Math.min(limitMs, FLOOR_MS);
    this.#expired = expired;
    this.#start();
  }

  /** Runs something that may take a person's time, with the clock stopped. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#pauses++ === 0) this.#pause();
    try {
      return await work();
    } finally {
      if (--this.#pauses === 0) this.#start();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #start(): void {
    if (this.#stopped) return;
    this.#startedAt = Date.now();
    this.#timer = setTimeout(this.#expired, this.#leftMs);
  }

  #pause(): void {
    clearTimeout(this.#timer);
    this.#leftMs = Math.max(this.#leftMs - (Date.now() - this.#startedAt), this.#floorMs);
  }
}
