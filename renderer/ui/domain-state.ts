import type { Domain } from '../../main/contract/domain.ts';
import type { Host } from '../../main/contract/host.ts';

/** How a state is drawn. Each tone has its own shape, so that colour is never the only sign. */
export type Tone = 'ok' | 'warn' | 'bad' | 'busy' | 'off' | 'stale';

/** libvirt's reasons that make a pause a fault. */
const FAULTS = new Set(['ioerror', 'watchdog', 'crashed', 'postcopyfailed', 'apierror', 'panicked']);
/** Reasons worth a word in the list; "booted" or "destroyed" say nothing that the state does not. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  running: ['migrated', 'crashed', 'postcopy', 'postcopyfailed'],
  paused: [
    'migration',
    'save',
    'dump',
    'ioerror',
    'watchdog',
    'fromsnapshot',
    'shuttingdown',
    'snapshot',
    'crashed',
    'startingup',
    'postcopy',
    'postcopyfailed',
    'apierror',
  ],
  shutoff: ['crashed', 'saved', 'failed', 'migrated', 'fromsnapshot', 'daemon'],
  crashed: ['panicked'],
};

/** `from_snapshot`, `fromSnapshot` and `from snapshot` are the same reason. */
export function plainReason(reason: string): string {
  return reason.toLowerCase().replaceAll(/[^a-z]/g, '');
}

export function domainTone(domain: Pick<Domain, 'state' | 'reason'>): Tone {
  const reason = plainReason(domain.reason);
  switch (domain.state) {
    case 'running':
    case 'blocked':
      return reason === 'postcopyfailed' ? 'bad' : 'ok';
    case 'paused':
      return FAULTS.has(reason) ? 'bad' : 'warn';
    case 'crashed':
      return 'bad';
    case 'shutdown':
      return 'busy';
    case 'pmsuspended':
      return 'warn';
    case 'shutoff':
    case 'nostate':
      return 'off';
  }
}

/** The tone of a machine whose host may be away: one that was off stays hollow, of the others only the last state is known. */
export function shownTone(domain: Pick<Domain, 'state' | 'reason'>, stale: boolean): Tone {
  const tone = domainTone(domain);
  return stale && tone !== 'off' ? 'stale' : tone;
}

/** The key of the reason's words (`state:reason.…`), or null when the state's word is enough. */
export function toldReason(domain: Pick<Domain, 'state' | 'reason'>): string | null {
  const reason = plainReason(domain.reason);
  return TOLD[domain.state]?.includes(reason) === true ? reason : null;
}

/** Does it use CPU and memory of its host now? */
export function isActive(domain: Pick<Domain, 'state'>): boolean {
  return domain.state !== 'shutoff' && domain.state !== 'crashed' && domain.state !== 'nostate';
}

/** It is connected, but owes an answer and says nothing: since when; null otherwise. */
export function silentSince(host: Pick<Host, 'state' | 'silentSince'>): number | null {
  return host.state === 'connected' ? (host.silentSince ?? null) : null;
}

export function hostTone(host: Pick<Host, 'state' | 'silentSince'>): Tone {
  switch (host.state) {
    case 'connected':
      return silentSince(host) === null ? 'ok' : 'warn';
    case 'connecting':
      return 'busy';
    case 'asking':
      return 'warn';
    case 'failed':
      return 'bad';
    case 'away':
      return 'stale';
    case 'disconnected':
      return 'off';
  }
}

/** What is shown of it may be old. */
export function isStale(host: Pick<Host, 'state'> | undefined): boolean {
  return host !== undefined && host.state !== 'connected';
}
