import type { Pool } from './storage.ts';

type DiskPool = Pick<Pool, 'type' | 'source'>;

/**
 * The volumes of a `disk` pool are partitions, which have the name of their device: `sda1`, `loop7p1`. libvirt refuses another name
 * after it has made the partition.
 * @returns the name without the number; null for other pools, and for devices of which the kernel's name is not known
 */
export function partitionStem({ type, source }: DiskPool): string | null {
  const device = type === 'disk' ? /^\/dev\/([^/\s]+)$/.exec(source ?? '')?.[1] : undefined;
  if (device === undefined) return null;
  return /\d$/.test(device) ? `${device}p` : device;
}

/** Whether a volume of the pool can have the name. */
export function isPartitionName(pool: DiskPool, name: string): boolean {
  const stem = partitionStem(pool);
  return stem === null || (name.startsWith(stem) && /^[1-9]\d*$/.test(name.slice(stem.length)));
}

/** The name that the next partition gets; null where names are free. */
export function nextPartition(pool: DiskPool, taken: ReadonlySet<string>): string | null {
  const stem = partitionStem(pool);
  if (stem === null) return null;
  let number = 1;
  while (taken.has(`${stem}${number}`)) number += 1;
  return `${stem}${number}`;
}
