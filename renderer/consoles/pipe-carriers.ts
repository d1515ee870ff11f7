import { PIPE_PATH } from '../../main/contract/pipe.ts';
import { openSocket } from '../api/session.ts';
import { isElectron } from '../api/transport.ts';
import { Pipe } from './pipe.ts';

/** How long a pipe may take to open; the token itself lives 30 s. */
const OPEN_LIMIT_MS = 15_000;

/** A pipe could not be opened. */
export class PipeError extends Error {
  override readonly name = 'PipeError';
}

/**
 * Fetches the bytes of an opened console or a file by their token. `signal` is for the opening alone: an open pipe lives until it is closed.
 * Rejects with PipeError, or with the signal's reason.
 */
export function openPipe(token: string, signal: AbortSignal): Promise<Pipe> {
  return isElectron() ? openPortPipe(token, signal) : openSocketPipe(token, signal);
}

/** Browser mode: one WebSocket for each pipe. Chunks are binary frames, control messages are JSON text. */
function openSocketPipe(token: string, signal: AbortSignal): Promise<Pipe> {
  signal.throwIfAborted();
  const socket = openSocket(`${PIPE_PATH}?token=${encodeURIComponent(token)}`);
  const pipe = new Pipe({
    sendChunk: (chunk) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(chunk);
    },
    sendControl: (control) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(control));
    },
    close: () => socket.close(1000),
  });
  socket.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.data instanceof ArrayBuffer) pipe.receive(new Uint8Array(event.data));
    else if (typeof event.data === 'string') pipe.receiveControl(parseJson(event.data));
  });
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      pipe.carrierLost();
      reject(
        error instanceof Error ? error : new PipeError('The connection for its bytes could not be opened.'),
      );
    };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(OPEN_LIMIT_MS)]);
    const late = (): void => fail(limit.reason);
    limit.addEventListener('abort', late, { once: true });
    socket.addEventListener('open', () => {
      limit.removeEventListener('abort', late);
      resolve(pipe);
    });
    socket.addEventListener('close', () => fail(undefined));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Desktop shell: asks the preload for a MessagePort by `virtlane:pipe` with the token, and takes the port of the answer
 * `virtlane:pipePort` with the same token. Chunks are Uint8Arrays, posted as copies (never transferred: noVNC reuses its buffer and
 * Electron loses transferred ones), control messages are objects.
 */
async function openPortPipe(token: string, signal: AbortSignal): Promise<Pipe> {
  const port = await askForPort(token, AbortSignal.any([signal, AbortSignal.timeout(OPEN_LIMIT_MS)]));
  const pipe = new Pipe({
    sendChunk: (chunk) => port.postMessage(chunk),
    sendControl: (control) => port.postMessage(control),
    close: () => port.close(),
  });
  port.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.data instanceof Uint8Array) pipe.receive(new Uint8Array(event.data));
    else pipe.receiveControl(event.data);
  });
  port.addEventListener('close', () => pipe.carrierLost());
  port.start();
  return pipe;
}

function askForPort(token: string, signal: AbortSignal): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      window.removeEventListener('message', hear);
      signal.removeEventListener('abort', abort);
    };
    const hear = (event: MessageEvent<unknown>): void => {
      const [port] = event.ports;
      if (event.source !== window || port === undefined || !isAnswer(event.data, token)) return;
      settle();
      resolve(port);
    };
    const abort = (): void => {
      settle();
      reject(new PipeError('The connection for its bytes could not be opened.', { cause: signal.reason }));
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort);
    window.addEventListener('message', hear);
    window.postMessage({ type: 'virtlane:pipe', token }, location.origin === 'null' ? '*' : location.origin);
  });
}

function isAnswer(data: unknown, token: string): boolean {
  if (typeof data !== 'object' || data === null || !('type' in data) || !('token' in data)) return false;
  return data.type === 'virtlane:pipePort' && data.token === token;
}
