import { readChecksumLists, type ChecksumList } from './checksum-lists.ts';
import { dataFilesOf, type DataFile } from './data-files.ts';
import type { Devices } from './devices.ts';
import { ClonezillaError } from './errors.ts';
import { firmwareOf } from './firmware.ts';
import { readHardware } from './hardware.ts';
import type { ClonezillaImage, Content, ImageDisk, ImageGroup, ImagePartition } from './image.ts';
import { readText, type ImageFiles } from './image-files.ts';
import { deviceName, fileStem, fileSystemsIn, luksDevicesIn, namesIn, physicalVolumesIn } from './lists.ts';
import { readDisk } from './read-disk.ts';
import { readGroups, type Groups } from './read-groups.ts';
import { recognise } from './recognise.ts';
import { Sums } from './sums.ts';

/** Clonezilla writes it when the lists of checksums are there: in an image that was saved over another one they have the older one's. */
const LATE = 'clonezilla-img';

/**
 * Reads the directory of one image: its lists, tables and reports.
 * @throws {ClonezillaError} where it is none, or one of its files is not what it should be
 */
export async function readImage(imageFiles: ImageFiles): Promise<ClonezillaImage> {
  await recognise(imageFiles);
  const checksumLists = await readChecksumLists(imageFiles);
  const files = new Sums(imageFiles, checksumLists);
  const list = async <T>(file: string, read: (file: string, text: string) => T, none: T): Promise<T> => {
    const text = await readText(files, file);
    return text === null ? none : read(file, text);
  };
  const devices: Devices = {
    files,
    data: dataFilesOf(files.sizes),
    saved: new Set(await list('parts', namesIn, [])),
    fileSystems: await list('dev-fs.list', fileSystemsIn, new Map<string, string>()),
    physical: await list('lvm_vg_dev.list', physicalVolumesIn, []),
    luks: new Set(await list('luks-dev.list', luksDevicesIn, [])),
  };
  const names = await list('disk', namesIn, tablesIn(files));
  if (names.length === 0)
    throw new ClonezillaError(
      'MISSING',
      'The image names no disk: there is no file disk, and no table of partitions (-pt.sf). Copy the whole directory.',
    );
  const { groups, faults } = await readGroups(devices);
  const disks: ImageDisk[] = [];
  for (const name of new Set(names)) disks.push(withFaults(await readDisk(devices, name), faults));
  const missing = missingFiles(files, checksumLists);
  const areas = [
    ...disks.flatMap(({ partitions }) => partitions),
    ...groups.flatMap(({ volumes }) => volumes),
  ];
  refuseShared(areas);
  const { firmware, warnings } = firmwareOf(files, disks);
  const at = await savedAt(files);
  const { compared } = files;
  const tables = new Map(disks.map((disk) => [disk, tablesOf(disk, { disks, compared })] as const));
  const told = new Set([...[...tables.values()].flat(), LATE]);
  const hardware = { ...(await readHardware(files)), firmware };
  return {
    savedAt: at,
    disks: disks.map((disk) => ({
      ...disk,
      problems: [...disk.problems, ...files.wrong(tables.get(disk) ?? [])],
    })),
    groups,
    checksumLists,
    hardware,
    warnings: [
      ...warnings,
      ...files.wrong(compared.filter((name) => !told.has(name))),
      ...missing,
      ...(files.skipped ?? []).map((name) => `${name} is left out: it is a link, or no regular file.`),
      ...unplaced(devices, disks, groups),
      ...strays(devices, areas)
        .filter((file) => !isOfUnreadable(file, disks, faults))
        .map(leftOut),
    ],
  };
}

/** By which a disk is laid out, and nothing but a list tells whether they are whole: of a GPT its own checksums do. What tells of LVM is every disk's, as it says which have a part of it. */
function tablesOf({ name, partitions }: ImageDisk, { disks, compared }: Laid): string[] {
  const stem = fileStem(name);
  const hasVolumes = partitions.some(({ content }) => content.kind === 'physicalVolume');
  const records = new Set([
    `${stem}-mbr`,
    `${stem}-pt.sf`,
    ...partitions.flatMap((each) => [`${fileStem(each.name)}-ebr`, swapFile(each)]),
  ]);
  const ofPartitions = new Set(disks.flatMap((disk) => disk.partitions.map(swapFile)));
  const isOfVolume = (file: string): boolean => file.startsWith('swappt-') && !ofPartitions.has(file);
  return compared.filter(
    (file) => records.has(file) || file.startsWith('lvm_') || (hasVolumes && isOfVolume(file)),
  );
}

interface Laid {
  readonly disks: readonly ImageDisk[];
  /** Files that lists of checksums have. */
  readonly compared: readonly string[];
}

function swapFile({ name }: ImagePartition): string {
  return `swappt-${fileStem(name)}.info`;
}

interface Area {
  readonly name: string;
  readonly content: Content;
}

/** Names of volumes with dashes may become the same name of a file. */
function refuseShared(areas: readonly Area[]): void {
  const owners = new Map<unknown, string>();
  for (const { name, content } of areas) {
    if (content.kind !== 'data') continue;
    const owner = owners.get(content.data);
    if (owner !== undefined)
      throw new ClonezillaError(
        'UNSUPPORTED',
        `${content.data.parts[0] ?? ''} would be the content of ${owner} and ${name}: nothing tells of which.`,
      );
    owners.set(content.data, name);
  }
}

/** A disk with a part of a group that is not restored is not, either. */
function withFaults(disk: ImageDisk, faults: Groups['faults']): ImageDisk {
  const found = disk.partitions.flatMap(({ content }) =>
    content.kind === 'physicalVolume' && content.group !== null ? (faults.get(content.group) ?? []) : [],
  );
  return { ...disk, problems: [...disk.problems, ...new Set(found)] };
}

/** Contents that belong to nothing: what was in LUKS, or files of another image. */
function strays({ data }: Devices, areas: readonly Area[]): DataFile[] {
  const used = new Set(areas.map(({ content }) => (content.kind === 'data' ? content.data : null)));
  return [...data.values()].filter((file) => !used.has(file));
}

function leftOut({ parts }: DataFile): string {
  return `${parts[0] ?? ''} is left out: it is of no partition or volume of the image.`;
}

/** What that holds is told as the fault of the disk or group. */
function isOfUnreadable(
  { device }: DataFile,
  disks: readonly ImageDisk[],
  faults: Groups['faults'],
): boolean {
  return (
    disks.some((disk) => isPartOf(disk, device)) ||
    [...faults.keys()].some((group) => device.startsWith(`${fileStem(group)}-`))
  );
}

/** Whether a name is that of a partition of a disk whose table cannot be read. */
function isPartOf({ name, table }: ImageDisk, device: string): boolean {
  const stem = fileStem(name);
  return table === null && device.startsWith(stem) && /^p?\d+$/.test(device.slice(stem.length));
}

/** Of an image of single partitions, which names no disk. */
function tablesIn(files: ImageFiles): string[] {
  return [...files.sizes.keys()]
    .filter((name) => name.endsWith('-pt.sf'))
    .map((name) => deviceName(name, name.slice(0, -'-pt.sf'.length)))
    .sort();
}

/** What was saved, and has no place on the disks of the image. */
function unplaced({ saved }: Devices, disks: readonly ImageDisk[], groups: readonly ImageGroup[]): string[] {
  const names = new Set([
    ...disks.flatMap(({ name, partitions }) => [name, ...partitions.map((each) => each.name)]),
    ...groups.flatMap(({ volumes }) => volumes.map(({ name }) => name)),
  ]);
  const placed = {
    has: (name: string): boolean => names.has(name) || disks.some((disk) => isPartOf(disk, fileStem(name))),
  };
  return [
    ...[...saved]
      .filter((name) => !placed.has(name))
      .map((name) => `${name} was saved, and no table of partitions has it: it is left out.`),
    ...groups
      .filter(({ devices }) => ![...devices.values()].some((device) => device !== null && placed.has(device)))
      .map(
        ({ group }) => `The volume group ${group.name} is left out: no disk of the image has a part of it.`,
      ),
  ];
}

/** Contents and what says where they belong; the others are reports. */
const NEEDED =
  /-img\b|^disk$|^parts$|^swappt-|^lvm_|^luks-|^dev-fs\.list$|-pt\.(?:sf|parted)$|-(?:mbr|ebr|gpt-1st|gpt-2nd|hidden-data-after-mbr)$/;

/**
 * A list of checksums has the name of every file that was there.
 * @returns what is missing and not needed, in sentences
 * @throws {ClonezillaError} MISSING
 */
function missingFiles(files: ImageFiles, lists: readonly ChecksumList[]): string[] {
  const reports = new Set<string>();
  for (const { file, sums } of lists)
    for (const name of sums.keys()) {
      if (files.sizes.has(name)) continue;
      if (NEEDED.test(name))
        throw new ClonezillaError(
          'MISSING',
          `${name} is missing in the image: ${file} has its checksum. Copy it here, too.`,
          name,
        );
      reports.add(`${name} is missing in the image: it is a report, which no restore needs.`);
    }
  return [...reports];
}

async function savedAt(files: ImageFiles): Promise<string | null> {
  // The log of saving is in it, which may be long: the tag is in the last lines.
  if ((files.sizes.get('clonezilla-img') ?? 0) > 4 << 20) return null;
  const text = await readText(files, 'clonezilla-img');
  const time = /^### Image created time: (\d{4})-(\d{2})(\d{2})-(\d{2})(\d{2})/m.exec(text ?? '');
  return time === null ? null : `${time.slice(1, 4).join('-')} ${time.slice(4, 6).join(':')}`;
}
