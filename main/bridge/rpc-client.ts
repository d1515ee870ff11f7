import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../contract/contract.ts';
import type { Channel } from './channel.ts';

/** The contract as a typed client: `client.domain.start({ host, uuid })`. */
export type CoreClient = ContractRouterClient<Contract>;

/** No call takes longer: the core's own limits are shorter, so this catches a core that is gone without a word. */
const CALL_LIMIT_MS = 120_000;

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
  const socket = {
    get readyState() {
      return channel.isOpen ? 1 : 3;
    },
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
        const limit = new AbortController();
        const timer = setTimeout(() => limit.abort(), limitMs);
        timer.unref();
        const signal =
          call.signal === undefined ? limit.signal : AbortSignal.any([call.signal, limit.signal]);
        try {
          return await call.next({ ...call, signal });
        } catch (error) {
          // oRPC reports a lost link as an AbortError too: only our own signal tells the two apart.
          if (call.signal?.aborted === true) throw error;
          if (limit.signal.aborted)
            throw new BridgeError(
              'TIMEOUT',
              `No answer to ${call.path.join('.')} within ${limitMs} ms.`,
              error,
            );
          if (!channel.isOpen)
            throw new BridgeError('CLOSED', 'The connection to Virtlane’s core is closed.', error);
          throw error;
        } finally {
          // A subscription goes on after its call was answered: the limit is for the answer alone.
          clearTimeout(timer);
        }
      },
    ],
  });
  return createORPCClient<CoreClient>(link);
}
