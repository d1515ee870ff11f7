import { MAX_CHUNK_BYTES, type PipeCloseCode, type PipeControl } from '../../main/contract/pipe.ts';
import { PipeCredit } from './pipe-credit.ts';

/** What carries a pipe: a WebSocket or a MessagePort, made alike (pipe-carriers.ts). */
export interface PipeCarrier {
  sendChunk(chunk: Uint8Array<ArrayBuffer>): void;
  sendControl(control: PipeControl): void;
  close(): void;
}

export interface PipeEnd {
  readonly code: PipeCloseCode;
  /** A sentence for a person; empty when there is nothing to say. */
  readonly reason: string;
}

export interface PipeListener {
  onChunk(chunk: Uint8Array<ArrayBuffer>): void;
  onEnd(end: PipeEnd): void;
}

const CLOSE_CODES: readonly string[] = ['ended', 'taken', 'lost', 'closed', 'failed'];

/** A control message of the other end, checked; null for anything that is none. */
export function readControl(value: unknown): PipeControl | null {
  if (typeof value !== 'object' || value === null) return null;
  const { type, bytes, code, reason } = value as Record<string, unknown>;
  if (type === 'credit' && typeof bytes === 'number') return { type, bytes };
  if (type === 'close' && typeof code === 'string' && CLOSE_CODES.includes(code))
    return { type, code: code as PipeCloseCode, reason: typeof reason === 'string' ? reason : '' };
  return null;
}

/**
 * A console's bytes. What is sent beyond the credit waits here and goes when more is granted; what is received is granted again only
 * when the viewer says it has consumed it, so a slow viewer slows the host and nothing piles up.
 */
export class Pipe {
  readonly #carrier: PipeCarrier;
  readonly #credit = new PipeCredit();
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  /** Chunks that arrived before somebody listened: the server's first 12 bytes come at once. */
  readonly #early: Uint8Array<ArrayBuffer>[] = [];
  readonly #drained: (() => void)[] = [];
  #listener: PipeListener | null = null;
  #end: PipeEnd | null = null;

  constructor(carrier: PipeCarrier) {
    this.#carrier = carrier;
  }

  get ended(): PipeEnd | null {
    return this.#end;
  }

  listen(listener: PipeListener): void {
    this.#listener = listener;
    for (const chunk of this.#early.splice(0)) listener.onChunk(chunk);
    if (this.#end !== null) listener.onEnd(this.#end);
  }

  /** Sends a copy of `bytes`: the caller may reuse its buffer at once. */
  send(bytes: Uint8Array): void {
    if (this.#end !== null) return;
    for (let at = 0; at < bytes.length; at += MAX_CHUNK_BYTES)
      this.#waiting.push(bytes.slice(at, at + MAX_CHUNK_BYTES));
    this.#flush();
  }

  /** Resolves when everything given to `send` is on its way, or the pipe has ended: for a sender that has more than fits in memory. */
  sent(): Promise<void> {
    return this.#waiting.length === 0 ? Promise.resolve() : new Promise((wake) => this.#drained.push(wake));
  }

  /** The viewer has dealt with this many received bytes. */
  consumed(bytes: number): void {
    if (this.#end !== null) return;
    const grant = this.#credit.consumed(bytes);
    if (grant > 0) this.#carrier.sendControl({ type: 'credit', bytes: grant });
  }

  /** Ends the pipe from this side and frees what is behind it. Calling it again does nothing. */
  close(): void {
    this.#closeAs({ code: 'closed', reason: '' });
  }

  /** As `close`, because the viewer can make nothing of what it received. */
  fail(reason: string): void {
    this.#closeAs({ code: 'failed', reason });
  }

  /** For the carrier: bytes came. */
  receive(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.#end !== null) return;
    if (this.#listener === null) this.#early.push(chunk);
    else this.#listener.onChunk(chunk);
  }

  /** For the carrier: a control message came; what is none is ignored. */
  receiveControl(value: unknown): void {
    const control = readControl(value);
    if (control?.type === 'credit') {
      this.#credit.granted(control.bytes);
      this.#flush();
    } else if (control?.type === 'close') this.#finish({ code: control.code, reason: control.reason });
  }

  /** For the carrier: it is gone without a word. */
  carrierLost(): void {
    this.#finish({ code: 'lost', reason: '' });
  }

  #closeAs(end: PipeEnd): void {
    if (this.#end !== null) return;
    this.#carrier.sendControl({ type: 'close', code: 'closed', reason: '' });
    this.#finish(end);
  }

  #flush(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next.length > this.#credit.sendable) return;
      this.#waiting.shift();
      this.#credit.spend(next.length);
      this.#carrier.sendChunk(next);
    }
    this.#wakeSenders();
  }

  #wakeSenders(): void {
    for (const wake of this.#drained.splice(0)) wake();
  }

  #finish(end: PipeEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#waiting.length = 0;
    this.#wakeSenders();
    this.#carrier.close();
    this.#listener?.onEnd(end);
  }
}
