/** A counter's value, or null when the host did not tell it. */
export type Counter = number | null | undefined;

/** Growth of a counter; null when either value is missing or it went back (a reset, a wrap, another run of the machine). */
export function growth(before: Counter, after: Counter): number | null {
  if (before == null || after == null || after < before) return null;
  return after - before;
}

/** Growth for each second; null also when no time passed. */
export function rate(before: Counter, after: Counter, seconds: number): number | null {
  const grown = growth(before, after);
  return grown === null || !(seconds > 0) ? null : grown / seconds;
}

/**
 * Percent of the time of `cpus` that a counter of nanoseconds grew by. Never above 100: what goes beyond is jitter of the sample's time,
 * or work for the machine outside its vCPUs (I/O threads), which libvirt counts in `cpu.time`.
 */
export function percentOfCpus(
  before: Counter,
  after: Counter,
  time: { seconds: number; cpus: number },
): number | null {
  const perSecond = rate(before, after, time.seconds);
  if (perSecond === null || !(time.cpus > 0)) return null;
  return Math.min(100, (perSecond / 1e9 / time.cpus) * 100);
}

/** Mean time of a request in milliseconds, from counters of nanoseconds and of requests; null when there were no requests. */
export function meanLatencyMs(nanoseconds: number | null, requests: number | null): number | null {
  return nanoseconds === null || requests === null || requests <= 0 ? null : nanoseconds / requests / 1e6;
}

/** Sum of the figures that are known; null when none is. */
export function sumKnown(figures: Iterable<number | null>): number | null {
  let sum: number | null = null;
  for (const figure of figures) if (figure !== null) sum = (sum ?? 0) + figure;
  return sum;
}
