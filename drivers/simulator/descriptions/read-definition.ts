import { readDomain, type DiskModel, type DomainModel, type NicModel } from '../../libvirt/model/index.ts';
import { uuidFromString } from '../../libvirt/uuid.ts';
import { hashText } from '../random.ts';
import { ROLES } from '../fleet/roles.ts';
import { GUEST_SYSTEMS, type DiskSpec, type MachineSpec, type NicSpec } from '../fleet/spec.ts';

const DEFAULT_DISK_BYTES = 20 * 2 ** 30;
const MAX_VCPUS = 512;
const MAX_DEVICES = 64;

/** What a definition says that the simulation can act on. @throws {XmlError} when it is no domain's XML (check-definition.ts) */
export function specFromDefinition(
  xml: string,
  options: { newUuid: () => Uint8Array; address: (mac: string) => string },
): MachineSpec {
  const model = readDomain(xml);
  return {
    name: model.name,
    uuid: model.uuid === '' ? options.newUuid() : uuidFromString(model.uuid),
    title: model.title,
    os: systemOf(model.osinfo),
    vcpus: Math.min(MAX_VCPUS, Math.max(1, model.vcpus)),
    maxVcpus: Math.min(MAX_VCPUS, Math.max(1, model.maxVcpus)),
    memoryKiB: model.currentMemoryKiB,
    maxMemoryKiB: model.memoryKiB,
    disks: model.disks.slice(0, MAX_DEVICES).map(diskFrom),
    nics: model.nics
      .slice(0, MAX_DEVICES)
      .map((nic, index) => nicFrom(nic, { index, name: model.name, address: options.address })),
    graphics: graphicsOf(model),
    password: model.graphics[0]?.password ?? null,
    serial: model.textConsoles.length > 0,
    agent: model.agent !== 'none',
    balloonPeriodSec: model.balloon?.periodSec ?? 0,
    firmware: model.os.firmware === 'efi' ? 'efi' : 'bios',
    load: ROLES.small.load,
    services: [...ROLES.small.services],
    leftOpen: false,
  };
}

function systemOf(osinfo: string | null): MachineSpec['os'] {
  const text = osinfo ?? '';
  if (text.includes('microsoft')) return 'windows';
  const names: MachineSpec['os'][] = ['ubuntu', 'fedora', 'rocky', 'alpine'];
  return names.find((name) => GUEST_SYSTEMS[name].kind === 'linux' && text.includes(name)) ?? 'debian';
}

function graphicsOf(model: DomainModel): MachineSpec['graphics'] {
  const type = model.graphics[0]?.type;
  return type === 'vnc' || type === 'spice' ? type : 'none';
}

function diskFrom(disk: DiskModel): DiskSpec {
  return {
    target: disk.target,
    bus: disk.bus === 'sata' ? 'sata' : 'virtio',
    device: disk.device === 'cdrom' ? 'cdrom' : 'disk',
    path: disk.source?.path ?? null,
    format: disk.format === 'raw' ? 'raw' : 'qcow2',
    capacityBytes: disk.device === 'cdrom' ? 0 : DEFAULT_DISK_BYTES,
    allocationBytes: disk.device === 'cdrom' ? 0 : DEFAULT_DISK_BYTES / 4,
  };
}

function nicFrom(
  nic: NicModel,
  at: { index: number; name: string; address: (mac: string) => string },
): NicSpec {
  const hash = hashText(`${at.name}/${at.index}`);
  const hex = (shift: number) => ((hash >> shift) & 0xff).toString(16).padStart(2, '0');
  const mac = nic.mac === '' ? `52:54:00:${hex(0)}:${hex(8)}:${hex(16)}` : nic.mac;
  return {
    mac,
    network: nic.source ?? 'default',
    model: nic.model === 'e1000e' ? 'e1000e' : 'virtio',
    address: at.address(mac),
    prefix: 16,
  };
}
