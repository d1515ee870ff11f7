import type { XmlElement } from '../../xml/index.ts';
import { agentState, readCharacter, textConsoles, type CharacterModel } from './character.ts';
import {
  readBalloon,
  readController,
  readHostDevice,
  readRng,
  readTpm,
  readVideo,
  readWatchdog,
  type BalloonModel,
  type ControllerModel,
  type HostDeviceModel,
  type RngModel,
  type TpmModel,
  type VideoModel,
  type WatchdogModel,
} from './devices.ts';
import { readDisk, type DiskModel } from './disk.ts';
import { readFilesystem, type FilesystemModel } from './filesystem.ts';
import { readGraphics, type GraphicsModel } from './graphics.ts';
import { readNic, type NicModel } from './nic.ts';
import { ownMetadata } from './own-metadata.ts';
import { readCpu, readOs, type CpuModel, type OsModel } from './os.ts';
import { count, deviceBootOrder, filled, integer, parseRoot, sizeKiB } from './values.ts';

/** A domain's XML, typed. Whatever is missing or is not what libvirt would write has a default; nothing but XmlError is thrown. */
export interface DomainModel {
  /** `kvm`, `qemu`, `lxc`, `test`… */
  readonly virtType: string;
  /** Null when it does not run. */
  readonly id: number | null;
  readonly name: string;
  readonly uuid: string;
  readonly title: string | null;
  readonly description: string | null;
  /** libosinfo's id of the guest's system. */
  readonly osinfo: string | null;
  /** Virtlane's own element says so. */
  readonly isBalancer: boolean;
  readonly memoryKiB: number;
  readonly currentMemoryKiB: number;
  /** Room for memory that is plugged in later. */
  readonly maxMemory: { readonly kib: number; readonly slots: number } | null;
  readonly vcpus: number;
  readonly maxVcpus: number;
  readonly cpu: CpuModel;
  readonly os: OsModel;
  /** First to last: targets of disks and MACs of NICs that have an order of their own, else the classes of `<os>` (`hd`, `cdrom`…). */
  readonly bootOrder: readonly string[];
  /** Names of the elements within `<features>`. */
  readonly features: readonly string[];
  readonly clockOffset: string | null;
  readonly onPoweroff: string;
  readonly onReboot: string;
  readonly onCrash: string;
  readonly emulator: string | null;
  readonly disks: readonly DiskModel[];
  readonly filesystems: readonly FilesystemModel[];
  readonly nics: readonly NicModel[];
  readonly graphics: readonly GraphicsModel[];
  readonly serials: readonly CharacterModel[];
  readonly consoles: readonly CharacterModel[];
  readonly channels: readonly CharacterModel[];
  /** What a text console can be opened on; the first is what libvirt opens without a name. */
  readonly textConsoles: readonly CharacterModel[];
  readonly agent: 'none' | 'disconnected' | 'connected';
  readonly video: readonly VideoModel[];
  readonly balloon: BalloonModel | null;
  readonly tpm: TpmModel | null;
  readonly hostDevices: readonly HostDeviceModel[];
  readonly rngs: readonly RngModel[];
  readonly watchdogs: readonly WatchdogModel[];
  readonly controllers: readonly ControllerModel[];
}

const OSINFO = 'http://libosinfo.org/xmlns/libvirt/domain/1.0';

/** @throws {XmlError} when it is not XML, or not of a domain */
export function readDomain(xml: string): DomainModel {
  const root = parseRoot(xml, 'domain');
  const id = integer(root.attribute('id'));
  const memoryKiB = sizeKiB(root.find('memory')) ?? 0;
  const maxVcpus = count(root.textAt('vcpu')) ?? 1;
  const os = readOs(root.find('os'));
  const devices = readDevices(root.find('devices'));
  const redirected = root.findAll('devices/redirdev').map(deviceBootOrder);
  return {
    virtType: root.attribute('type') ?? 'unknown',
    id: id === null || id < 0 ? null : id,
    name: root.find('name')?.text ?? '',
    uuid: (root.textAt('uuid') ?? '').toLowerCase(),
    title: filled(root.textAt('title')),
    description: filled(root.textAt('description')),
    osinfo: readOsinfo(root),
    isBalancer: ownMetadata(root, 'balancer') !== null,
    memoryKiB,
    // Without a size of its own, or with 0, the balloon is as large as the memory.
    currentMemoryKiB: sizeKiB(root.find('currentMemory')) || memoryKiB,
    maxMemory: readMaxMemory(root),
    vcpus: Math.min(count(root.attributeAt('vcpu', 'current')) ?? maxVcpus, maxVcpus),
    maxVcpus,
    cpu: readCpu(root.find('cpu')),
    os,
    bootOrder: bootOrderOf(devices, redirected, os),
    features: root.findAll('features/*').map((feature) => feature.name),
    clockOffset: filled(root.attributeAt('clock', 'offset')),
    onPoweroff: root.textAt('on_poweroff') ?? 'destroy',
    onReboot: root.textAt('on_reboot') ?? 'restart',
    onCrash: root.textAt('on_crash') ?? 'destroy',
    ...devices,
  };
}

type Devices = Pick<
  DomainModel,
  | 'emulator'
  | 'disks'
  | 'filesystems'
  | 'nics'
  | 'graphics'
  | 'serials'
  | 'consoles'
  | 'channels'
  | 'textConsoles'
  | 'agent'
  | 'video'
  | 'balloon'
  | 'tpm'
  | 'hostDevices'
  | 'rngs'
  | 'watchdogs'
  | 'controllers'
>;

function readDevices(devices: XmlElement | null): Devices {
  const all = <T>(name: string, read: (element: XmlElement) => T): T[] =>
    devices === null ? [] : devices.findAll(name).map(read);
  const serials = all('serial', (element) => readCharacter(element, 'serial'));
  const consoles = all('console', (element) => readCharacter(element, 'console'));
  const channels = all('channel', (element) => readCharacter(element, 'channel'));
  return {
    emulator: filled(devices?.textAt('emulator')),
    disks: all('disk', readDisk),
    filesystems: all('filesystem', readFilesystem),
    nics: all('interface', readNic),
    graphics: all('graphics', readGraphics),
    serials,
    consoles,
    channels,
    textConsoles: textConsoles(serials, consoles),
    agent: agentState(channels),
    video: all('video', readVideo),
    balloon: all('memballoon', readBalloon)[0] ?? null,
    tpm: all('tpm', readTpm)[0] ?? null,
    hostDevices: all('hostdev', readHostDevice),
    rngs: all('rng', readRng),
    watchdogs: all('watchdog', readWatchdog),
    controllers: all('controller', readController),
  };
}

function readOsinfo(root: XmlElement): string | null {
  const os = root.find('metadata')?.findInNamespace(OSINFO, 'libosinfo')?.findInNamespace(OSINFO, 'os');
  return filled(os?.attribute('id'));
}

function readMaxMemory(root: XmlElement): DomainModel['maxMemory'] {
  const element = root.find('maxMemory');
  const kib = sizeKiB(element);
  return kib === null ? null : { kib, slots: count(element?.attribute('slots')) ?? 0 };
}

function bootOrderOf(devices: Devices, redirected: readonly (number | null)[], os: OsModel): string[] {
  const entries = [
    ...devices.disks.map((disk) => ({ order: disk.bootOrder, name: disk.target })),
    ...devices.nics.map((nic) => ({ order: nic.bootOrder, name: nic.mac })),
    ...devices.hostDevices.map((device) => ({
      order: device.bootOrder,
      name: device.address ?? device.type,
    })),
    ...redirected.map((order) => ({ order, name: 'redirdev' })),
  ];
  const ordered = entries
    .filter((entry) => entry.order !== null)
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
  return ordered.length > 0 ? ordered.map((entry) => entry.name) : [...os.boot];
}
