import type { MachineChoices } from '../../contract/machine-choices.ts';
import type { DiskSpec, MachineSpec, NicSourceSpec, NicSpec } from '../../contract/machine-spec.ts';
import { plainDisk } from '../../contract/plain-disk.ts';
import type { GuestDevices, OperatingSystem } from '../operating-system.ts';
import { pick } from './offers.ts';
import { isX86, type MachineTarget } from './target.ts';

/** A pool that new disks go to. */
export interface DiskPlace {
  readonly uuid: string;
  /** libvirt's type of pool: `dir`, `logical`… */
  readonly type: string;
}

/** Pools whose volumes are files, which can be qcow2. */
const FILE_POOLS = ['dir', 'fs', 'netfs', 'gluster', 'vstorage'];
/** Pools whose volumes are whole block devices of the host. */
const BLOCK_POOLS = ['logical', 'disk', 'iscsi', 'mpath', 'scsi', 'zfs'];

/** The older chipset alone has IDE, and what boots there has always known it. */
const EMULATED_BUSES = ['ide', 'sata', 'usb'] as const satisfies DiskSpec['bus'][];

/** What can be used of the guest's drivers: with the drivers' ISO beside it, Windows is as good at virtio as Linux. */
export function usableDevices(os: OperatingSystem, virtioDrivers: boolean): GuestDevices {
  if (!os.virtioWin || !virtioDrivers) return os.devices;
  return {
    ...os.devices,
    virtioNet: true,
    virtioBlk: true,
    virtioScsi: true,
    virtioRng: true,
    virtioBalloon: true,
    virtioSerial: true,
    virtio1: true,
  };
}

/** Virtio in a slot of PCI Express is virtio 1.0: a system that knows the older alone gets emulated devices there. */
export function usesVirtio(knows: boolean, devices: GuestDevices, { arch, machine }: MachineTarget): boolean {
  // Other architectures have machines of virtio devices and little else.
  if (!isX86(arch)) return true;
  return knows && (devices.virtio1 || !machine.includes('q35'));
}

/** A new disk, thin where its pool can be; bytes that the guest frees are freed on the host. */
export function newDisk(place: DiskPlace, sizeGiB: number, bus: DiskSpec['bus']): DiskSpec {
  const file = FILE_POOLS.includes(place.type);
  const block = BLOCK_POOLS.includes(place.type);
  const source: DiskSpec['source'] = {
    kind: 'new',
    pool: place.uuid,
    name: null,
    format: file ? 'qcow2' : 'raw',
    sizeBytes: sizeGiB * 2 ** 30,
    preallocation: 'none',
  };
  return { ...plainDisk(source, bus), cache: block ? 'none' : null, io: block ? 'native' : null };
}

export function cdDrive(bus: DiskSpec['bus']): DiskSpec {
  return plainDisk({ kind: 'empty' }, bus, 'cdrom');
}

export function diskBus(
  devices: GuestDevices,
  target: MachineTarget,
  choices: MachineChoices,
): DiskSpec['bus'] {
  const virtio = usesVirtio(devices.virtioBlk, devices, target);
  return (
    pick(choices.diskBus, virtio ? ['virtio', ...EMULATED_BUSES] : [...EMULATED_BUSES, 'virtio']) ?? 'virtio'
  );
}

/** Seeds of cloud images go to SCSI: some makers' kernels have virtio's drivers and none of SATA. */
export function cdBus(
  devices: GuestDevices,
  target: MachineTarget,
  choices: MachineChoices,
  forImage: boolean,
): DiskSpec['bus'] {
  const scsi = usesVirtio(devices.virtioScsi, devices, target) && (forImage || !isX86(target.arch));
  return pick(choices.diskBus, scsi ? ['scsi', ...EMULATED_BUSES] : [...EMULATED_BUSES, 'scsi']) ?? 'sata';
}

export function defaultNic(
  source: NicSourceSpec,
  devices: GuestDevices,
  target: MachineTarget,
  choices: MachineChoices,
): NicSpec {
  return {
    source,
    model: nicModel(devices, target, choices),
    mac: null,
    vlan: null,
    filter: null,
    linkUp: true,
  };
}

function nicModel(devices: GuestDevices, target: MachineTarget, choices: MachineChoices): string {
  const q35 = target.machine.includes('q35');
  // `e1000e` is a card of PCI Express: the older chipset has its predecessor.
  const emulated = devices.nics.filter((model) => q35 || !isX86(target.arch) || model !== 'e1000e');
  const virtio = usesVirtio(devices.virtioNet, devices, target);
  const wanted = virtio ? ['virtio', ...emulated] : [...emulated, q35 ? 'e1000e' : 'e1000'];
  return pick(choices.nicModel, wanted) ?? 'virtio';
}

/** VNC, which every viewer knows, on loopback and with a password: other users of the host reach its loopback too. */
export function defaultGraphics(choices: MachineChoices, arch: string): MachineSpec['graphics'] {
  const headless = arch === 's390x';
  const type = headless ? 'none' : (pick(choices.graphics, ['vnc', 'spice'] as const) ?? 'none');
  return { type, listen: 'loopback', password: type !== 'none' };
}

export function defaultVideo(
  spec: Pick<MachineSpec, 'graphics' | 'firmware'>,
  devices: GuestDevices,
  target: MachineTarget,
  choices: MachineChoices,
): string {
  if (spec.graphics.type === 'none') return 'none';
  const gpu = usesVirtio(devices.virtioGpu, devices, target);
  const vga = spec.firmware === 'efi' ? ['bochs', 'vga'] : ['vga', 'bochs'];
  const plain = spec.graphics.type === 'spice' ? ['qxl', ...vga] : vga;
  return pick(choices.video, [...(gpu ? ['virtio'] : []), ...plain, 'virtio', 'cirrus', 'ramfb']) ?? 'none';
}
