import type { SourceContent, SourceDisk, SourceFacts, SourceGroup, SourceVolume } from '../model.ts';

/** A disk, partition or volume, with what it holds. */
export interface Place {
  readonly path: string;
  readonly sizeBytes: number;
  readonly content: SourceContent;
}

export interface VolumePlace extends Place {
  readonly group: SourceGroup;
  readonly volume: SourceVolume;
}

/** A disk without a table is one place, others are their partitions. */
export function placesOn(disk: SourceDisk): Place[] {
  return disk.table === 'none' ? [disk] : [...disk.partitions];
}

/** Groups that have a physical volume on the disk. */
export function groupsOn(disk: SourceDisk, { groups }: Pick<SourceFacts, 'groups'>): SourceGroup[] {
  const paths = new Set(placesOn(disk).map(({ path }) => path));
  return groups.filter(({ devices }) => devices.some(({ path }) => path !== null && paths.has(path)));
}

export function volumesIn(groups: readonly SourceGroup[]): VolumePlace[] {
  return groups.flatMap((group) =>
    group.volumes.map((volume) => {
      const { path, sizeBytes, content } = volume;
      return { path, sizeBytes, content, group, volume };
    }),
  );
}

/** Those whose disks hold a physical volume of theirs. */
export function disksOfGroup(
  group: SourceGroup,
  { disks, groups }: Pick<SourceFacts, 'disks' | 'groups'>,
): SourceDisk[] {
  return disks.filter((disk) => groupsOn(disk, { groups }).includes(group));
}

/**
 * It is written to while it is read: mounted, and not for reading alone; or opened by something else, as LUKS, a guest's disk, or what a container has mounted
 * where this is not seen.
 */
export function changes(place: Place | VolumePlace, { stacks }: Pick<SourceFacts, 'stacks'>): boolean {
  const { content, path } = place;
  const isOpen = ('volume' in place && place.volume.open) || stacks.some(({ over }) => over.includes(path));
  switch (content.kind) {
    case 'fileSystem':
      return content.mountpoints.length > 0 ? !content.readOnly : isOpen;
    case 'luks':
    case 'unknown':
      return isOpen;
    default:
      return false;
  }
}

/** `ext4`, `LVM`, `linux_raid_member`; null: unknown, or nothing. */
export function contentWord(content: SourceContent): string | null {
  switch (content.kind) {
    case 'fileSystem':
    case 'member':
      return content.type;
    case 'physicalVolume':
      return 'LVM';
    case 'luks':
      return 'LUKS';
    case 'swap':
    case 'extended':
      return content.kind;
    case 'unknown':
      return null;
  }
}
