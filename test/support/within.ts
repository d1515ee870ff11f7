import { setTimeout as sleep } from 'node:timers/promises';

/** How long may be asked what hangs. */
const TELL_MS = 30_000;

/**
 * Work that may hang in a call that has no limit of its own. The limit is for a hang, never for speed.
 * @param tell how things stand, for the error
 */
export async function within<T>(limitMs: number, tell: () => Promise<string>, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = sleep(limitMs, 'late' as const, { signal: over.signal });
  try {
    const first = await Promise.race([work.then((value) => ({ value })), late]);
    if (first !== 'late') return first.value;
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
  const told = await Promise.race([tell().catch(String), sleep(TELL_MS, 'nobody answers', { ref: false })]);
  throw new Error(`Not over after ${limitMs / 1000} s: ${told}`);
}
