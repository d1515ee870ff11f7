import { Duplex } from 'node:stream';
import { decodeBody, encodeBody } from '../xdr/xdr.ts';
import { bodyFromError, errorBody } from './error-body.ts';
import { LibvirtError, LinkError } from './errors.ts';
import { messageStatus, messageType, STREAM_CHUNK_BYTES } from './frame.ts';
import type { Frame } from './frame.ts';
import { EMPTY, holeBody, StreamHole } from './stream-body.ts';
import type { RpcStreamOptions, StreamPort, WriteCallback } from './stream-body.ts';

/**
 * The host's end of a stream. What is written goes to the client once the call was answered; `end()` says that no more
 * comes; the client then finishes. Reading ends when the client finishes, and it is told that all is well when the
 * reader has read it all. `destroy(error)` fails the stream at the client with that LibvirtError.
 */
export class ServerStream extends Duplex {
  readonly #port: StreamPort;
  readonly #sparse: boolean;
  #opened: (() => void)[] | null = [];
  #done = false;

  constructor(port: StreamPort, { direction, sparse = false }: RpcStreamOptions) {
    super(serverDuplexOptions({ direction, sparse }));
    this.#port = port;
    this.#sparse = sparse;
  }

  /** The call was answered: data may follow. */
  open(): void {
    const waiting = this.#opened ?? [];
    this.#opened = null;
    for (const callback of waiting) callback();
  }

  /** Takes a packet of types STREAM and STREAM_HOLE. */
  receive(frame: Frame): void {
    if (this.#done) return;
    if (frame.type === messageType.STREAM_HOLE) this.#receiveHole(frame);
    else if (frame.status === messageStatus.CONTINUE) this.#receiveData(frame.body);
    else if (frame.status === messageStatus.OK) this.#clientFinished();
    else this.#clientAborted();
  }

  /** The connection is gone. */
  lose(): void {
    this.#settle();
    this.destroy();
  }

  override _read(): void {
    this.#port.pressure(false);
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.#whenOpen(() => {
      if (chunk instanceof StreamHole) {
        const body = encodeBody(holeBody, { length: chunk.length, flags: 0 });
        this.#afterSend(this.#port.send(messageType.STREAM_HOLE, messageStatus.CONTINUE, body), callback);
      } else if (chunk instanceof Uint8Array) this.#writeFrom(chunk, callback);
      else callback(new TypeError('a stream takes bytes'));
    });
  }

  override _final(callback: WriteCallback): void {
    this.#whenOpen(() => {
      if (!this.#done) this.#port.send(messageType.STREAM, messageStatus.CONTINUE, EMPTY);
      callback();
    });
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    if (error && !this.#done) {
      this.#whenOpen(() => {
        const failure =
          error instanceof LibvirtError
            ? error
            : new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message: error.message });
        const body = encodeBody(errorBody, bodyFromError(failure));
        this.#port.send(messageType.STREAM, messageStatus.ERROR, body);
        this.#settle();
      });
    }
    // The client has been told; the host's own code must not fall over it.
    callback(null);
  }

  #receiveData(body: Uint8Array): void {
    if (body.length > 0) this.#pushOn(body);
  }

  #receiveHole(frame: Frame): void {
    const { length } = decodeBody(holeBody, frame.body);
    if (!this.#sparse || length < 0n)
      throw new LinkError('PROTOCOL', 'a hole in a stream that is not sparse');
    this.#pushOn(new StreamHole(length));
  }

  #pushOn(item: unknown): void {
    if (this.destroyed || !this.readable) return;
    try {
      if (!this.push(item)) this.#port.pressure(true);
    } catch (error) {
      // A listener of the data failed: that is the end of this stream, not of the connection.
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #clientFinished(): void {
    if (!this.readable || this.destroyed) {
      this.#confirm();
      return;
    }
    this.once('end', () => this.#confirm());
    this.push(null);
  }

  #clientAborted(): void {
    this.#confirm();
    this.destroy();
  }

  #confirm(): void {
    if (this.#done) return;
    this.#port.send(messageType.STREAM, messageStatus.OK, EMPTY);
    this.#settle();
    if (!this.writableEnded) this.end();
  }

  #writeFrom(bytes: Uint8Array, callback: WriteCallback): void {
    const part = bytes.subarray(0, STREAM_CHUNK_BYTES);
    // An empty packet would mean the end.
    const quiet = part.length === 0 || this.#done;
    const more = quiet || this.#port.send(messageType.STREAM, messageStatus.CONTINUE, part);
    const rest = bytes.subarray(part.length);
    if (rest.length === 0) this.#afterSend(more, callback);
    else this.#afterSend(more, () => this.#writeFrom(rest, callback));
  }

  #afterSend(more: boolean, callback: () => void): void {
    if (more) callback();
    else this.#port.drained(callback);
  }

  #whenOpen(callback: () => void): void {
    if (this.#opened) this.#opened.push(callback);
    else callback();
  }

  #settle(): void {
    if (this.#done) return;
    this.#done = true;
    this.#port.pressure(false);
    this.#port.done();
  }
}

/** Seen from the client, an upload is what the host reads. */
function serverDuplexOptions({ direction, sparse = false }: RpcStreamOptions) {
  return {
    readable: direction !== 'download',
    writable: direction !== 'upload',
    readableObjectMode: sparse,
    writableObjectMode: sparse,
  };
}
