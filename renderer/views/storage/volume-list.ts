import type { Volume, VolumeUser } from '../../../main/contract/storage.ts';

export const VOLUME_COLUMNS = ['name', 'format', 'size', 'used', 'users'] as const;
export type VolumeColumn = (typeof VOLUME_COLUMNS)[number];

export interface VolumeSort {
  readonly column: VolumeColumn;
  readonly desc: boolean;
}

export interface VolumeFilter {
  readonly text: string;
  readonly unusedOnly: boolean;
}

/** No machine has it and nothing lies on it. */
export function isUnused(volume: Volume): boolean {
  return volume.usedBy.length === 0 && volume.baseOf.length === 0;
}

/** Machines that have it themselves, not under a disk, each once. */
export function diskUsers(volume: Volume): readonly VolumeUser[] {
  const seen = new Set<string>();
  return volume.usedBy.filter(({ via, uuid }) => via !== 'backing' && !seen.has(uuid) && seen.add(uuid));
}

/** A machine that runs has it as its disk: a copy of it would be of no moment. What is only lain on nobody writes. */
export function isWritten(volume: Volume): boolean {
  return volume.usedBy.some(({ running, via }) => running && via === 'disk');
}

/** A machine that runs has it open, as a disk or under one. */
export function isInUse(volume: Volume): boolean {
  return volume.usedBy.some(({ running }) => running);
}

/** All words of the filter are in the name, the format, or the name of a machine that uses it. */
export function filterVolumes(
  volumes: readonly Volume[],
  { text, unusedOnly }: VolumeFilter,
): readonly Volume[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return volumes.filter((volume) => {
    if (unusedOnly && !isUnused(volume)) return false;
    const said = [volume.name, volume.format ?? '', ...volume.usedBy.map(({ name }) => name)]
      .join('\n')
      .toLowerCase();
    return words.every((word) => said.includes(word));
  });
}

const byName = (a: Volume, b: Volume): number => a.name.localeCompare(b.name, 'en', { numeric: true });

const ORDERS: Readonly<Record<VolumeColumn, (a: Volume, b: Volume) => number>> = {
  name: byName,
  format: (a, b) => (a.format ?? '').localeCompare(b.format ?? ''),
  size: (a, b) => a.capacityBytes - b.capacityBytes,
  used: (a, b) => a.allocationBytes - b.allocationBytes,
  users: (a, b) => a.usedBy.length + a.baseOf.length - (b.usedBy.length + b.baseOf.length),
};

/** Equal ones by name, whichever way the column goes. */
export function sortVolumes(volumes: readonly Volume[], { column, desc }: VolumeSort): readonly Volume[] {
  const order = ORDERS[column];
  return volumes.toSorted((a, b) => (desc ? order(b, a) : order(a, b)) || byName(a, b));
}

/** What a click on a column's title makes of the order: figures begin with the largest. */
export function nextSort(before: VolumeSort, column: VolumeColumn): VolumeSort {
  if (before.column === column) return { column, desc: !before.desc };
  return { column, desc: column !== 'name' && column !== 'format' };
}
