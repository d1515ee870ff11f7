import type { DiskModel, DomainModel } from '../../../drivers/libvirt/model/index.ts';
import type { CloneDisk, CloneInput, CloneWay } from '../../contract/clone.ts';
import type { Pool } from '../../contract/storage.ts';
import { hasFormats, makesVolumes } from '../create/disks.ts';
import { isAlone, isOwnDisk, type CloneFacts, type SourceVolume } from './facts.ts';

/** What lies on it needs a path that QEMU opens with the same format again. */
export function isLinkable({ format, encrypted }: SourceVolume): boolean {
  return !encrypted && (format === 'qcow2' || format === 'raw');
}

/** Both machines can have it: what they write does not destroy it, and the host has it at the same place. */
export function isShareable(disk: DiskModel, facts: CloneFacts): boolean {
  return disk.source === null || (!isAlone(disk) && isThere(disk, facts));
}

/** What is in a drive that a machine writes to: several machines can have it, and one that is new writes into the other's. */
export function isWrittenDrive({ device, source, readonly, shareable }: DiskModel): boolean {
  return device === 'floppy' && source !== null && !readonly && !shareable;
}

/** A card that is a device of the host, which one machine has at a time. */
export function isHeldCard({ type }: { readonly type: string }): boolean {
  return type === 'hostdev' || type === 'vdpa';
}

/** Devices of the host that the machine has for itself, cards among them. */
export function heldDevices({
  hostDevices,
  nics,
}: DomainModel): { readonly type: string; readonly address: string | null }[] {
  const cards = nics.filter(isHeldCard);
  return [
    ...hostDevices.map(({ type, address }) => ({ type, address })),
    ...cards.map(({ source, mac }) => ({ type: 'card', address: source ?? mac })),
  ];
}

/** Whether the host of the new machines has it at the same place: what is on a network has no place. */
export function isThere({ source }: DiskModel, { elsewhere }: Pick<CloneFacts, 'elsewhere'>): boolean {
  const path = source?.path ?? null;
  return elsewhere === null || path === null || elsewhere.paths.has(path);
}

/** What can become of a disk. */
export function waysOf(disk: DiskModel, facts: CloneFacts): CloneWay[] {
  const volume = facts.volumes.get(disk.target) ?? null;
  const ways: CloneWay[] = [];
  if (volume !== null && !volume.encrypted) ways.push('copy');
  if (volume !== null && isLinkable(volume) && isOwnDisk(disk) && facts.elsewhere === null) ways.push('link');
  if (isShareable(disk, facts)) ways.push('share');
  if (isDrive(disk) || volume !== null) ways.push('empty');
  return [...ways, 'omit'];
}

/** A drive whose medium can be taken out. */
export function isDrive({ device }: DiskModel): boolean {
  return device === 'cdrom' || device === 'floppy';
}

/**
 * What becomes of a disk of which nothing is said: its own are copied, installers and what several may use stay, where they are there. A LUN
 * is a disk of its own that cannot be copied.
 */
export function usualWay(disk: DiskModel, facts: CloneFacts): CloneWay {
  if (isShareable(disk, facts) && !isWrittenDrive(disk)) return 'share';
  if (isDrive(disk)) return 'empty';
  return disk.device === 'disk' ? 'copy' : 'omit';
}

/** What is said of a disk, or suits it. */
export function choiceOf(
  { disks }: Pick<CloneInput, 'disks'>,
  disk: DiskModel,
  facts: CloneFacts,
): CloneDisk {
  const said = disks.find(({ target }) => target === disk.target);
  return said ?? { target: disk.target, way: usualWay(disk, facts), pool: null, format: null };
}

/** The pool for a new disk: that which is said, or that of the disk it is made from; on another host that of the same name, or any. */
export function poolOf(
  { pool }: Pick<CloneDisk, 'pool'>,
  source: SourceVolume,
  { pools, sourcePools, elsewhere }: CloneFacts,
): Pool | undefined {
  if (pool !== null || elsewhere === null) return pools.find(({ uuid }) => uuid === (pool ?? source.pool));
  const beside = sourcePools.find(({ uuid }) => uuid === source.pool)?.name;
  const good = pools.filter((one) => isStarted(one) && makesVolumes(one));
  return good.find(({ name }) => name === beside) ?? good.find(hasFormats) ?? good[0];
}

export function isStarted({ state }: Pool): boolean {
  return state === 'running' || state === 'degraded';
}
