import { whenConnected } from './connection.ts';

const RETRY_MS = 1000;

/**
 * Follows a stream of the contract for as long as `signal` lives: opened again after a lost connection or an error of its own.
 * `open` is called for each round, so that it can ask from where it stands.
 */
export async function follow<T>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  take: (message: T) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { closed } = await whenConnected(signal);
      // An iterator over a closed port never ends by itself, so the round is bound to its channel.
      const round = new AbortController();
      const stop = (): void => round.abort();
      signal.addEventListener('abort', stop, { once: true });
      void closed.then(stop);
      try {
        for await (const message of await open(round.signal)) {
          if (signal.aborted) return;
          take(message);
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
    } catch {
      // The reason is the connection's own state, or the core's log: here there is only one thing to do.
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
