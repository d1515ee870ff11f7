import { finished, type Duplex } from 'node:stream';
import {
  CREDIT_STEP_BYTES,
  INITIAL_CREDIT_BYTES,
  MAX_CHUNK_BYTES,
  type PipeCloseCode,
} from '../contract/pipe.ts';
import type { Channel } from './channel.ts';
import { MAX_CREDIT_BYTES, readControl } from './pipe-messages.ts';

/** Why a pipe ended, for the viewer: a code and a sentence. */
export interface PipeEnd {
  readonly code: PipeCloseCode;
  readonly reason: string;
}

export interface PipeOptions {
  /** Names the end for an error of the duplex; by default `lost` with no more words. */
  readonly describe?: (error: Error) => PipeEnd;
  /**
   * How long bytes that came before the other end closed may still be on their way to a duplex that is slow to take them. By default a
   * second: a host must not be held. Infinity: until its reader has them all, or destroys it.
   */
  readonly flushLimitMs?: number;
}

const FLUSH_LIMIT_MS = 1000;
const ENDED: PipeEnd = { code: 'ended', reason: 'The other end closed the connection.' };
const LOST: PipeEnd = { code: 'lost', reason: 'The connection to the host was lost.' };
const CLOSED: PipeEnd = { code: 'closed', reason: 'The viewer was closed.' };
const OVERRUN: PipeEnd = { code: 'failed', reason: 'The other end sent more than it was granted.' };
const GARBAGE: PipeEnd = {
  code: 'failed',
  reason: 'The other end sent something that is not part of a pipe.',
};

/**
 * Carries a duplex over a channel by the rules of contract/pipe.ts, which are the same for both ends. Without credit nothing is read
 * from the duplex, so that its own back pressure reaches the host; bytes of the viewer are granted again as the duplex took them.
 * Whichever side ends frees the other at once. Resolves, never rejects, when both are closed.
 */
export function runPipe(duplex: Duplex, channel: Channel, options: PipeOptions = {}): Promise<PipeEnd> {
  return new Promise((resolve) => {
    new Pipe(duplex, channel, options, resolve).start();
  });
}

class Pipe {
  readonly #duplex: Duplex;
  readonly #channel: Channel;
  readonly #options: PipeOptions;
  readonly #done: (end: PipeEnd) => void;
  #closed = false;
  /** Bytes that may still be sent. */
  #credit = INITIAL_CREDIT_BYTES;
  /** Read from the duplex and not sent for want of credit. */
  #rest: Buffer | null = null;
  /** Bytes that the other end may still send. */
  #granted = INITIAL_CREDIT_BYTES;
  /** Bytes that the duplex took since the last grant. */
  #consumed = 0;
  /** The end of the duplex, while bytes that came before it wait for credit. */
  #ending: PipeEnd | null = null;

  constructor(duplex: Duplex, channel: Channel, options: PipeOptions, done: (end: PipeEnd) => void) {
    this.#duplex = duplex;
    this.#channel = channel;
    this.#options = options;
    this.#done = done;
  }

  start(): void {
    const { errored, destroyed } = this.#duplex;
    this.#duplex.on('error', (error) => this.#close(this.#describe(error)));
    this.#channel.onClose(() => this.#close(CLOSED));
    this.#channel.onMessage((message) => this.#receive(message));
    if (errored !== null) return this.#close(this.#describe(errored));
    if (destroyed) return this.#close(LOST);
    // An SSH channel that the host closed says 'end' and not 'close' (it stays half open), a broken one 'close' without 'end'.
    finished(this.#duplex, { writable: false }, (error) =>
      error === undefined || error === null ? this.#endAfterRest(ENDED) : this.#close(this.#describe(error)),
    );
    this.#duplex.on('readable', () => this.#pump());
    this.#pump();
    return undefined;
  }

  #pump(): void {
    while (!this.#closed && this.#credit > 0) {
      this.#rest ??= this.#duplex.read() as Buffer | null;
      if (this.#rest === null) break;
      const size = Math.min(this.#rest.length, this.#credit, MAX_CHUNK_BYTES);
      // A copy, as the buffer may be a piece of a pool that a port would clone whole.
      void this.#channel.send(new Uint8Array(this.#rest.subarray(0, size)));
      this.#credit -= size;
      this.#rest = size === this.#rest.length ? null : this.#rest.subarray(size);
    }
    if (this.#ending !== null && this.#rest === null) this.#close(this.#ending);
  }

  #endAfterRest(end: PipeEnd): void {
    this.#ending = end;
    this.#pump();
  }

  #receive(message: unknown): void {
    if (this.#closed) return;
    if (message instanceof Uint8Array) return this.#write(message);
    if (message instanceof ArrayBuffer) return this.#write(new Uint8Array(message));
    const control = readControl(message);
    if (control === null) return this.#close(GARBAGE);
    if (control.type === 'close') return this.#finish(control, true);
    this.#credit = Math.min(this.#credit + control.bytes, MAX_CREDIT_BYTES);
    return this.#pump();
  }

  #write(bytes: Uint8Array): void {
    this.#granted -= bytes.length;
    if (this.#granted < 0) return this.#close(OVERRUN);
    if (this.#duplex.writable) this.#duplex.write(bytes, () => this.#grant(bytes.length));
    return undefined;
  }

  #grant(bytes: number): void {
    this.#consumed += bytes;
    if (this.#closed || this.#consumed < CREDIT_STEP_BYTES) return;
    this.#granted += this.#consumed;
    void this.#channel.send({ type: 'credit', bytes: this.#consumed });
    this.#consumed = 0;
  }

  #describe(error: Error): PipeEnd {
    return this.#options.describe?.(error) ?? LOST;
  }

  /** Ends from this side: the other is told why. */
  #close(end: PipeEnd): void {
    if (this.#closed) return;
    void this.#channel.send({ type: 'close', code: end.code, reason: end.reason.slice(0, 1000) });
    this.#finish(end);
  }

  #finish(end: PipeEnd, byOther = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.close();
    if (byOther && this.#duplex.writableLength > 0) this.#flush();
    else this.#duplex.destroy();
    this.#done({ code: end.code, reason: end.reason });
  }

  /** The other end closed after its last bytes: they still go to the host, if it takes them soon. */
  #flush(): void {
    const { flushLimitMs = FLUSH_LIMIT_MS } = this.#options;
    const timer = Number.isFinite(flushLimitMs)
      ? setTimeout(() => this.#duplex.destroy(), flushLimitMs)
      : undefined;
    this.#duplex.end(() => {
      clearTimeout(timer);
      this.#duplex.destroy();
    });
  }
}
