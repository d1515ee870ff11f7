import { setMaxListeners } from 'node:events';
import type { Clock } from './clock.ts';

/** A time limit that can be held while a person thinks. Its signal is aborted when the time is over or the outer signal is aborted. */
export class Deadline {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal;
  readonly #outerAborted = (): void => this.#abort.abort();
  #leftMs: number;
  #startedAt: number;
  #cancel: (() => void) | null = null;
  #passed = false;

  constructor(clock: Clock, limitMs: number, outer: AbortSignal) {
    this.#clock = clock;
    this.#leftMs = limitMs;
    this.#startedAt = clock.now();
    this.#outer = outer;
    // Every call of the first list listens to it.
    setMaxListeners(0, this.#abort.signal);
    if (outer.aborted) this.#abort.abort();
    outer.addEventListener('abort', this.#outerAborted, { once: true });
    this.resume();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The time was over before `stop`. */
  get passed(): boolean {
    return this.#passed;
  }

  suspend(): void {
    if (this.#cancel === null) return;
    this.#cancel();
    this.#cancel = null;
    this.#leftMs = Math.max(0, this.#leftMs - (this.#clock.now() - this.#startedAt));
  }

  resume(): void {
    if (this.#cancel !== null || this.#abort.signal.aborted) return;
    this.#startedAt = this.#clock.now();
    this.#cancel = this.#clock.setTimer(() => {
      this.#cancel = null;
      this.#passed = true;
      this.#abort.abort();
    }, this.#leftMs);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#outer.removeEventListener('abort', this.#outerAborted);
  }
}

/**
 * The promise's value, or an AbortError as soon as the signal is aborted, even when what was asked does not listen to it. A value that
 * comes too late goes to `late`, which frees it.
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal, late: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const abort = (): void => {
      over = true;
      reject(new DOMException('Aborted', 'AbortError'));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', abort);
        if (over) late(value);
        else resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}
