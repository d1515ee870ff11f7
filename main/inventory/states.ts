import { DOMAIN_STATES, type DomainState } from '../contract/domain.ts';

/** Reasons within each state in libvirt's order: the index is the number on the wire (libvirt-domain.h, virDomain*Reason). */
const REASONS: Record<DomainState, readonly string[]> = {
  nostate: ['unknown'],
  running: [
    'unknown',
    'booted',
    'migrated',
    'restored',
    'from_snapshot',
    'unpaused',
    'migration_canceled',
    'save_canceled',
    'wakeup',
    'crashed',
    'postcopy',
    'postcopy_failed',
  ],
  blocked: ['unknown'],
  paused: [
    'unknown',
    'user',
    'migration',
    'save',
    'dump',
    'ioerror',
    'watchdog',
    'from_snapshot',
    'shutting_down',
    'snapshot',
    'crashed',
    'starting_up',
    'postcopy',
    'postcopy_failed',
    'api_error',
  ],
  shutdown: ['unknown', 'user'],
  shutoff: [
    'unknown',
    'shutdown',
    'destroyed',
    'crashed',
    'migrated',
    'saved',
    'failed',
    'from_snapshot',
    'daemon',
  ],
  crashed: ['unknown', 'panicked'],
  pmsuspended: ['unknown'],
};

/** State and reason from the numbers of the wire; numbers of a newer libvirt give `nostate` and `unknown`. */
export function stateFromWire(state: number, reason: number): { state: DomainState; reason: string } {
  const name = DOMAIN_STATES[state] ?? 'nostate';
  return { state: name, reason: REASONS[name][reason] ?? 'unknown' };
}

/** Whether a machine in this state has a process on the host. */
export function isActive(state: DomainState): boolean {
  return state !== 'shutoff' && state !== 'nostate';
}

/** Whether a migration has left it like that: it may run on another host, or some of its memory may be there. */
export function isLeftBehind({
  state,
  reason,
}: {
  readonly state: DomainState;
  readonly reason: string;
}): boolean {
  const isSplit = reason === 'postcopy' || reason === 'postcopy_failed';
  return isSplit || (state === 'paused' && reason === 'migration');
}
