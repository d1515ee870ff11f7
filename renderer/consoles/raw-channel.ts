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
    // noVNC sets onmessage in the task in which the channel is handed over; bytes that are already here wait for that.
    queueMicrotask(() =>
      pipe.listen({
        onChunk: (chunk) => {
          try {
            this.onmessage?.({ data: bufferOf(chunk) });
            pipe.consumed(chunk.length);
          } catch (error) {
            // noVNC throws where a server's word would cost it too much memory, and would never speak of it again.
            pipe.fail(error instanceof Error ? error.message : String(error));
          }
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

function bufferOf(chunk: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const whole = chunk.byteOffset === 0 && chunk.byteLength === chunk.buffer.byteLength;
  return whole ? chunk.buffer : chunk.slice().buffer;
}
