import type { Socket } from 'node:net';
import { cancelled, type TransportError } from './errors.ts';

/** How a socket is waited for. */
export interface SocketWait {
  /** What is being opened, for messages: `Connecting to host:22`. */
  what: string;
  signal: AbortSignal | undefined;
  /** Milliseconds; 0 for no limit. */
  timeoutMs: number;
  /** The error for a time limit that was reached. */
  timedOut: () => TransportError;
  /** Translates an error of the socket. */
  failed: (error: unknown) => TransportError;
}

/** Waits until a socket is connected. On any failure the socket is destroyed and nothing is left behind. */
export function whenConnected(socket: Socket, wait: SocketWait): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = wait.timeoutMs > 0 ? setTimeout(() => giveUp(wait.timedOut()), wait.timeoutMs) : undefined;
    const done = (): void => {
      clearTimeout(timer);
      wait.signal?.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect);
      socket.off('error', onError);
    };
    const giveUp = (error: TransportError): void => {
      done();
      // A late error of a socket nobody waits for must not end the process.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const onConnect = (): void => {
      done();
      resolve(socket);
    };
    const onError = (error: unknown): void => giveUp(wait.failed(error));
    const onAbort = (): void => giveUp(cancelled(wait.what, wait.signal?.reason));
    socket.on('connect', onConnect);
    socket.on('error', onError);
    wait.signal?.addEventListener('abort', onAbort, { once: true });
    if (wait.signal?.aborted === true) onAbort();
  });
}
