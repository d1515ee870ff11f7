import { LinkError, type CallOptions } from '../rpc/errors.ts';
import { CALL_TIMEOUT_MS } from '../rpc/window.ts';
import type { EventMsg, EventNames } from './api.ts';
import { EventHub } from './events.ts';

/** An event registered with the host under a number of this connection. */
export interface Registration {
  callbackId: number;
  /** Stops listening at once and tells the host; a link that is gone needs no telling. */
  dispose(): Promise<void>;
}

/** The two calls of an event's kind. */
export interface RegistrationCalls {
  register: (options: CallOptions) => Promise<{ callbackId: number }>;
  deregister: (callbackId: number) => Promise<unknown>;
}

export interface RegistrationRequest<K extends EventNames> extends RegistrationCalls {
  hub: EventHub;
  name: K;
  listener: (msg: EventMsg<K>) => void;
  isOpen: () => boolean;
  /** How long the host's answer is waited for. */
  timeoutMs?: number;
}

/**
 * Listens first and registers then: what the host sends in the packet after its answer comes before the promise
 * continues, and is handed on as soon as the number is known.
 */
export async function registerCallback<K extends EventNames>(
  request: RegistrationRequest<K>,
): Promise<Registration> {
  const { hub, name, listener, deregister, isOpen } = request;
  let early: EventMsg<K>[] | null = [];
  let id = -1;
  const subscription = hub.on(name, (msg) => {
    if (early) early.push(msg);
    else if (callbackOf(msg) === id) listener(msg);
  });
  try {
    id = await registered(request);
  } catch (error) {
    subscription.dispose();
    throw error;
  }
  const missed: EventMsg<K>[] = early;
  early = null;
  for (const msg of missed) if (callbackOf(msg) === id) EventHub.deliver(name, msg, listener);
  let disposed = false;
  return {
    callbackId: id,
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      subscription.dispose();
      if (isOpen()) await deregister(id);
    },
  };
}

/**
 * The number that the host gives. A registration whose answer comes too late is taken back: else the host would send its events for as
 * long as the link lives, with nobody who knows the number.
 */
async function registered<K extends EventNames>(request: RegistrationRequest<K>): Promise<number> {
  const { name, register, deregister, isOpen, timeoutMs = CALL_TIMEOUT_MS } = request;
  // The call itself is not given up, or its answer would be dropped.
  const answer = register({ timeoutMs: 0 });
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), timeoutMs);
  });
  const first = await Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
  if (first !== null) return first.callbackId;
  answer
    .then(async ({ callbackId }) => {
      if (isOpen()) await deregister(callbackId);
    })
    .catch(() => undefined);
  throw new LinkError('TIMEOUT', `registering for ${name}: no answer within ${timeoutMs} ms`);
}

function callbackOf(msg: unknown): unknown {
  return typeof msg === 'object' && msg !== null && 'callbackId' in msg ? msg.callbackId : undefined;
}
