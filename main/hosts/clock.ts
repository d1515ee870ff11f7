/** Time as a thing that tests can drive. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once after `delayMs`; the returned function takes it back. */
  setTimer(task: () => void, delayMs: number): () => void;
}

/** The computer's own time. Its timers keep the process alive: whoever sets one takes it back when it is closed. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(task, delayMs) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when the signal is aborted. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.setTimer(done, delayMs);
    signal.addEventListener('abort', done, { once: true });
  });
}
