import { createRouterClient } from '@orpc/server';
import type { CoreConnection } from '../bridge/connection.ts';
import { onlyFailures } from '../bridge/failed.ts';
import type { ServedCore } from '../bridge/rpc-server.ts';

/**
 * A connection to a core in this process whose calls go straight to the handlers: with the contract's checks, as over the bridge, and
 * without its frames, which cost a command that makes few calls more time than the calls. Consoles go over the bridge's pipes;
 * the bytes of files, of which there are many, are taken from the core as they are.
 */
export function connectDirectly(core: ServedCore): CoreConnection {
  const over = new AbortController();
  const client = createRouterClient(core.router, {
    interceptors: [
      (call) => {
        const { signal = over.signal } = call;
        return onlyFailures(call.next({ ...call, signal: AbortSignal.any([signal, over.signal]) }));
      },
    ],
  });
  return {
    client,
    openPipe: async (token) => {
      const { openPipeInMemory } = await import('../bridge/connection.ts');
      return openPipeInMemory(core, token);
    },
    openFilePipe: (token) => {
      const duplex = core.pipes.take(token);
      return duplex === null
        ? Promise.reject(new Error('The pipe of this file is not on offer any more.'))
        : Promise.resolve(duplex);
    },
    closed: new Promise((resolve) => over.signal.addEventListener('abort', () => resolve(), { once: true })),
    close: () => over.abort(),
  };
}
