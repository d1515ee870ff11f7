import { Ending, type Channel } from './channel.ts';

/**
 * A message port: Node's (worker_threads), whose listeners get the message itself, or Electron's MessagePortMain, whose listeners get
 * an event with `data` and `ports`.
 */
export interface MessagePortLike {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  postMessage(message: unknown): void;
  /** Electron's ports hold messages back until they are started. */
  start?(): void;
  close(): void;
}

/**
 * A channel over a message port. Nothing that comes in or goes out can throw through it: a value that cannot be cloned closes the
 * channel. Bytes are posted as copies, never transferred (electron#34905 loses transferred buffers).
 */
export function portChannel(port: MessagePortLike): Channel {
  const ending = new Ending();
  const close = (): void => {
    if (ending.ended) return;
    ending.end();
    port.close();
  };
  port.on('close', () => ending.end());
  return {
    get isOpen() {
      return !ending.ended;
    },
    send(message) {
      if (ending.ended) return;
      try {
        port.postMessage(message);
      } catch {
        close();
      }
    },
    onMessage(listener) {
      port.on('message', (message) => {
        if (!ending.ended) listener(payloadOf(message));
      });
      port.start?.();
    },
    onClose: (listener) => ending.onEnd(listener),
    close,
  };
}

function payloadOf(message: unknown): unknown {
  const isEvent = typeof message === 'object' && message !== null && 'data' in message && 'ports' in message;
  return isEvent ? message.data : message;
}
