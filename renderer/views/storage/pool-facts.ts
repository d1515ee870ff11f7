import { poolAbilities } from '../../../main/contract/pool-abilities.ts';
import type { Pool } from '../../../main/contract/storage.ts';
import type { Tone } from '../../ui/domain-state.ts';

/** From here on a pool counts as nearly full, and as full for all that a running machine can rely on. */
const NEARLY_FULL = 0.85;
const FULL = 0.95;

export type Fill = 'roomy' | 'nearlyFull' | 'full';

/** Part of a pool that is taken, 0 to 1, by whatever else lies on the same file system too; null while it is not known. */
export function takenFraction(pool: Pool): number | null {
  const { capacityBytes, availableBytes, allocationBytes } = pool;
  if (capacityBytes === null || capacityBytes === 0) return null;
  const taken = availableBytes === null ? allocationBytes : capacityBytes - availableBytes;
  return taken === null ? null : Math.min(1, Math.max(0, taken / capacityBytes));
}

export function fillOf(pool: Pool): Fill {
  const taken = takenFraction(pool) ?? 0;
  if (taken >= FULL) return 'full';
  return taken >= NEARLY_FULL ? 'nearlyFull' : 'roomy';
}

/** A pool that has much room is warned of when it is full within this time. */
const SOON_DAYS = 30;

/** Days until it is full, rounded up, where that is worth a warning: soon, or it is nearly full by now. Null where it is full already. */
export function soonFullDays(pool: Pool, daysToFull: number | null): number | null {
  const fill = fillOf(pool);
  if (daysToFull === null || pool.availableBytes === null || pool.availableBytes <= 0) return null;
  return fill !== 'roomy' || daysToFull <= SOON_DAYS ? Math.max(1, Math.ceil(daysToFull)) : null;
}

export function poolTone({ state }: Pick<Pool, 'state'>): Tone {
  switch (state) {
    case 'running':
      return 'ok';
    case 'degraded':
      return 'warn';
    case 'inaccessible':
      return 'bad';
    case 'building':
      return 'busy';
    case 'inactive':
      return 'off';
  }
}

/** Its volumes can be read and made. */
export function isActive({ state }: Pick<Pool, 'state'>): boolean {
  return state === 'running' || state === 'degraded';
}

/** Its volumes are files, so that they can be qcow2; the others' are devices or images of a server. */
export function holdsFiles({ type }: Pick<Pool, 'type'>): boolean {
  return poolAbilities(type).files;
}

/** libvirt makes volumes there; elsewhere they are what the server or the hardware has. */
export function makesVolumes({ type }: Pick<Pool, 'type'>): boolean {
  return poolAbilities(type).makes;
}

/** Files of the laptop can be sent there. */
export function takesFiles({ type }: Pick<Pool, 'type'>): boolean {
  const { makes, bytes } = poolAbilities(type);
  return makes && bytes;
}

/** A volume can be copied, or moved while its machine runs, into it. */
export function takesCopies({ type }: Pick<Pool, 'type'>): boolean {
  return poolAbilities(type).copies;
}
