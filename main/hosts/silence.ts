import { pause, type Clock } from './clock.ts';

/** So long a host may owe an answer and say nothing until a person is told. Keepalive gives it up later. */
const SILENT_AFTER_MS = 8000;
const LOOK_MS = 1000;
/** A look that comes so much too late: the computer slept, and the host had no chance. */
const SLEPT_MS = 3000;

export interface SilenceOptions {
  readonly clock: Clock;
  /** Whether the host owes an answer. */
  readonly isOwed: () => boolean;
  /** When the host last sent anything, in milliseconds since the epoch; null when that is not known. */
  readonly lastHeard: () => number | null;
  /** Called with the time since which the host owes an answer and has been silent, and with null while it is not. */
  readonly told: (since: number | null) => void;
}

/** Watches a connected host for silence, until the signal is aborted. A call that takes long is none while the host says anything else. */
export async function watchSilence(options: SilenceOptions, signal: AbortSignal): Promise<void> {
  const { clock, isOwed, lastHeard, told } = options;
  let since = clock.now();
  let known: number | null = null;
  while (!signal.aborted) {
    const before = clock.now();
    await pause(clock, LOOK_MS, signal);
    if (signal.aborted) return;
    const now = clock.now();
    // A clock that was set back says as little of what passed.
    if (!isOwed() || now < before || now - before > LOOK_MS + SLEPT_MS) since = now;
    const heard = lastHeard();
    // What was heard before the clock was set back lies ahead: only what is new of it counts.
    if (heard === null || heard !== known) since = Math.max(since, Math.min(heard ?? now, now));
    known = heard;
    told(now - since >= SILENT_AFTER_MS ? since : null);
  }
}
