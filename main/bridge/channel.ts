import type { PipeControl, RpcAck } from '../contract/pipe.ts';

/** Text or bytes; a pipe's control message is an object on a port and JSON text on a WebSocket. Acks go over ports alone. */
export type ChannelMessage = string | Uint8Array | PipeControl | RpcAck;

/** A connection that carries whole messages in order: what a WebSocket and a message port have in common. */
export interface Channel {
  readonly isOpen: boolean;
  /** A promise means: wait for it before sending more. Sending on a closed channel does nothing. */
  send(message: ChannelMessage): void | Promise<void>;
  /** Called for every message; whatever is neither text nor bytes is passed on as it came. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also when the channel is closed already. */
  onClose(listener: () => void): void;
  close(): void;
}

/** The largest request that is read from a window, in characters of its frame. */
export const MAX_REQUEST_CHARS = 8 * 1024 * 1024;

/** Remembers whether a thing has ended and tells each listener once, those who come late too. */
export class Ending {
  #ended = false;
  #listeners: (() => void)[] = [];

  get ended(): boolean {
    return this.#ended;
  }

  onEnd(listener: () => void): void {
    if (this.#ended) queueMicrotask(listener);
    else this.#listeners.push(listener);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}
