/** When one sample was asked for and came, by both clocks (clock.ts). */
export interface Trip {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly wallSentAt: number;
  readonly wallReceivedAt: number;
}

export type Verdict =
  /** Nothing to compare with: the sample is the base of the next. */
  | { readonly kind: 'first' }
  /** Rates are over this time; the sample is the next base. */
  | { readonly kind: 'rate'; readonly seconds: number }
  /** The moment of the sample is too uncertain to tell a rate. Leave it out: the next rate is over both intervals. */
  | { readonly kind: 'skip' }
  /** Nothing was asked for a long time, this computer slept or was stopped: as `first`, after a gap. */
  | { readonly kind: 'asleep' }
  /** The answer was away for so long that it tells nothing: as if there were none. */
  | { readonly kind: 'stalled' };

/** Intervals without a sample after which there is a gap. */
export const GAP_INTERVALS = 3;
/** Largest part of a rate that may come from not knowing the moments of its samples. */
const MAX_ERROR = 0.2;
/** Intervals after which a rate is told whatever the jitter, if its link never gets better. */
const MAX_SKIPPED_INTERVALS = 4;
const REMEMBERED_TRIPS = 60;

interface Base {
  readonly middle: number;
  /** How long its trip took. What of it was jitter may show only later. */
  readonly took: number;
}

/**
 * Decides of each sample whether a rate can be told from it. libvirt gives no time with its figures: the host took them at some
 * moment between request and reply. The middle is taken for it. What a trip needs beyond the fastest of the last minute is jitter,
 * and half of it is how wrong the middle can be.
 */
export class SampleClock {
  #base: Base | null = null;
  /** No rate was told over the base yet. */
  #unused = true;
  #last: Trip | null = null;
  #lastIntervalMs = 0;
  #trips: number[] = [];

  /** Another connection: the next sample is compared with nothing, and its way may be a longer one. */
  reset(): void {
    this.#base = null;
    this.#last = null;
    this.#trips = [];
  }

  judge(trip: Trip, intervalMs: number): Verdict {
    const span = Math.max(intervalMs, this.#lastIntervalMs);
    const last = this.#last;
    this.#last = trip;
    this.#lastIntervalMs = intervalMs;
    const next = { middle: (trip.sentAt + trip.receivedAt) / 2, took: this.#remember(trip) };
    if (this.#jitter(next) > GAP_INTERVALS * span) {
      this.#base = null;
      return { kind: 'stalled' };
    }
    if (last !== null && idleTime(last, trip) > GAP_INTERVALS * span) {
      return this.#begin(next, 'asleep');
    }
    return this.#compare(next, span);
  }

  #begin(base: Base, kind: 'first' | 'asleep'): Verdict {
    this.#base = base;
    this.#unused = true;
    return { kind };
  }

  #compare(next: Base, span: number): Verdict {
    const base = this.#base;
    if (base === null) return this.#begin(next, 'first');
    const elapsed = next.middle - base.middle;
    const error = (this.#jitter(next) + this.#jitter(base)) / 2;
    if (elapsed <= 0) return { kind: 'skip' };
    const poor = error > MAX_ERROR * elapsed && elapsed < MAX_SKIPPED_INTERVALS * span;
    // No rate hangs on the base yet: a better one takes its place.
    if (poor && this.#unused && this.#jitter(next) < this.#jitter(base)) return this.#begin(next, 'first');
    if (poor) return { kind: 'skip' };
    this.#unused = false;
    this.#base = next;
    return { kind: 'rate', seconds: elapsed / 1000 };
  }

  #remember(trip: Trip): number {
    // The wall clock sees a computer that slept between request and reply; the other may have stood still.
    const took = Math.max(trip.receivedAt - trip.sentAt, trip.wallReceivedAt - trip.wallSentAt);
    this.#trips.push(took);
    if (this.#trips.length > REMEMBERED_TRIPS) this.#trips.shift();
    return took;
  }

  #jitter({ took }: Base): number {
    return Math.max(0, took - Math.min(...this.#trips));
  }
}

function idleTime(last: Trip, trip: Trip): number {
  return Math.max(trip.sentAt - last.receivedAt, trip.wallSentAt - last.wallReceivedAt);
}
