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
  register: () => Promise<{ callbackId: number }>;
  deregister: (callbackId: number) => Promise<unknown>;
}

export interface RegistrationRequest<K extends EventNames> extends RegistrationCalls {
  hub: EventHub;
  name: K;
  listener: (msg: EventMsg<K>) => void;
  isOpen: () => boolean;
}

/**
 * Listens first and registers then: what the host sends in the packet after its answer comes before the promise
 * continues, and is handed on as soon as the number is known.
 */
export async function registerCallback<K extends EventNames>(
  request: RegistrationRequest<K>,
): Promise<Registration> {
  const { hub, name, listener, register, deregister, isOpen } = request;
  let early: EventMsg<K>[] | null = [];
  let id = -1;
  const subscription = hub.on(name, (msg) => {
    if (early) early.push(msg);
    else if (callbackOf(msg) === id) listener(msg);
  });
  try {
    id = (await register()).callbackId;
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

function callbackOf(msg: unknown): unknown {
  return typeof msg === 'object' && msg !== null && 'callbackId' in msg ? msg.callbackId : undefined;
}
