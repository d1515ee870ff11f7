import type { Duplex } from 'node:stream';
import { LinkError } from './errors.ts';
import { FrameSplitter } from './frame.ts';
import type { Frame } from './frame.ts';

export interface PacketPortHandlers {
  frame(frame: Frame): void;
  /** Called once; nothing comes after it. */
  closed(error: LinkError): void;
}

/** How long what was sent may take to go out after the end on this side. */
const LINGER_MS = 1_000;

/**
 * Packets over a Duplex: cuts what comes in, gathers what goes out in one tick into one write. Whatever ends the
 * Duplex, or throws while a packet is handled, ends the port with a LinkError.
 */
export class PacketPort {
  readonly #duplex: Duplex;
  readonly #handlers: PacketPortHandlers;
  readonly #splitter = new FrameSplitter();
  readonly #waiting: (() => void)[] = [];
  readonly #onData = (chunk: Buffer): void => this.#receive(chunk);
  readonly #onDrain = (): void => this.#wake();
  #corked = false;
  #closed = false;
  #holds = 0;

  constructor(duplex: Duplex, handlers: PacketPortHandlers) {
    this.#duplex = duplex;
    this.#handlers = handlers;
    duplex.on('data', this.#onData);
    duplex.on('drain', this.#onDrain);
    duplex.on('error', (cause: Error) => {
      this.fail(new LinkError('LINK_CLOSED', `the link failed: ${cause.message}`, { cause }));
    });
    // An ssh2 channel ends long before it closes, or the other way round.
    for (const event of ['end', 'close']) {
      duplex.on(event, () =>
        this.fail(new LinkError('LINK_CLOSED', 'the link was closed by the other side')),
      );
    }
    if (duplex.destroyed || duplex.readableEnded) {
      queueMicrotask(() => this.fail(new LinkError('LINK_CLOSED', 'the link was closed by the other side')));
    }
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  /** Whether so much waits to go out that answers which carry nothing of their own are left out. */
  get isFull(): boolean {
    return this.#duplex.writableNeedDrain;
  }

  /** Whether reading is held up on purpose. */
  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /**
   * Sends a packet, which may be in two parts; false asks to wait for `drained` before more is sent. Nothing is copied here: the bytes must
   * not change afterwards.
   */
  send(packet: Uint8Array, body?: Uint8Array): boolean {
    if (this.#closed) return true;
    if (!this.#corked) {
      this.#corked = true;
      this.#duplex.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#duplex.uncork();
      });
    }
    const more = this.#duplex.write(packet);
    return body === undefined || body.length === 0 ? more : this.#duplex.write(body);
  }

  /** Calls back when the Duplex takes more, or will take nothing more. */
  drained(callback: () => void): void {
    if (this.#closed || !this.#duplex.writableNeedDrain) callback();
    else this.#waiting.push(callback);
  }

  /** Stops reading until as many `hold(false)` came as `hold(true)`. */
  hold(on: boolean): void {
    this.#holds += on ? 1 : -1;
    if (this.#closed) return;
    if (this.#holds > 0) this.#duplex.pause();
    else this.#duplex.resume();
  }

  /** Ends the port on this side; what was sent before goes out first if the Duplex takes it soon. */
  end(error: LinkError): void {
    if (this.#closed) return;
    this.#duplex.end();
    const timer = setTimeout(() => this.#duplex.destroy(), LINGER_MS);
    timer.unref();
    this.#duplex.once('close', () => clearTimeout(timer));
    this.#finish(error);
    // What still comes is read and dropped, so that the end of the other side is seen.
    this.#duplex.resume();
  }

  /** Ends the port at once. */
  fail(error: LinkError): void {
    if (this.#closed) return;
    this.#duplex.destroy();
    this.#finish(error);
  }

  #finish(error: LinkError): void {
    this.#closed = true;
    this.#duplex.off('data', this.#onData);
    this.#duplex.off('drain', this.#onDrain);
    this.#wake();
    this.#handlers.closed(error);
  }

  #receive(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk, (frame) => {
        if (!this.#closed) this.#handlers.frame(frame);
      });
    } catch (cause) {
      this.fail(protocolError(cause));
    }
  }

  #wake(): void {
    for (const callback of this.#waiting.splice(0)) callback();
  }
}

function protocolError(cause: unknown): LinkError {
  if (cause instanceof LinkError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new LinkError('PROTOCOL', `the peer broke the protocol: ${message}`, { cause });
}
