import { WebSocket, type RawData } from 'ws';
import { Ending, type Channel } from './channel.ts';

/** More than this waiting to be sent: `send` answers with a promise, and a sender that can wait does. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** More than this waiting: the other side does not read any more. */
const STUCK_BYTES = 64 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;

/** A channel over one end of a WebSocket. Text frames are strings, binary frames Uint8Arrays. */
export function webSocketChannel(socket: WebSocket): Channel {
  const ending = new Ending();
  // What comes before anybody listens waits: the first bytes of a console follow the handshake at once.
  let early: (string | Uint8Array)[] = [];
  let deliver = (message: string | Uint8Array): void => void early.push(message);
  socket.on('message', (data, isBinary) => deliver(isBinary ? bytesOf(data) : bytesOf(data).toString()));
  socket.on('close', () => ending.end());
  // 'close' follows; without a listener an error would end the process.
  socket.on('error', () => socket.terminate());
  return {
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    send(message) {
      if (socket.readyState !== WebSocket.OPEN) return undefined;
      if (socket.bufferedAmount > STUCK_BYTES) {
        socket.terminate();
        return undefined;
      }
      const frame =
        typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message);
      if (socket.bufferedAmount < HIGH_WATER_BYTES) {
        socket.send(frame);
        return undefined;
      }
      // The callback's error is the close that the channel reports anyway.
      return new Promise((resolve) => socket.send(frame, () => resolve()));
    },
    onMessage(listener) {
      for (const message of early) listener(message);
      early = [];
      deliver = listener;
    },
    onClose: (listener) => ending.onEnd(listener),
    close: () => socket.close(),
  };
}

/** Ends the socket when a ping is not answered before the next one: a browser that was suspended or a laptop that slept. */
export function keepAlive(socket: WebSocket, intervalMs: number = HEARTBEAT_MS): void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, intervalMs);
  timer.unref();
  socket.on('close', () => clearInterval(timer));
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
