import type { DomainState } from '../contract/domain.ts';
import type { EventLine } from './host-events.ts';

/** What is told again within this is one thing that happened: QEMU tells a reboot up to four times. */
const SAME_MS = 2000;

/** Leaves out of the drawer what tells nothing new. The inventory's own records follow every event. */
export class EventNews {
  readonly #last = new Map<string, { readonly line: EventLine; readonly time: number }>();

  /** Whether a line is worth telling; `now` in milliseconds. Each line of a machine has to be shown to it, in order. */
  isNews(uuid: string, line: EventLine, now: number): boolean {
    // The process was told to end (destroy): libvirt says `stopped` next, and by what.
    if (line.event === 'shutdown' && line.detail === 'host') return false;
    const last = this.#last.get(uuid);
    if (last !== undefined && now - last.time < SAME_MS && isSame(last.line, line)) return false;
    this.#last.set(uuid, { line, time: now });
    return true;
  }

  /** Forgets a machine that is gone. */
  forget(uuid: string): void {
    this.#last.delete(uuid);
  }
}

function isSame(a: EventLine, b: EventLine): boolean {
  return a.kind === b.kind && a.event === b.event && a.detail === b.detail;
}

/**
 * QEMU's driver makes a machine stopped and lets its CPUs go at once: each start and each restoring is told as `resumed` too, before or
 * after it. `state`: the machine's before the event, undefined where it is not known.
 */
export function isPartOfStart(event: string, state: DomainState | undefined): boolean {
  return event === 'resumed' && (state === undefined || AT_START.has(state));
}

const AT_START: ReadonlySet<DomainState> = new Set(['shutoff', 'nostate', 'running']);
