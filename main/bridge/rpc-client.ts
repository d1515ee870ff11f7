import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../contract/contract.ts';
import type { Channel } from './channel.ts';

/** The contract as a typed client: `client.domain.start({ host, uuid })`. */
export type CoreClient = ContractRouterClient<Contract>;

/** No call takes longer: the core's own limits are shorter (10 min for a start), so this catches a core that is gone without a word. */
const CALL_LIMIT_MS = 660_000;

/** The call did not come through; whether the core did it is not known. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';
  readonly code: 'CLOSED' | 'TIMEOUT';
  constructor(code: 'CLOSED' | 'TIMEOUT', message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * A typed client over a channel. Fails with ORPCError FAILED and a Failure, with BridgeError when the channel closes or nothing
 * answers, or with the reason of the caller's own signal.
 */
export function rpcClient(channel: Channel, limitMs: number = CALL_LIMIT_MS): CoreClient {
  /** Ends the calls that wait for their answer; oRPC lets those hang that begin while the channel closes. */
  const waiting = new Set<() => void>();
  channel.onClose(() => {
    for (const giveUp of waiting) giveUp();
  });
  const socket = {
    // Always open for oRPC: on a closed socket it throws where nobody can catch it (a subscription that is aborted). The calls'
    // interceptor looks at the channel itself, and sending on a closed channel does nothing.
    readyState: 1,
    send: (frame: string | Uint8Array) => channel.send(frame),
    addEventListener: (event: string, listener: (event: { data: unknown }) => void) => {
      if (event === 'close') channel.onClose(() => listener({ data: '' }));
      if (event === 'message')
        channel.onMessage((frame) => {
          if (typeof frame === 'string') listener({ data: frame });
        });
    },
    removeEventListener: () => undefined,
  };
  const link = new RPCLink({
    // The link takes a browser's WebSocket by type and uses these four members.
    websocket: socket as unknown as ConstructorParameters<typeof RPCLink>[0]['websocket'],
    interceptors: [
      async (call) => {
        if (!channel.isOpen) throw closed();
        const limit = new AbortController();
        const giveUp = (): void => limit.abort();
        const timer = setTimeout(giveUp, limitMs);
        timer.unref();
        waiting.add(giveUp);
        const signal =
          call.signal === undefined ? limit.signal : AbortSignal.any([call.signal, limit.signal]);
        try {
          return await call.next({ ...call, signal });
        } catch (error) {
          // oRPC reports a lost link as an AbortError too: only our own signal tells the two apart.
          if (call.signal?.aborted === true) throw error;
          if (!channel.isOpen) throw closed(error);
          if (!limit.signal.aborted) throw error;
          throw new BridgeError(
            'TIMEOUT',
            `No answer to ${call.path.join('.')} within ${limitMs} ms.`,
            error,
          );
        } finally {
          // A subscription goes on after its call was answered: the limit is for the answer alone.
          clearTimeout(timer);
          waiting.delete(giveUp);
        }
      },
    ],
  });
  return createORPCClient<CoreClient>(link);
}

function closed(cause?: unknown): BridgeError {
  return new BridgeError('CLOSED', 'The connection to Virtlane’s core is closed.', cause);
}
