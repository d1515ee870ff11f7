import type { ClonezillaImage, ImageDisk, ImageGroup } from '../../../drivers/formats/clonezilla/image.ts';
import { physicalVolumePieces } from '../../../drivers/formats/disk/lvm-label.ts';
import { piecesAt, type PlanBuilder } from './plan-builder.ts';
import { partitionTarget, volumeTarget } from './target.ts';

/** LVM of a disk: labels, and what of the volumes is on it. */
export function planGroups(builder: PlanBuilder, image: ClonezillaImage, disk: ImageDisk): void {
  const owners = new Map<string, string>();
  for (const group of image.groups) {
    const here = partitionsOf(group, disk);
    if (here.size === 0) continue;
    const shared = [...here.values()].find(({ name }) => owners.has(name));
    if (shared !== undefined) {
      const { name } = shared;
      builder.problems.push(
        `${name} is a physical volume of two groups, ${owners.get(name)} and ${group.group.name}: one of the files lvm_….conf is of another image.`,
      );
      continue;
    }
    for (const { name } of here.values()) owners.set(name, group.group.name);
    if (here.size < group.devices.size)
      builder.warnings.push(
        `The volume group ${group.group.name} is on other disks, too: restore them as well, and give the machine all of them.`,
      );
    planLabels(builder, group, here);
    planVolumes(builder, group, here);
  }
}

type Partitions = ReadonlyMap<string, ImageDisk['partitions'][number]>;

function partitionsOf({ devices }: ImageGroup, disk: ImageDisk): Partitions {
  return new Map(
    [...devices].flatMap(([key, device]) => {
      const partition = disk.partitions.find(
        ({ name, content }) => name === device && content.kind === 'physicalVolume',
      );
      return partition === undefined ? [] : [[key, partition] as const];
    }),
  );
}

function planLabels(builder: PlanBuilder, { group }: ImageGroup, here: Partitions): void {
  for (const [key, { name, offset, bytes }] of here) {
    const volume = group.physical.get(key);
    if (volume === undefined) continue;
    const end = volume.dataOffset + volume.extents * group.extentBytes;
    if (end > bytes) {
      builder.problems.push(
        `${name} has ${bytes} bytes, and the physical volume of ${group.name} on it ${end}.`,
      );
    } else if (volume.bootArea) {
      builder.problems.push(`${name} keeps room for a boot loader within LVM, which is not restored.`);
    } else {
      builder.attempt(() => {
        const pieces = piecesAt(partitionTarget(offset, bytes), physicalVolumePieces(group, volume, bytes));
        builder.acts.push({
          kind: 'pieces',
          what: `${name}: LVM’s label and the text of ${group.name}`,
          pieces,
        });
      });
    }
  }
}

function planVolumes(builder: PlanBuilder, { group, volumes }: ImageGroup, here: Partitions): void {
  const dataOffsets = new Map(
    [...group.physical].map(([key, { dataOffset }]) => {
      const partition = here.get(key);
      return [key, partition === undefined ? null : partition.offset + dataOffset];
    }),
  );
  for (const { name, logical, content } of volumes) {
    if (logical.segments === null) {
      builder.problems.push(`${name} is a volume of LVM of the kind ${logical.kind}, which is not restored.`);
      continue;
    }
    const target = volumeTarget(group, logical.segments, dataOffsets);
    if (!target.segments.some(({ stripes }) => stripes.some((stripe) => stripe !== null))) continue;
    if (content.kind === 'empty') builder.warnings.push(`${name} will be empty: Clonezilla did not save it.`);
    else if (content.kind === 'luks' || content.kind === 'physicalVolume')
      builder.problems.push(`${name} holds LUKS or LVM of its own, which is not restored.`);
    else builder.add(name, content, target);
  }
}
