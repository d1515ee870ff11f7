/** How often is looked, at most; at first sooner, as much is there at once. */
const PAUSE_MS = 50;

/** Waits until `probe` gives something other than undefined, false or null. The limit is for a hang, never for speed. */
export async function until<T>(
  probe: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  what: string,
  limitMs = 60_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  let last: unknown;
  let pauseMs = 1;
  while (Date.now() < end) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(PAUSE_MS, 2 * pauseMs);
  }
  throw new Error(`Waited ${limitMs} ms in vain for: ${what}`, last === undefined ? {} : { cause: last });
}
