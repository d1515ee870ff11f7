/**
 * So long nothing may go to a target. QEMU tells of a disk in lumps of 16 MiB, which at 1 MiB/s, the slowest, take 16 s. A libvirtd that drives gives
 * the target up after 30 s, and its own abort holds up the guest (break-off.ts).
 */
const STALLED_MS = 20_000;
/** Between two answers of the source: where they are further apart it was not heard itself, and what went meanwhile is not known. */
const HEARD_MS = 10_000;

/** What the source tells of a move, in bytes. */
export interface Flow {
  /** All that has gone to the target so far; it never gets less. */
  readonly sent: number;
  readonly left: number;
}

/** Whether anything still goes to a target, by the source's own answers alone. */
export class Stall {
  #sent = 0;
  /** Since then it is known that nothing went. */
  #since = 0;
  #heard = 0;

  /** Called with each answer of the source. True: nothing has gone for a while, though there is something left to go. */
  at({ sent, left }: Flow, now: number): boolean {
    const isHeard = now - this.#heard <= HEARD_MS;
    // Before the first byte the target makes ready, and after the last the machine may be there already.
    if (!isHeard || sent === 0 || left === 0 || sent !== this.#sent) this.#since = now;
    this.#sent = sent;
    this.#heard = now;
    return now - this.#since >= STALLED_MS;
  }
}
