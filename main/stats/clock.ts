/** Time as the sampler needs it; tests drive one of their own. */
export interface Clock {
  /** Milliseconds since the epoch. It goes on while the computer sleeps, and may be set. */
  now(): number;
  /** Milliseconds that only grow. It may stand still while the computer sleeps (CLOCK_MONOTONIC does). */
  monotonic(): number;
  /** Calls back once; the answer takes it back. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
