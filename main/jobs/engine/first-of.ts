/** Resolves when one of the hosts is back; the others are not waited for any longer. */
export async function firstOf(
  hosts: readonly string[],
  wait: (host: string, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  try {
    await Promise.race(hosts.map((host) => wait(host, either)));
  } finally {
    stop.abort();
  }
}
