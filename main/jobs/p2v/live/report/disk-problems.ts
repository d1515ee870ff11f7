import type { SourceDisk, SourceFacts, SourceGroup } from '../model.ts';
import { disksOfGroup, groupsOn, placesOn, type Place } from './places.ts';

/** File systems that several machines write to at one time. */
const CLUSTERED = new Set(['ocfs2', 'gfs2', 'VMFS', 'vmfs']);
const PLAIN = new Set(['linear', 'striped']);
const INSTEAD = 'Shut the machine down and save it with Clonezilla, or copy its files into a new machine';

/** Why a disk cannot be copied while its machine runs, in sentences with what to do; empty: it can. */
export function diskProblems(disk: SourceDisk, facts: SourceFacts): string[] {
  const places = placesOn(disk);
  return [
    ...(disk.table === 'other'
      ? [`${disk.path} has a table of partitions that is neither GPT nor MBR. ${INSTEAD}.`]
      : []),
    ...(disk.sectorBytes === 512
      ? []
      : [`${disk.path} has sectors of ${disk.sectorBytes} bytes, which is not in this version. ${INSTEAD}.`]),
    ...overlapProblems(disk),
    ...stackProblems(disk, facts),
    ...places.flatMap((place) => contentProblems(place, facts)),
    ...groupsOn(disk, facts).flatMap((group) => groupProblems(group, facts)),
  ];
}

/** As on a stick that is both a disk and an ISO. */
function overlapProblems({ partitions }: SourceDisk): string[] {
  const places = partitions.filter(({ content }) => content.kind !== 'extended');
  return places.flatMap((place, index) => {
    const next = places[index + 1];
    return next !== undefined && place.at + place.sizeBytes > next.at
      ? [`${place.path} and ${next.path} overlap. ${INSTEAD}.`]
      : [];
  });
}

/** What the kernel has made of the disk, or of its partitions. */
function stackProblems({ path, partitions }: SourceDisk, { stacks }: SourceFacts): string[] {
  const paths = new Set([path, ...partitions.map((partition) => partition.path)]);
  return stacks
    .filter(({ over, type }) => type !== 'crypt' && over.some((each) => paths.has(each)))
    .map(({ path: stack, type }) => {
      if (type === 'mpath')
        return `${path} is one way of several to ${stack} (multipath), which is not copied. ${INSTEAD}.`;
      if (type.startsWith('raid') || type === 'linear' || type === 'dmraid')
        return `${stack} is RAID (${type}) over ${path}: a part of one is no disk that starts. ${INSTEAD}.`;
      return `${stack} (${type}) lies over ${path}, and how is not known here. ${INSTEAD}.`;
    });
}

function contentProblems({ path, content }: Place, facts: SourceFacts): string[] {
  if (content.kind === 'member')
    return [memberProblem(path, content.type, facts)].flatMap((text) => text ?? []);
  if (content.kind !== 'fileSystem') return [];
  const { type, uuid } = content;
  if (CLUSTERED.has(type))
    return [
      `${path} has ${type}, which other machines may write to at the same time. It stays where it is: attach it to the new machine.`,
    ];
  if (type === 'btrfs' && uuid !== null && btrfsPlaces(facts, uuid) > 1)
    return [
      `${path} is a part of a btrfs over several devices, whose parts would be copied at different times. ${INSTEAD}, as with btrfs send.`,
    ];
  return [];
}

function btrfsPlaces({ disks }: SourceFacts, uuid: string): number {
  const contents = disks.flatMap((disk) => placesOn(disk).map(({ content }) => content));
  return contents.filter((content) => content.kind === 'fileSystem' && content.uuid === uuid).length;
}

/** null: it is told with what the kernel has made of it. */
function memberProblem(path: string, type: string, { stacks }: SourceFacts): string | null {
  if (type === 'zfs_member')
    return `${path} is of a pool of ZFS, which is not copied as a disk. ${INSTEAD}, as with zfs send.`;
  if (stacks.some(({ over }) => over.includes(path))) return null;
  return `${path} is a part of something larger (${type}). ${INSTEAD}.`;
}

function groupProblems(group: SourceGroup, facts: SourceFacts): string[] {
  const { name, devices, volumes, complete } = group;
  const known = new Set(disksOfGroup(group, facts).flatMap((disk) => placesOn(disk).map(({ path }) => path)));
  const elsewhere = devices.filter(({ path }) => path === null || !known.has(path));
  const odd = volumes.filter(({ kind }) => !PLAIN.has(kind));
  return [
    ...(elsewhere.length === 0
      ? []
      : [
          `The volume group ${name} lies on ${elsewhere.map(({ path }) => path ?? 'a device that is missing').join(', ')}, too, which is no disk or partition. ${INSTEAD}.`,
        ]),
    ...(complete || odd.length > 0
      ? []
      : [`LVM does not tell of all that the volume group ${name} has given away. ${INSTEAD}.`]),
    ...odd.map(({ name: volume, kind }) =>
      kind === 'snapshot'
        ? snapshotProblem(`${name}/${volume}`, volume)
        : `${name}/${volume} is a volume of LVM's kind “${kind}”, whose parts change places while they are copied. ${INSTEAD}.`,
    ),
  ];
}

function snapshotProblem(full: string, volume: string): string {
  // By its name alone, which anybody can give: nothing is done because of it.
  return volume.startsWith('virtlane-')
    ? `${full} is a snapshot by its name of Virtlane, of a copy that goes on or was interrupted: wait for its end, or take that job back (Jobs; virtlane jobs).`
    : `${full} is a snapshot, which changes with every write while it is copied. Remove it (lvremove ${full}), or wait until whoever made it has done so.`;
}
