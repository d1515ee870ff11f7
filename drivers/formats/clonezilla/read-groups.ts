import { readVolumeGroup, type VolumeGroup } from '../disk/volume-group.ts';
import { FormatError } from '../errors.ts';
import { contentOf, type Devices } from './devices.ts';
import { ClonezillaError, damaged } from './errors.ts';
import type { ImageGroup, ImageVolume } from './image.ts';
import { readText } from './image-files.ts';
import { fileStem, logicalVolumesIn, type LogicalVolumeLine } from './lists.ts';

/** The volume groups of an image. */
export interface Groups {
  readonly groups: readonly ImageGroup[];
  /** Why others are not restored, by their names. */
  readonly faults: ReadonlyMap<string, string>;
}

/** A group whose text or content is missing, or cannot be, keeps only the disks that it is on from being restored. */
export async function readGroups(devices: Devices): Promise<Groups> {
  const names = new Set(devices.physical.flatMap(({ group }) => (group === null ? [] : [group])));
  const list = await readText(devices.files, 'lvm_logv.list');
  const lines = list === null ? [] : logicalVolumesIn('lvm_logv.list', list);
  const groups: ImageGroup[] = [];
  const faults = new Map<string, string>();
  for (const name of names)
    try {
      groups.push(await readGroup(devices, name, lines));
    } catch (error) {
      if (!(error instanceof ClonezillaError)) throw error;
      faults.set(name, error.message);
    }
  return { groups, faults };
}

/** @throws {ClonezillaError} where its text, or the content of a volume, is missing or cannot be */
async function readGroup(
  devices: Devices,
  name: string,
  lines: readonly LogicalVolumeLine[],
): Promise<ImageGroup> {
  const group = await groupOf(devices, name);
  const devicesOf = new Map(
    [...group.physical].map(([key, { id }]) => [
      key,
      devices.physical.find(({ uuid }) => uuid === id)?.device ?? null,
    ]),
  );
  const volumes: ImageVolume[] = [];
  for (const logical of group.logical) {
    const line = lines.find((each) => each.group === name && each.name === logical.name);
    volumes.push(await volumeOf(devices, { group, logical, line }));
  }
  for (const { device, uuid } of devices.physical.filter((each) => each.group === name))
    if (![...group.physical.values()].some(({ id }) => id === uuid))
      throw damaged(`lvm_${name}.conf`, `${device} (${uuid}) is no physical volume of it.`);
  return { group, devices: devicesOf, volumes };
}

async function groupOf({ files }: Devices, name: string): Promise<VolumeGroup> {
  const file = `lvm_${name}.conf`;
  const text = await readText(files, file);
  if (text === null)
    throw new ClonezillaError('MISSING', `${file} is missing in the image. Copy it here, too.`, file);
  try {
    const group = readVolumeGroup(text);
    if (group.name === name) return group;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw damaged(file, `${error.message}. Copy it again from where it was saved.`);
  }
  throw damaged(file, 'it is of another volume group.');
}

async function volumeOf(
  devices: Devices,
  {
    group,
    logical,
    line,
  }: { group: VolumeGroup; logical: VolumeGroup['logical'][number]; line: LogicalVolumeLine | undefined },
): Promise<ImageVolume> {
  const name = `${group.name}/${logical.name}`;
  const content = await contentOf(devices, name, line?.swap ?? false);
  if (content.kind === 'missing' || (content.kind === 'empty' && line !== undefined))
    throw new ClonezillaError(
      'MISSING',
      `The content of ${name} is missing in the image: there is no file ${fileStem(name)}.…-img. Copy it here, too.`,
    );
  const fileSystem =
    content.kind === 'data' ? content.data.fileSystem : content.kind === 'swap' ? 'swap' : null;
  return { name, logical, fileSystem, content };
}
