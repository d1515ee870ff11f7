import type { Context, Router } from '@orpc/server';
import { RPCHandler } from '@orpc/server/ws';
import type { Contract } from '../contract/contract.ts';
import type { PipeRegistry } from '../consoles/pipe-registry.ts';
import { MAX_REQUEST_CHARS, type Channel } from './channel.ts';
import { onlyFailures } from './failed.ts';

/** What the bridge needs of the core. */
export interface ServedCore {
  readonly router: Router<Contract, Record<never, never>>;
  readonly pipes: PipeRegistry;
}

/** Serves the contract on a channel until it closes; then every call and subscription that came through it is aborted. */
export function serveRpc(core: ServedCore, channel: Channel): void {
  const handler = new RPCHandler<Context>(core.router, {
    clientInterceptors: [(call) => onlyFailures(call.next())],
  });
  // oRPC's handler for WebSockets is used for ports too: unlike the one for ports it survives a frame it cannot read.
  const socket = {
    send: (frame: string | Uint8Array) => channel.send(frame),
    addEventListener: (event: string, listener: (event: { data: string }) => void) => {
      if (event === 'close') channel.onClose(() => listener({ data: '' }));
      if (event === 'message')
        channel.onMessage((frame) => {
          if (isRequestFrame(frame)) listener({ data: frame });
        });
    },
  };
  // The handler takes a `ws` socket by type and uses these two methods.
  void handler.upgrade(socket as unknown as Parameters<typeof handler.upgrade>[0]);
}

/** Types of oRPC's frames to a server; a request has none. */
const EVENT = 3;
const ABORT = 4;

/** Whether a message can be read as a request at all; anything else is dropped, as nobody could be told. */
export function isRequestFrame(frame: unknown): frame is string {
  if (typeof frame !== 'string' || frame.length > MAX_REQUEST_CHARS) return false;
  try {
    const message: unknown = JSON.parse(frame);
    if (typeof message !== 'object' || message === null) return false;
    const { i, t, p } = message as Record<string, unknown>;
    if (typeof i !== 'string') return false;
    if (t === ABORT) return true;
    if (typeof p !== 'object' || p === null) return false;
    return t === EVENT || ('u' in p && typeof p.u === 'string' && URL.canParse(p.u, 'http://orpc'));
  } catch {
    return false;
  }
}
