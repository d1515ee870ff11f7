const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** Part of a delay that is left to chance, so that a hundred hosts behind one router do not come back in one moment. */
const JITTER = 0.25;

/**
 * Delay before attempt number `failures` + 1: 1, 2, 4, 8, 16, then 30 s, less up to a quarter by chance.
 * @param failures attempts that failed in a row, 1 for the first
 * @param random 0 to 1
 */
export function backoffMs(failures: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(20, Math.max(0, failures - 1)));
  return Math.round(full * (1 - JITTER * random));
}
