import { Duplex } from 'node:stream';
import { decodeBody, encodeBody } from '../xdr/xdr.ts';
import { errorBody, errorFromBody } from './error-body.ts';
import { LinkError } from './errors.ts';
import { messageStatus, messageType, STREAM_CHUNK_BYTES } from './frame.ts';
import type { Frame } from './frame.ts';
import { EMPTY, holeBody, StreamHole } from './stream-body.ts';
import type { RpcStreamOptions, StreamPort, WriteCallback } from './stream-body.ts';

export { StreamHole } from './stream-body.ts';

/** How much may wait for a slow reader before the whole connection stops reading. */
const READ_QUEUE_MAX_BYTES = 8 << 20;
const READ_QUEUE_MAX_ITEMS = 256;

/**
 * One libvirt stream (virStreamPtr) as a Duplex. Its end is a handshake: a download ends, and an upload finishes, only
 * when the host has confirmed that all is well; otherwise it fails with the host's LibvirtError. `destroy` aborts.
 *
 * The protocol has no flow control of its own. Writing waits for the socket. A reader that does not read lets up to
 * 8 MiB wait here; then the connection stops reading, which holds up every call on it: give long streams a connection
 * of their own.
 */
export class RpcStream extends Duplex {
  /** Resolves when the host holds nothing of it any more: it has confirmed the end or the abort, or the link is gone. */
  readonly freed: Promise<void>;
  readonly #port: StreamPort;
  readonly #options: RpcStreamOptions;
  #resolveFreed: () => void = () => undefined;
  #finishSent = false;
  #done = false;
  /** Whoever opened it could not listen yet. */
  #isNew = true;
  /** Its end in failure waits for a listener. */
  #failing = false;
  #finalCallback: WriteCallback | undefined;

  constructor(port: StreamPort, options: RpcStreamOptions) {
    super(duplexOptions(options));
    this.#port = port;
    this.#options = options;
    this.freed = new Promise((resolve) => {
      this.#resolveFreed = resolve;
    });
    // A lost link fails every stream; one that nobody reads any more must not take the process along.
    this.on('error', () => undefined);
    setImmediate(() => {
      this.#isNew = false;
    });
  }

  /** Takes a packet of types STREAM and STREAM_HOLE. */
  receive(frame: Frame): void {
    if (this.#done || this.#failing) return;
    if (frame.type === messageType.STREAM_HOLE) this.#receiveHole(frame);
    else if (frame.status === messageStatus.CONTINUE) this.#receiveData(frame);
    else if (frame.status === messageStatus.OK) this.#receiveFinish();
    else this.#receiveError(frame);
  }

  /** The connection is gone: nothing can be sent. */
  lose(error: LinkError): void {
    this.#settle();
    this.#fail(error);
  }

  override _read(): void {
    this.#port.pressure(false);
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: WriteCallback): void {
    if (chunk instanceof StreamHole) {
      const body = encodeBody(holeBody, { length: chunk.length, flags: 0 });
      this.#afterSend(this.#send(messageType.STREAM_HOLE, messageStatus.CONTINUE, body), callback);
    } else if (chunk instanceof Uint8Array) {
      this.#writeFrom(chunk, callback);
    } else {
      callback(new TypeError('a stream takes bytes'));
    }
  }

  override _final(callback: WriteCallback): void {
    if (this.#done) {
      callback();
      return;
    }
    this.#finalCallback = callback;
    this.#finish();
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    this.#port.pressure(false);
    if (!this.#done) this.#send(messageType.STREAM, messageStatus.ERROR, EMPTY);
    // The confirmation of the abort is still to come; receive() lets it pass and frees the serial.
    this.#finalCallback?.(
      error ?? new LinkError('CANCELLED', `${this.#port.procedure}: the stream was aborted`),
    );
    this.#finalCallback = undefined;
    callback(error);
  }

  #receiveData(frame: Frame): void {
    if (this.destroyed) return;
    if (frame.body.length === 0) {
      this.#finish();
      return;
    }
    if (!this.readable) {
      this.#violated('sends data on a stream that only takes it');
      return;
    }
    this.#pushOn(frame.body);
  }

  #receiveHole(frame: Frame): void {
    if (this.destroyed) return;
    const { length } = decodeBody(holeBody, frame.body);
    if (this.#options.sparse === true && length >= 0n) this.#pushOn(new StreamHole(length));
    else this.#violated('sends a hole that was not asked for');
  }

  #receiveFinish(): void {
    this.#settle();
    if (this.destroyed) return;
    if (this.readable) this.push(null);
    this.#finalCallback?.();
    this.#finalCallback = undefined;
  }

  #receiveError(frame: Frame): void {
    this.#settle();
    if (this.destroyed) return;
    const { procedure } = this.#port;
    if (frame.body.length === 0) {
      this.#fail(new LinkError('CANCELLED', `${procedure}: the peer aborted the stream`, { procedure }));
      return;
    }
    this.#fail(errorFromBody(decodeBody(errorBody, frame.body), procedure));
  }

  /** A failure that comes in one chunk with the answer of the call would be over before the caller has the stream and can listen. */
  #fail(error: Error): void {
    if (!this.#isNew) {
      this.destroy(error);
      return;
    }
    this.#failing = true;
    setImmediate(() => this.destroy(error));
  }

  #pushOn(item: unknown): void {
    try {
      this.push(item);
    } catch (error) {
      // A listener of the data failed: that is the end of this stream, not of the connection.
      this.destroy(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    const max = this.#options.sparse === true ? READ_QUEUE_MAX_ITEMS : READ_QUEUE_MAX_BYTES;
    if (this.readableLength >= max) this.#port.pressure(true);
  }

  #violated(what: string): void {
    const { procedure } = this.#port;
    this.#fail(new LinkError('PROTOCOL', `${procedure}: the peer ${what}`, { procedure }));
  }

  #writeFrom(bytes: Uint8Array, callback: WriteCallback): void {
    const part = bytes.subarray(0, STREAM_CHUNK_BYTES);
    // An empty packet would mean the end.
    const more = part.length === 0 || this.#send(messageType.STREAM, messageStatus.CONTINUE, part);
    const rest = bytes.subarray(part.length);
    if (rest.length === 0 || this.#done) this.#afterSend(more, callback);
    else this.#afterSend(more, () => this.#writeFrom(rest, callback));
  }

  #afterSend(more: boolean, callback: () => void): void {
    if (more) callback();
    else this.#port.drained(callback);
  }

  #send(type: number, status: number, body: Uint8Array): boolean {
    return this.#port.send(type, status, body);
  }

  #finish(): void {
    if (this.#finishSent) return;
    this.#finishSent = true;
    this.#send(messageType.STREAM, messageStatus.OK, EMPTY);
  }

  #settle(): void {
    if (this.#done) return;
    this.#done = true;
    this.#port.pressure(false);
    this.#port.done();
    this.#resolveFreed();
  }
}

/** Node takes `readable` and `writable`; its types of version 20 do not name them in a literal. */
function duplexOptions({ direction, sparse = false }: RpcStreamOptions) {
  return {
    readable: direction !== 'upload',
    writable: direction !== 'download',
    readableObjectMode: sparse,
    writableObjectMode: sparse,
    allowHalfOpen: false,
  };
}
