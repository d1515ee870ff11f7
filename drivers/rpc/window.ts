import type { Decoder } from '../xdr/xdr.ts';
import type { CallOptions } from './errors.ts';
import { LinkError } from './errors.ts';
import type { NamedProcedure } from './table.ts';

export const CALL_TIMEOUT_MS = 30_000;

/** One less than libvirtd's own limit, which a brief call may reach: see `CallWindow`. */
export const MOST_CALLS = 4;

/** A call on its way: first in the queue, then sent, then answered. */
export interface PendingCall {
  readonly procedure: NamedProcedure;
  readonly serial: number;
  readonly packet: Buffer;
  /** Reads the reply. */
  readonly ret: Decoder<unknown>;
  /** For the stream that the reply opens. */
  readonly sparse: boolean;
  /** Sent when all others are answered. */
  readonly last: boolean;
  /** See CallOptions. */
  readonly brief: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** The caller waits no more; the answer is dropped when it comes. */
  abandoned: boolean;
  /** Clears the timer and the listener of the signal. */
  release: () => void;
}

/**
 * Calls by serial. With as many requests of a connection under way as libvirtd serves at once (`max_client_requests`, five) it reads no more of it, not
 * even its keepalive, and closes the connection when they take longer than that. So the last place is for a brief call alone, and the rest waits here, where
 * it can still be taken back. A call that was sent keeps its
 * place until its answer comes, whoever gave it up: only then has the host a place free.
 */
export class CallWindow {
  readonly #limit: number;
  readonly #send: (packet: Buffer) => void;
  readonly #sent = new Map<number, PendingCall>();
  readonly #queue = new Set<PendingCall>();

  constructor(limit: number, send: (packet: Buffer) => void) {
    this.#limit = limit;
    this.#send = send;
  }

  get inFlight(): number {
    return this.#sent.size;
  }

  get queued(): number {
    return this.#queue.size;
  }

  submit(call: PendingCall, options: CallOptions): void {
    this.#watch(call, options);
    this.#queue.add(call);
    this.#advance();
  }

  /** The call that a reply answers; its place is free. */
  answered(serial: number): PendingCall | undefined {
    const call = this.#sent.get(serial);
    if (!call) return undefined;
    this.#sent.delete(serial);
    call.release();
    this.#advance();
    return call;
  }

  /** The call that waits for an answer with this serial. */
  peek(serial: number): PendingCall | undefined {
    return this.#sent.get(serial);
  }

  /** Fails every waiter, sent or queued. */
  failAll(errorFor: (procedure: string) => LinkError): void {
    const calls = [...this.#sent.values(), ...this.#queue];
    this.#sent.clear();
    this.#queue.clear();
    for (const call of calls) {
      call.release();
      if (!call.abandoned) call.reject(errorFor(call.procedure.name));
    }
  }

  #advance(): void {
    for (const call of this.#queue) {
      if (this.#sent.size >= placesFor(call, this.#limit)) return;
      this.#queue.delete(call);
      this.#sent.set(call.serial, call);
      this.#send(call.packet);
    }
  }

  #watch(call: PendingCall, { signal, timeoutMs = CALL_TIMEOUT_MS }: CallOptions): void {
    const procedure = call.procedure.name;
    const giveUp = (error: LinkError): void => {
      call.release();
      call.abandoned = true;
      this.#queue.delete(call);
      call.reject(error);
    };
    const onAbort = (): void => {
      giveUp(new LinkError('CANCELLED', `${procedure}: cancelled`, { procedure, cause: signal?.reason }));
    };
    const timer =
      timeoutMs > 0
        ? setTimeout(() => {
            giveUp(new LinkError('TIMEOUT', `${procedure}: no answer within ${timeoutMs} ms`, { procedure }));
          }, timeoutMs)
        : undefined;
    signal?.addEventListener('abort', onAbort, { once: true });
    call.release = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  }
}

/** How many may be under way with it, itself among them. */
function placesFor({ last, brief }: PendingCall, limit: number): number {
  if (last) return 1;
  return brief ? limit + 1 : limit;
}
