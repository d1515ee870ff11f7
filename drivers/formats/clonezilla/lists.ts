import { damaged } from './errors.ts';

/** No machine has as many disks or partitions, and no volume group as many volumes. */
const MAX_ENTRIES = 4096;
/** Of a disk, partition or volume; the kernel's own names are shorter. */
const DEVICE = /^[A-Za-z0-9][A-Za-z0-9+_.-]{0,250}(?:\/[A-Za-z0-9+_.-]{1,250}){0,2}$/;

/** `disk` and `parts`: names separated by blanks. @throws {ClonezillaError} for what is no device's name */
export function namesIn(file: string, text: string): string[] {
  const names = text.split(/\s+/).filter((name) => name !== '');
  return bounded(file, names).map((name) => deviceName(file, name));
}

/** `/dev/sda1` or `sda1`: `sda1`. @throws {ClonezillaError} for what is no device's name */
export function deviceName(file: string, text: string): string {
  const name = text.replace(/^\/dev\/(?:mapper\/)?/, '');
  if (!DEVICE.test(name) || name.split('/').includes('..'))
    throw damaged(file, `${JSON.stringify(text.slice(0, 80))} is no name of a disk, partition or volume.`);
  return name;
}

/** As the names of files have it: `to_filename` of Clonezilla. */
export function fileStem(device: string): string {
  return device.replaceAll('/', '-');
}

/** `dev-fs.list`: which file system a partition has, by its name. */
export function fileSystemsIn(file: string, text: string): Map<string, string> {
  return new Map(
    rowsOf(file, text).flatMap(([device, fileSystem]) =>
      device === undefined || fileSystem === undefined ? [] : [[deviceName(file, device), fileSystem]],
    ),
  );
}

/** A physical volume of LVM: a line of `lvm_vg_dev.list`. */
export interface PhysicalVolumeLine {
  /** null: it belongs to no group. */
  readonly group: string | null;
  readonly device: string;
  readonly uuid: string;
}

export function physicalVolumesIn(file: string, text: string): PhysicalVolumeLine[] {
  return rowsOf(file, text).map(([group = '', device = '', uuid = '']) => ({
    group: group === '/NOT_FOUND' ? null : group,
    device: deviceName(file, device),
    uuid,
  }));
}

/** A line of `lvm_logv.list`: a logical volume and what `file -Ls` said of it. */
export interface LogicalVolumeLine {
  readonly group: string;
  readonly name: string;
  readonly swap: boolean;
}

export function logicalVolumesIn(file: string, text: string): LogicalVolumeLine[] {
  return rowsOf(file, text).map(([device = '', ...words]) => {
    const [group = '', name, ...rest] = deviceName(file, device).split('/');
    if (name === undefined || rest.length > 0) throw damaged(file, `${device} is no logical volume.`);
    return { group, name, swap: isSwap(words.join(' ')) };
  });
}

/** `file` has the label of a file system in quotes, which may be anything. */
function isSwap(told: string): boolean {
  return /^swap$|\bswap file\b/i.test(told.replaceAll(/"[^"]*"?/g, ''));
}

/** `luks-dev.list`: the partitions that were opened before they were saved. */
export function luksDevicesIn(file: string, text: string): string[] {
  return rowsOf(file, text).map(([device = '']) => deviceName(file, device));
}

/** What `swappt-….info` says of a swap area. */
export interface SwapIdentity {
  /** null: it had none. */
  readonly uuid: string | null;
  readonly label: string | null;
}

/** @throws {ClonezillaError} for a UUID or label that `mkswap` would not take */
export function swapIdentity(file: string, text: string): SwapIdentity {
  const value = (key: string): string | null => {
    const found = new RegExp(`^${key}="?([^"\\n]*)"?\\s*$`, 'm').exec(text)?.[1] ?? '';
    return found === '' ? null : found;
  };
  const uuid = value('UUID');
  const label = value('LABEL');
  if (uuid !== null && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid))
    throw damaged(file, `${JSON.stringify(uuid.slice(0, 80))} is no UUID.`);
  if (label !== null && Buffer.byteLength(label) > 16)
    throw damaged(file, 'the label of a swap area has at most 16 bytes.');
  return { uuid, label };
}

/** Lines of words, without comments. */
function rowsOf(file: string, text: string): string[][] {
  const lines = text.split('\n').map((line) => line.trim());
  return bounded(
    file,
    lines.filter((line) => line !== '' && !line.startsWith('#')),
  ).map((line) => line.split(/\s+/));
}

function bounded<T>(file: string, entries: T[]): T[] {
  if (entries.length > MAX_ENTRIES)
    throw damaged(file, `${entries.length} entries, over the ${MAX_ENTRIES} that are read.`);
  return entries;
}
