import type { BuildDisk } from '../../../drivers/libvirt/model/domain-build.ts';
import { readDisk } from '../../../drivers/libvirt/model/disk.ts';
import { readNic } from '../../../drivers/libvirt/model/nic.ts';
import type { XmlElement } from '../../../drivers/xml/index.ts';
import {
  diskSpec,
  nicSpec,
  type DiskSpec,
  type MachineSpec,
  type NicSourceSpec,
  type NicSpec,
} from '../../contract/machine-spec.ts';

/** The disks that the form has fields for, in their order; one of another kind (network, vhost-user…) is the XML's alone. */
export function readDisks(
  devices: XmlElement | null,
  { disks: known }: MachineSpec,
  planned: readonly BuildDisk[],
): DiskSpec[] {
  const left = planned.map((disk, index) => ({ disk, spec: known[index] ?? null }));
  const take = (path: string | null, device: string): DiskSpec['source'] | null => {
    const at = left.findIndex(({ disk }) => disk.device === device && (disk.source?.path ?? null) === path);
    const [found] = at === -1 ? [] : left.splice(at, 1);
    if (found === undefined) return null;
    // A drive that was added for the source: the form has it as an empty one, which is filled again.
    return found.spec?.source ?? { kind: 'empty' };
  };
  const read = (devices?.findAll('disk') ?? []).flatMap((element) => {
    const { source, device, ...disk } = readDisk(element);
    const found = take(source?.path ?? null, device) ?? sourceOf(source, disk.format);
    const parsed = diskSpec.safeParse({
      device,
      source: found,
      bus: disk.bus,
      cache: disk.cache,
      io: disk.io,
      discard: disk.discard,
      ioThread: hasIoThread(devices, element),
      readonly: disk.readonly,
      shareable: disk.shareable,
      serial: disk.serial,
    });
    return parsed.success ? [{ disk: parsed.data, path: source?.path ?? null }] : [];
  });
  return withNames(read, known);
}

/** A new volume is named by its place among the new ones: where that has changed it keeps the name that the XML has. */
function withNames(
  read: readonly { readonly disk: DiskSpec; readonly path: string | null }[],
  known: readonly DiskSpec[],
): DiskSpec[] {
  const fresh = known.filter(({ source }) => source.kind === 'new');
  let place = 0;
  return read.map(({ disk, path }) => {
    if (disk.source.kind !== 'new') return disk;
    const same = JSON.stringify(fresh[place]?.source) === JSON.stringify(disk.source);
    place += 1;
    if (same || disk.source.name !== null || path === null) return disk;
    return { ...disk, source: { ...disk.source, name: path.slice(path.lastIndexOf('/') + 1) } };
  });
}

function sourceOf(
  source: { readonly type: string; readonly path: string | null } | null,
  format: string | null,
): unknown {
  if (source === null) return { kind: 'empty' };
  return { kind: 'path', path: source.path, type: source.type, format: format ?? 'raw' };
}

/** Of SCSI disks the controller has the thread. */
function hasIoThread(devices: XmlElement | null, disk: XmlElement): boolean {
  if (disk.attributeAt('target', 'bus') !== 'scsi') return disk.attributeAt('driver', 'iothread') !== null;
  const controllers = devices?.findAll('controller').filter((one) => one.attribute('type') === 'scsi') ?? [];
  return controllers.some((one) => one.attributeAt('driver', 'iothread') !== null);
}

/** The cards that the form has fields for. */
export function readNics(devices: XmlElement | null): NicSpec[] {
  return (devices?.findAll('interface') ?? []).flatMap((element) => {
    const nic = readNic(element);
    const tags = element.findAll('vlan/tag');
    const read = nicSpec.safeParse({
      source: nicSource(element, nic),
      model: nic.model ?? 'virtio',
      mac: nic.mac === '' ? null : nic.mac,
      vlan:
        tags.length === 0
          ? null
          : {
              trunk: element.attributeAt('vlan', 'trunk') === 'yes',
              tags: tags.map((tag) => ({
                id: Number(tag.attribute('id')),
                nativeMode: tag.attribute('nativeMode'),
              })),
            },
      filter: nic.filter,
      linkUp: nic.linkUp,
    });
    return read.success ? [read.data] : [];
  });
}

/** What the contract does not know is refused by it. */
function nicSource(
  element: XmlElement,
  nic: ReturnType<typeof readNic>,
): NicSourceSpec | { readonly kind: string } {
  switch (nic.type) {
    case 'network':
      return { kind: 'network', network: nic.source ?? '', portGroup: nic.portgroup };
    case 'bridge': {
      const port = element.attributeAt('virtualport', 'type');
      if (port !== null && port !== 'openvswitch') return { kind: port };
      return { kind: 'bridge', bridge: nic.source ?? '', virtualPort: port };
    }
    case 'direct': {
      const mode = MODES.find((one) => one === (nic.mode ?? 'vepa'));
      return mode === undefined ? { kind: 'unknown' } : { kind: 'direct', device: nic.source ?? '', mode };
    }
    default:
      return { kind: nic.type };
  }
}

const MODES = ['bridge', 'private', 'vepa', 'passthrough'] as const;
