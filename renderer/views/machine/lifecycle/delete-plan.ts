import type { DeletableVolume, DeletionPlan } from '../../../../main/contract/domain.ts';

/** Ticked at first: volumes that nothing speaks for keeping. */
export function tickedAtFirst(plan: DeletionPlan): ReadonlySet<string> {
  return new Set(plan.volumes.filter((v) => v.keep === null && v.usedBy.length === 0).map((v) => v.key));
}

/** A file that is in no pool cannot be deleted through libvirt. */
export function canDelete(volume: DeletableVolume): boolean {
  return volume.keep !== 'notInPool';
}

/** Bytes that become free: what is allocated on disk, and where that is not known, the size. */
export function freedBytes(plan: DeletionPlan, ticked: ReadonlySet<string>): number {
  let sum = 0;
  for (const volume of plan.volumes)
    if (ticked.has(volume.key)) sum += volume.allocationBytes ?? volume.capacityBytes ?? 0;
  return sum;
}

/** What goes besides the ticked volumes, each with its i18n key's last part. */
export type Loss =
  | { readonly kind: 'power' | 'managedSave' | 'nvram' }
  | { readonly kind: 'snapshots' | 'checkpoints'; readonly count: number };

export function losses(plan: DeletionPlan): Loss[] {
  const found: Loss[] = [];
  if (plan.running) found.push({ kind: 'power' });
  if (plan.managedSave) found.push({ kind: 'managedSave' });
  if (plan.snapshots > 0) found.push({ kind: 'snapshots', count: plan.snapshots });
  if (plan.checkpoints > 0) found.push({ kind: 'checkpoints', count: plan.checkpoints });
  if (plan.nvram !== null) found.push({ kind: 'nvram' });
  return found;
}
