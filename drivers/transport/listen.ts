import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { endpoint, errorText, TransportError } from './errors.ts';

/** A port of a host's loopback that this program answers on. */
export interface TcpListener {
  readonly port: number;
  /** Nothing new is answered; what is open stays open. */
  close(): Promise<void>;
}

/** Takes a connection that came; the stream is the taker's. It must not throw. */
export type OnConnection = (stream: Duplex) => void;

const LOOPBACK = '127.0.0.1';

/** Listens on a free port of this computer's own loopback. @throws TransportError BAD_CONFIG when it has none */
export function listenHere(onConnection: OnConnection): Promise<TcpListener> {
  const server = createServer((socket: Socket) => onConnection(socket));
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const what = `Listening on ${endpoint(LOOPBACK, 0)}`;
      const detail = { detail: errorText(cause), cause };
      reject(new TransportError('BAD_CONFIG', `${what} does not work on this computer`, detail));
    });
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const close = (): Promise<void> =>
        new Promise((closed) => {
          server.close();
          closed();
        });
      resolve({ port, close });
    });
  });
}
