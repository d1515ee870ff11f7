import { CREDIT_STEP_BYTES, INITIAL_CREDIT_BYTES } from '../../main/contract/pipe.ts';

/** Both accounts of a pipe's end: what it may still send, and what it has read but not granted again (contract/pipe.ts). */
export class PipeCredit {
  #maySend = INITIAL_CREDIT_BYTES;
  #owed = 0;

  /** Bytes that may be sent now. */
  get sendable(): number {
    return this.#maySend;
  }

  /** Books bytes as sent; the caller sends no more than `sendable`. */
  spend(bytes: number): void {
    this.#maySend -= bytes;
  }

  /** The other end granted more. Anything but a positive whole number is ignored: it comes from outside. */
  granted(bytes: number): void {
    if (Number.isSafeInteger(bytes) && bytes > 0)
      this.#maySend = Math.min(this.#maySend + bytes, Number.MAX_SAFE_INTEGER);
  }

  /** Books bytes as consumed here. Returns what to grant the other end now, or 0 while it is not worth a message. */
  consumed(bytes: number): number {
    this.#owed += bytes;
    if (this.#owed < CREDIT_STEP_BYTES) return 0;
    const grant = this.#owed;
    this.#owed = 0;
    return grant;
  }
}
