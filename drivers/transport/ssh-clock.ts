/** A time limit that stands still while a person is asked: only waiting for the other side counts. */
export class LoginClock {
  readonly #expired: () => void;
  #leftMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;
  #stopped = false;

  constructor(limitMs: number, expired: () => void) {
    this.#leftMs = limitMs;
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
    // A little is always left, so that the server's answer to the person's is not cut off at once.
    this.#leftMs = Math.max(this.#leftMs - (Date.now() - this.#startedAt), 5_000);
  }
}
