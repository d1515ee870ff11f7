import { isBootSector } from '../../../../../drivers/formats/disk/read-table.ts';
import { PROTECTIVE_TYPE, readMbr } from '../../../../../drivers/formats/disk/mbr.ts';
import type { SourceContent, SourceDisk, SourcePartition, SourceStack } from '../model.ts';
import { tagsOf, type Tags } from './blkid.ts';
import { blockDevices, transportOf, type BlockDevice } from './block.ts';
import type { PhysicalVolume } from './lvm-report.ts';
import { mountsOf, unescaped, type Mount } from './mounts.ts';
import { linesOf, rowsOf, wordsOf, type Sections } from './sections.ts';

/** What tells the content of any block device of the source. */
export interface Contents {
  readonly devices: readonly BlockDevice[];
  readonly of: (device: BlockDevice) => SourceContent;
  readonly tags: Tags;
}

/** @param physical as LVM tells them */
export function contentsOf(sections: Sections, physical: readonly PhysicalVolume[]): Contents {
  const tags = tagsOf(sections);
  const mounts = mountsOf(sections);
  const active = new Set(linesOf(sections, 'swaps').map((line) => unescaped(line.split(/\s/)[0] ?? '')));
  const devices = blockDevices(sections);
  return {
    devices,
    tags,
    of: (device) => {
      const own = tags.get(device.name) ?? new Map<string, string>();
      const volume = physical.find(({ path }) => path !== null && isCalled(device, path));
      return contentOf({ device, own, mounts, active, volume });
    },
  };
}

/** Whether a path names the device, which has several of them. */
export function isCalled({ path, name }: BlockDevice, text: string): boolean {
  return text === path || text === `/dev/${name}`;
}

interface Known {
  readonly device: BlockDevice;
  readonly own: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly active: ReadonlySet<string>;
  readonly volume: PhysicalVolume | undefined;
}

const MEMBERS = /_member$|^(?:zfs|drbd|bcache|ddf|isw|vmfs)/i;

function contentOf({ device, own, mounts, active, volume }: Known): SourceContent {
  const type = own.get('TYPE') ?? null;
  const uuid = wordsOf(own.get('UUID'));
  const label = wordsOf(own.get('LABEL'));
  if (volume !== undefined || type === 'LVM2_member') {
    const { group = null, dataOffset = null, dataBytes = null } = volume ?? {};
    return { kind: 'physicalVolume', group, uuid: volume?.uuid ?? uuid, dataOffset, dataBytes };
  }
  const isActive = [...active].some((path) => isCalled(device, path));
  if (type === 'swap' || isActive) return { kind: 'swap', uuid, label, active: isActive };
  if (type === 'crypto_LUKS') return { kind: 'luks', uuid };
  if (type !== null && MEMBERS.test(type)) return { kind: 'member', type };
  const all = mounts.filter((mount) => isMountOf(mount, device));
  const whole = all.filter((mount) => mount.whole || mount.at === '/');
  // Of some only folders are mounted, as of those that ostree makes.
  const mounted = whole.length > 0 ? whole : all;
  const [first] = mounted;
  if (type === null && first === undefined) return { kind: 'unknown' };
  return {
    kind: 'fileSystem',
    type: type ?? first?.type ?? '',
    uuid,
    label,
    mountpoints: mounted.map(({ at }) => at).toSorted((a, b) => a.length - b.length),
    usedBytes: mounted.find(({ usedBytes }) => usedBytes !== null)?.usedBytes ?? null,
    readOnly: mounted.length > 0 && mounted.every(({ readOnly }) => readOnly),
  };
}

/** btrfs has a number of its own. */
function isMountOf(mount: Mount, device: BlockDevice): boolean {
  return mount.device === device.number || (mount.type === 'btrfs' && isCalled(device, mount.source));
}

/** A disk of the source: whole devices that are not made of others. */
export function disksOf(sections: Sections, { devices, of, tags }: Contents): SourceDisk[] {
  const tables = new Map(rowsOf(sections, 'tables').map(([name = '', hex = '']) => [name, hex]));
  return devices
    .filter(({ partition, name }) => partition === null && !isStack(name))
    .map((device) => {
      const partitions = devices.flatMap((each) => partitionOf(each, device, { of, tags }));
      const bytes = Buffer.from(tables.get(device.name) ?? '', 'hex');
      const table = tableKind(bytes, partitions.length);
      const { name, path, sizeBytes, sectorBytes, model, removable } = device;
      return {
        name,
        path,
        sizeBytes,
        sectorBytes,
        table,
        model,
        transport: transportOf(device),
        removable,
        partitions: partitions.toSorted((a, b) => a.at - b.at),
        content: table === 'none' ? of(device) : { kind: 'unknown' as const },
      };
    });
}

function partitionOf(
  device: BlockDevice,
  disk: BlockDevice,
  { of, tags }: Pick<Contents, 'of' | 'tags'>,
): SourcePartition[] {
  if (device.partition?.disk !== disk.name) return [];
  const { number, at } = device.partition;
  const told = tags.get(device.name)?.get('PART_ENTRY_TYPE') ?? null;
  const type =
    told === null ? null : told.startsWith('0x') ? told.slice(2).padStart(2, '0') : told.toUpperCase();
  const isExtended = type !== null && /^(?:05|0f|85)$/.test(type);
  // Without blkid: Linux gives an extended one two sectors, whatever its size.
  const content: SourceContent =
    isExtended || (type === null && device.sizeBytes <= 1024) ? { kind: 'extended' } : of(device);
  const partUuid = wordsOf(tags.get(device.name)?.get('PART_ENTRY_UUID'));
  return [{ number, path: device.path, at, sizeBytes: device.sizeBytes, type, partUuid, content }];
}

/** @param bytes of the disk's beginning, as many as came */
function tableKind(bytes: Buffer, partitions: number): SourceDisk['table'] {
  if (bytes.length < 512 || bytes.readUInt16BE(510) !== 0x55aa || isBootSector(bytes))
    return partitions > 0 ? 'other' : 'none';
  const rows = readMbr(bytes);
  if (rows.some((row) => row?.type === PROTECTIVE_TYPE)) return 'gpt';
  // Signed, and nothing in it: as a boot loader on a disk with a file system alone.
  return rows.some((row) => row !== null) || partitions > 0 ? 'mbr' : 'none';
}

function isStack(name: string): boolean {
  return /^(?:dm-|md)/.test(name);
}

/** @param volumes numbers (`254:0`) of LVM's volumes, which are told by it */
export function stacksOf({ devices, of }: Contents, volumes: ReadonlySet<string>): SourceStack[] {
  return devices
    .filter(({ name, number, dmUuid }) => {
      const isVolume = volumes.has(number) || (dmUuid?.startsWith('LVM-') ?? false);
      return isStack(name) && !isVolume;
    })
    .map((device) => ({
      path: device.path,
      type: stackType(device),
      sizeBytes: device.sizeBytes,
      over: device.slaves.map((slave) => devices.find(({ name }) => name === slave)?.path ?? `/dev/${slave}`),
      content: of(device),
    }));
}

function stackType({ dmUuid, mdLevel, partition }: BlockDevice): string {
  if (mdLevel !== null) return mdLevel;
  if (partition !== null) return 'part';
  const prefix = /^(CRYPT|mpath|DMRAID|part\d+)-/.exec(dmUuid ?? '')?.[1]?.toLowerCase();
  return prefix === undefined ? 'dm' : prefix.replace(/^part\d+$/, 'part');
}
