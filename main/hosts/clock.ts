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

/** How often a long wait looks at the clock, and by how much more it must have moved for the computer to have slept. */
const LOOK_MS = 2000;
const SLEPT_MS = 3000;

/**
 * Resolves when the time that `until` tells has come (it may change while one waits), when the signal is aborted, or within two seconds
 * after the computer woke: timers stand still while it sleeps, and its clock does not.
 */
export async function waitUntil(
  clock: Clock,
  until: () => number,
  signal: AbortSignal,
): Promise<'passed' | 'woke'> {
  for (;;) {
    const before = clock.now();
    const step = Math.min(LOOK_MS, until() - before);
    if (step <= 0 || signal.aborted) return 'passed';
    await pause(clock, step, signal);
    if (clock.now() - before > step + SLEPT_MS) return 'woke';
  }
}

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
