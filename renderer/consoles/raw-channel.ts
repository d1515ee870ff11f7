import type { Pipe } from './pipe.ts';

type Handler<T> = ((event: T) => void) | null;

/**
 * A pipe dressed as the data channel that noVNC takes in place of a WebSocket. noVNC looks for these very names as own keys, sets the
 * `on…` fields itself, and calls `send` with a view of one buffer that it reuses.
 */
export class RawChannel {
  binaryType = 'arraybuffer';
  protocol = '';
  readyState: 'open' | 'closed' = 'open';
  onopen: Handler<Event> = null;
  onerror: Handler<Event> = null;
  onmessage: Handler<{ data: ArrayBuffer }> = null;
  onclose: Handler<{ code: number; reason: string }> = null;
  send: (bytes: Uint8Array) => void;
  close: () => void;

  constructor(pipe: Pipe) {
    this.send = (bytes) => pipe.send(bytes);
    this.close = () => pipe.close();
    let received = 0;
    // noVNC sets onmessage in the task in which the channel is handed over; bytes that are already here wait for that.
    queueMicrotask(() =>
      pipe.listen({
        onChunk: (chunk) => {
          for (const part of cutAfterVersion(chunk, received)) this.onmessage?.({ data: part });
          received += chunk.length;
          pipe.consumed(chunk.length);
        },
        onEnd: ({ reason }) => {
          this.readyState = 'closed';
          // Not within noVNC's own call of close(): it would start its time limit for the answer after the answer.
          queueMicrotask(() => this.onclose?.({ code: 1000, reason }));
        },
      }),
    );
  }
}

/** `RFB 003.008` and a line feed (RFC 6143, 7.1.1). */
const VERSION_BYTES = 12;

/**
 * noVNC stops reading after the version until something else comes, so security types that came glued to it would wait for ever: the
 * chunk is cut there. `received` is how many bytes came before it.
 */
export function cutAfterVersion(chunk: Uint8Array<ArrayBuffer>, received: number): ArrayBuffer[] {
  const cut = VERSION_BYTES - received;
  const whole = chunk.byteOffset === 0 && chunk.byteLength === chunk.buffer.byteLength;
  if (cut <= 0 || cut >= chunk.length) return [whole ? chunk.buffer : chunk.slice().buffer];
  return [chunk.slice(0, cut).buffer, chunk.slice(cut).buffer];
}
