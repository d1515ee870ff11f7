import type { XmlElement } from '../../xml/index.ts';
import { count, deviceAlias, deviceBootOrder, exact, filled, pciAddress } from './values.ts';

export interface DiskHost {
  readonly name: string | null;
  readonly port: number | null;
  readonly socket: string | null;
  readonly transport: string | null;
}

/** Where the bytes of a disk, or of a file under it, are. */
export interface DiskSource {
  /** `file`, `block`, `dir`, `network`, `volume`, `nvme`, `vhostuser`… */
  readonly type: string;
  /** On the host: a file, a device, a directory or a socket. */
  readonly path: string | null;
  readonly protocol: string | null;
  readonly name: string | null;
  readonly hosts: readonly DiskHost[];
  readonly pool: string | null;
  readonly volume: string | null;
  /** In one line for a person: a path, a URL or `pool/volume`. */
  readonly display: string;
}

export const DISK_DEVICES = ['disk', 'cdrom', 'floppy', 'lun'] as const;
export type DiskDevice = (typeof DISK_DEVICES)[number];

export interface DiskModel {
  readonly type: string;
  readonly device: DiskDevice;
  /** `vda`: a disk's name in calls. */
  readonly target: string;
  readonly bus: string;
  /** Null for an empty drive. */
  readonly source: DiskSource | null;
  /** The driver's `type`: `qcow2`, `raw`… */
  readonly format: string | null;
  readonly cache: string | null;
  readonly io: string | null;
  readonly discard: string | null;
  readonly readonly: boolean;
  readonly shareable: boolean;
  readonly serial: string | null;
  readonly wwn: string | null;
  readonly bootOrder: number | null;
  readonly alias: string | null;
  /** What lies under the source, top first; libvirt tells it while the machine runs, or when it is written in the definition. */
  readonly backing: readonly BackingModel[];
  /** Where it is being copied to; the machine goes on with that file once the copy is pivoted to. */
  readonly mirror: (BackingModel & { readonly backing: readonly BackingModel[] }) | null;
}

/** A file of a chain. */
export interface BackingModel {
  readonly source: DiskSource;
  readonly format: string | null;
}

export function readDisk(disk: XmlElement): DiskModel {
  const type = disk.attribute('type') ?? 'file';
  const target = disk.attributeAt('target', 'dev') ?? '';
  const driver = disk.find('driver');
  return {
    type,
    device: DISK_DEVICES.find((known) => known === disk.attribute('device')) ?? 'disk',
    target,
    bus: disk.attributeAt('target', 'bus') ?? busOf(disk, target),
    source: readSource(disk.find('source'), type),
    format: filled(driver?.attribute('type')),
    cache: filled(driver?.attribute('cache')),
    io: filled(driver?.attribute('io')),
    discard: filled(driver?.attribute('discard')),
    // libvirt writes <readonly/> into every CD drive, and means it where it is left out.
    readonly: disk.find('readonly') !== null || disk.attribute('device') === 'cdrom',
    shareable: disk.find('shareable') !== null,
    serial: filled(disk.textAt('serial')),
    wwn: filled(disk.textAt('wwn')),
    bootOrder: deviceBootOrder(disk),
    alias: deviceAlias(disk),
    backing: readBacking(disk),
    mirror: readMirror(disk.find('mirror')),
  };
}

/** libvirt guesses the bus by the name of the target (virDomainDiskDefPostParse). */
function busOf(disk: XmlElement, target: string): string {
  if (disk.attribute('device') === 'floppy') return 'fdc';
  if (target.startsWith('vd')) return 'virtio';
  if (target.startsWith('sd')) return 'scsi';
  if (target.startsWith('xvd')) return 'xen';
  if (target.startsWith('ubd')) return 'uml';
  return 'ide';
}

function readMirror(mirror: XmlElement | null): DiskModel['mirror'] {
  const source = readSource(mirror?.find('source') ?? null, mirror?.attribute('type') ?? 'file');
  if (mirror === null || source === null) return null;
  return { source, format: filled(mirror.attributeAt('format', 'type')), backing: readBacking(mirror) };
}

function readBacking(disk: XmlElement): BackingModel[] {
  const chain: BackingModel[] = [];
  for (let store = disk.find('backingStore'); store !== null; store = store.find('backingStore')) {
    const source = readSource(store.find('source'), store.attribute('type') ?? 'file');
    if (source === null) break;
    chain.push({ source, format: filled(store.attributeAt('format', 'type')) });
  }
  return chain;
}

function readSource(source: XmlElement | null, type: string): DiskSource | null {
  if (source === null) return null;
  const parts = {
    type,
    path: exact(
      source.attribute('file') ??
        source.attribute('dev') ??
        source.attribute('dir') ??
        source.attribute('path'),
    ),
    protocol: filled(source.attribute('protocol')),
    name: exact(source.attribute('name')),
    hosts: source.findAll('host').map(readHost),
    pool: exact(source.attribute('pool')),
    volume: exact(source.attribute('volume')),
  };
  const display = displayOf(parts, source);
  return display === null ? null : { ...parts, display };
}

function readHost(host: XmlElement): DiskHost {
  return {
    name: filled(host.attribute('name')),
    port: count(host.attribute('port')),
    socket: exact(host.attribute('socket')),
    transport: filled(host.attribute('transport')),
  };
}

function displayOf(source: Omit<DiskSource, 'display'>, element: XmlElement): string | null {
  switch (source.type) {
    case 'network': {
      if (source.protocol === null) return source.name;
      const hosts = source.hosts.map((host) => host.socket ?? hostAndPort(host)).join(',');
      return `${source.protocol}://${hosts}/${source.name?.replace(/^\//, '') ?? ''}`;
    }
    case 'volume':
      return source.pool === null && source.volume === null
        ? null
        : `${source.pool ?? '?'}/${source.volume ?? '?'}`;
    case 'nvme': {
      const address = pciAddress(element.find('address'));
      return address === null ? null : `nvme://${address}/${element.attribute('namespace') ?? '1'}`;
    }
    default:
      return source.path;
  }
}

function hostAndPort(host: DiskHost): string {
  const name = host.name ?? '';
  const bracketed = name.includes(':') ? `[${name}]` : name;
  return host.port === null ? bracketed : `${bracketed}:${host.port}`;
}
