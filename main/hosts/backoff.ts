const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** Somebody looks at the host and waits for it. */
export const LONGEST_WATCHED_MS = 8000;
/** Part of a delay that is left to chance, so that a hundred hosts behind one router do not come back in one moment. */
const JITTER = 0.25;
/** A session that lives shorter than this may be one of a host that cuts every connection. */
const STABLE_AFTER_MS = 10_000;

/**
 * Delay before attempt number `failures` + 1: 1, 2, 4, 8, 16, then 30 s, less up to a quarter by chance.
 * @param failures attempts that failed in a row, 1 for the first
 * @param random 0 to 1
 */
export function backoffMs(failures: number, random: number, longestMs = LONGEST_MS): number {
  const full = Math.min(longestMs, FIRST_MS * 2 ** Math.min(20, Math.max(0, failures - 1)));
  return Math.round(full * (1 - JITTER * random));
}

/**
 * How eagerly one host is tried again. A connection that gave its first list wipes out the failures before it, so that a host which is
 * back and blips is asked at once; only short sessions in a row slow it down, as of a host that cuts every connection.
 */
export class Retries {
  #failures = 0;
  #shortSessions = 0;

  /** An attempt failed. */
  failed(): void {
    this.#failures += 1;
  }

  /** A session that was connected is over. */
  ended(livedMs: number): void {
    this.#failures = 0;
    this.#shortSessions = livedMs < STABLE_AFTER_MS ? this.#shortSessions + 1 : 0;
  }

  /** What was before says nothing any more: this computer was asleep. */
  forget(): void {
    this.#failures = 0;
    this.#shortSessions = 0;
  }

  /** Milliseconds to wait before the next attempt. `random`: 0 to 1. */
  delayMs(random: number, watched: boolean): number {
    const inARow = Math.max(1, this.#failures, this.#shortSessions);
    return backoffMs(inARow, random, watched ? LONGEST_WATCHED_MS : LONGEST_MS);
  }
}
