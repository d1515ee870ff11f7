import type { DomainState } from '../contract/domain.ts';

/** What a lifecycle event says about the machine, without asking the host again. */
export type LifecycleEffect =
  /**
   * The machine is in this state now; `keepsReason`: one that is in it already is in it for the reason that it was; `asksReason`: the host has another
   * reason than the event.
   */
  | { kind: 'state'; state: DomainState; reason: string; keepsReason?: true; asksReason?: true }
  /** Its definition changed: read this one machine again. */
  | { kind: 'reread' }
  /** Its definition is gone: a machine that runs lives on as a transient one. */
  | { kind: 'undefined' }
  /** Nothing that the list shows. */
  | { kind: 'none' };

export interface LifecycleEvent {
  /** `started`, `stopped`… */
  event: string;
  /** `booted`, `destroyed`… */
  detail: string;
  effect: LifecycleEffect;
  severity: 'info' | 'warning' | 'error';
}

type Row = readonly [event: string, details: readonly (readonly [detail: string, effect: LifecycleEffect])[]];

const REREAD: LifecycleEffect = { kind: 'reread' };
const NONE: LifecycleEffect = { kind: 'none' };
const state = (name: DomainState, reason: string) =>
  ({ kind: 'state', state: name, reason }) satisfies LifecycleEffect;

/**
 * virDomainEventType and its details, both in libvirt's order (libvirt-domain.h). A machine that is started paused sends started
 * and then suspended, so each row alone is the truth of its moment.
 */
const EVENTS: readonly Row[] = [
  [
    'defined',
    [
      ['added', REREAD],
      ['updated', REREAD],
      ['renamed', REREAD],
      ['from_snapshot', REREAD],
    ],
  ],
  [
    'undefined',
    [
      ['removed', { kind: 'undefined' }],
      // A rename is told as undefined and defined; the machine with its uuid is still there.
      ['renamed', REREAD],
    ],
  ],
  [
    'started',
    [
      ['booted', state('running', 'booted')],
      // Sent when its process is made, which then waits for what comes; that it runs is told as resumed.
      ['migrated', REREAD],
      ['restored', state('running', 'restored')],
      ['from_snapshot', state('running', 'from_snapshot')],
      ['wakeup', state('running', 'wakeup')],
    ],
  ],
  [
    'suspended',
    [
      ['paused', state('paused', 'user')],
      ['migrated', state('paused', 'migration')],
      ['ioerror', state('paused', 'ioerror')],
      ['watchdog', state('paused', 'watchdog')],
      // The host goes on to say `migration`, as its memory came like that.
      ['restored', { ...state('paused', 'unknown'), asksReason: true }],
      ['from_snapshot', state('paused', 'from_snapshot')],
      ['api_error', state('paused', 'api_error')],
      ['postcopy', state('paused', 'postcopy')],
      ['postcopy_failed', state('paused', 'postcopy_failed')],
    ],
  ],
  [
    'resumed',
    [
      ['unpaused', state('running', 'unpaused')],
      // Also of one that stays where it is, as its move was given up.
      ['migrated', REREAD],
      // QEMU's driver sends it after started/restored too, and the host goes on to say `restored`.
      ['from_snapshot', { ...state('running', 'from_snapshot'), keepsReason: true }],
      ['postcopy', state('running', 'postcopy')],
      ['postcopy_failed', state('running', 'postcopy_failed')],
    ],
  ],
  [
    'stopped',
    [
      ['shutdown', state('shutoff', 'shutdown')],
      ['destroyed', state('shutoff', 'destroyed')],
      ['crashed', state('shutoff', 'crashed')],
      ['migrated', state('shutoff', 'migrated')],
      ['saved', state('shutoff', 'saved')],
      ['failed', state('shutoff', 'failed')],
      ['from_snapshot', state('shutoff', 'from_snapshot')],
    ],
  ],
  [
    'shutdown',
    [
      // The guest has shut down; its process ends next (stopped), or libvirt resets it (resumed).
      ['finished', state('shutdown', 'unknown')],
      ['guest', state('shutdown', 'unknown')],
      ['host', state('shutdown', 'user')],
    ],
  ],
  [
    'pmsuspended',
    [
      ['memory', state('pmsuspended', 'unknown')],
      ['disk', state('pmsuspended', 'unknown')],
    ],
  ],
  [
    'crashed',
    [
      ['panicked', state('crashed', 'panicked')],
      // The guest's own crash kernel took over: it still runs.
      ['crashloaded', NONE],
    ],
  ],
];

const ERRORS = new Set([
  'suspended/ioerror',
  'suspended/api_error',
  'stopped/crashed',
  'stopped/failed',
  'crashed/panicked',
  'crashed/crashloaded',
]);
const WARNINGS = new Set(['suspended/watchdog', 'suspended/postcopy_failed', 'resumed/postcopy_failed']);

/** Reads the numbers of VIR_DOMAIN_EVENT_ID_LIFECYCLE. Events of a newer libvirt make us read the machine again. */
export function readLifecycle(event: number, detail: number): LifecycleEvent {
  const row = EVENTS[event];
  if (row === undefined)
    return { event: `event ${event}`, detail: `${detail}`, effect: REREAD, severity: 'info' };
  const [name, details] = row;
  const entry = details[detail];
  if (entry === undefined) return { event: name, detail: `${detail}`, effect: REREAD, severity: 'info' };
  const key = `${name}/${entry[0]}`;
  return {
    event: name,
    detail: entry[0],
    effect: entry[1],
    severity: ERRORS.has(key) ? 'error' : WARNINGS.has(key) ? 'warning' : 'info',
  };
}
