import type { ClientContext, ClientLink, ClientOptions } from '@orpc/client';
import { createStore } from '../state/store.ts';
import { BridgeError } from './failure.ts';
import type { Channel } from './transport.ts';
import { openChannel } from './transport.ts';

/** `lost`: was open, tries again by itself. `refused`: no connection ever came about: the page has no session, or the core has ended. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'refused';

/** No call takes longer: the core's own limits are shorter (10 min for a start, minutes for a look at a slow machine). This catches a core that hangs. */
const CALL_LIMIT_MS = 660_000;
const RETRY_MS = [200, 500, 1000, 2000, 4000] as const;

/** The window's connection to the core, observable. */
export const connectionState = createStore<ConnectionState>('connecting');

let channel: Channel | null = null;
let waiters: ((opened: Channel) => void)[] = [];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Keeps one connection open until the page goes. A closed port or socket cannot be used again, so each round builds a new one. */
export async function keepConnected(): Promise<never> {
  for (let failures = 0; ;) {
    try {
      const opened = await openChannel();
      failures = 0;
      channel = opened;
      connectionState.set('open');
      for (const wake of waiters.splice(0)) wake(opened);
      await opened.closed;
      channel = null;
      connectionState.set('lost');
    } catch {
      failures += 1;
      // A browser does not tell a refused WebSocket from one that nobody answers.
      if (failures > 3 && connectionState.get() === 'connecting') connectionState.set('refused');
    }
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 4000);
  }
}

/** The open channel, waiting for it when there is none. Rejects when the signal aborts first. */
export async function whenConnected(signal?: AbortSignal): Promise<Channel> {
  if (channel !== null) return channel;
  return new Promise((resolve, reject) => {
    const wake = (opened: Channel): void => {
      signal?.removeEventListener('abort', abort);
      resolve(opened);
    };
    const abort = (): void => {
      waiters = waiters.filter((waiter) => waiter !== wake);
      reject(new DOMException('aborted', 'AbortError'));
    };
    if (signal?.aborted === true) {
      abort();
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });
    waiters.push(wake);
  });
}

function lost(path: readonly string[]): BridgeError {
  return new BridgeError({
    code: 'LINK_LOST',
    message: `The connection to Virtlane’s core was lost before it answered “${path.join('.')}”.`,
  });
}

function late(path: readonly string[]): BridgeError {
  return new BridgeError({
    code: 'TIMEOUT',
    message: `Virtlane’s core did not answer “${path.join('.')}” within ${CALL_LIMIT_MS / 60_000} minutes.`,
  });
}

/** Calls go over whatever channel is open at that moment; nothing is ever sent twice. */
export const link: ClientLink<ClientContext> = {
  async call(path: readonly string[], input: unknown, options: ClientOptions<ClientContext>) {
    const opened = await whenConnected(options.signal);
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await Promise.race([
        opened.link.call(path, input, options),
        opened.closed.then(() => {
          throw lost(path);
        }),
        new Promise<never>((_resolve, reject) => {
          timer = setTimeout(() => reject(late(path)), CALL_LIMIT_MS);
        }),
      ]);
    } finally {
      clearTimeout(timer);
    }
  },
};
