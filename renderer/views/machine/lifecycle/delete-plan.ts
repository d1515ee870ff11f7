import type { DeletableVolume, DeletionPlan } from '../../../../main/contract/domain.ts';

/** Files that the core deletes for nobody: others need them, or libvirt has no hold on them. */
const NEVER: ReadonlySet<DeletableVolume['keep']> = new Set(['usedByOther', 'backing', 'notInPool']);

/** Ticked at first: volumes that nothing speaks for keeping. */
export function tickedAtFirst(plan: DeletionPlan): ReadonlySet<string> {
  return new Set(plan.volumes.filter((v) => v.keep === null && v.usedBy.length === 0).map((v) => v.key));
}

export function canDelete(volume: DeletableVolume): boolean {
  return !NEVER.has(volume.keep);
}

/** How many of the machine's disks go and how many stay. Installers, what booted them and files under other disks are none of its disks. */
export function outcome(plan: DeletionPlan, ticked: ReadonlySet<string>): { deleted: number; kept: number } {
  const own = plan.volumes.filter(
    ({ key, keep, installer }) =>
      installer !== true && (ticked.has(key) || !(keep === 'backing' || keep === 'readonly')),
  );
  const deleted = own.filter(({ key }) => ticked.has(key)).length;
  return { deleted, kept: own.length - deleted };
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
  | { readonly kind: 'power' | 'managedSave' | 'nvram' | 'tpm' }
  | { readonly kind: 'snapshots' | 'checkpoints'; readonly count: number };

export function losses(plan: DeletionPlan): Loss[] {
  const found: Loss[] = [];
  if (plan.running) found.push({ kind: 'power' });
  if (plan.managedSave) found.push({ kind: 'managedSave' });
  if (plan.snapshots > 0) found.push({ kind: 'snapshots', count: plan.snapshots });
  if (plan.checkpoints > 0) found.push({ kind: 'checkpoints', count: plan.checkpoints });
  if (plan.nvram !== null) found.push({ kind: 'nvram' });
  if (plan.tpm) found.push({ kind: 'tpm' });
  return found;
}
