import { parseXml, XmlError, type XmlElement } from '../../xml/index.ts';
import { freeTarget } from './domain-build-devices.ts';
import type { DomainModel } from './domain.ts';

/** A disk of no content that is there for a while, so that a guest installs virtio's driver while it starts from another bus. */
export interface ProbeDisk {
  readonly type: 'file' | 'block';
  readonly path: string;
  readonly format: string;
}

/** What the probe disk is known by. */
const SERIAL = 'virtlane-virtio';
/** How libosinfo's ids of Windows begin. */
const WINDOWS = 'http://microsoft.com/';
/** Those that every system knows, and that disks are taken from. */
const PLAIN_BUSES: ReadonlySet<string> = new Set(['sata', 'ide']);

/** Devices that go to virtio, as they are before. */
export interface ToVirtio {
  readonly disks: readonly { readonly path: string; readonly bus: string; readonly target: string }[];
  readonly nics: readonly { readonly mac: string; readonly model: string }[];
}

/** The definition with the probe disk behind its disks, and the CD of the drivers in a drive of its own. @throws {XmlError} */
export function withProbeDisk(xml: string, disk: ProbeDisk, cd: string | null): string {
  const document = parseXml(xml);
  const devices = document.root.find('devices');
  if (devices === null) throw new XmlError('The machine has no devices.');
  const used = targetsOf(document.root);
  document.append(devices, {
    name: 'disk',
    attributes: { type: disk.type, device: 'disk' },
    children: [
      { name: 'driver', attributes: { name: 'qemu', type: disk.format } },
      { name: 'source', attributes: { [disk.type === 'block' ? 'dev' : 'file']: disk.path } },
      { name: 'target', attributes: { dev: freeTarget('vda', used), bus: 'virtio' } },
      { name: 'serial', text: SERIAL },
    ],
  });
  if (cd !== null)
    document.append(devices, {
      name: 'disk',
      attributes: { type: 'file', device: 'cdrom' },
      children: [
        { name: 'driver', attributes: { name: 'qemu', type: 'raw' } },
        { name: 'source', attributes: { file: cd } },
        { name: 'target', attributes: { dev: freeTarget('sda', used), bus: 'sata' } },
        { name: 'readonly' },
      ],
    });
  return document.toString();
}

/** The definition without the probe disk, and without the drive that has the CD. */
export function withoutProbeDisk(xml: string, cd: string | null): string {
  const document = parseXml(xml);
  for (const disk of disksOf(document.root))
    if (disk.textAt('serial') === SERIAL || (cd !== null && isDrive(disk) && pathOf(disk) === cd))
      document.remove(disk);
  return document.toString();
}

/** Null: it has none. */
export function probeDiskOf(xml: string): ProbeDisk | null {
  const disk = disksOf(parseXml(xml).root).find((one) => one.textAt('serial') === SERIAL);
  const path = disk === undefined ? null : pathOf(disk);
  if (disk === undefined || path === null) return null;
  return {
    type: disk.attribute('type') === 'block' ? 'block' : 'file',
    path,
    format: disk.attributeAt('driver', 'type') ?? 'raw',
  };
}

/** What of a machine is not on virtio, and can be. */
export function toVirtioOf(xml: string): ToVirtio {
  const { root } = parseXml(xml);
  return {
    disks: disksOf(root).flatMap((disk) => {
      const path = pathOf(disk);
      const bus = disk.attributeAt('target', 'bus') ?? '';
      const isDisk = (disk.attribute('device') ?? 'disk') === 'disk';
      if (path === null || !isDisk || !PLAIN_BUSES.has(bus)) return [];
      return [{ path, bus, target: disk.attributeAt('target', 'dev') ?? '' }];
    }),
    nics: root.findAll('devices/interface').flatMap((nic) => {
      const mac = nic.attributeAt('mac', 'address');
      const model = nic.attributeAt('model', 'type');
      return mac === null || model === null || model.startsWith('virtio') ? [] : [{ mac, model }];
    }),
  };
}

/** How far a machine of Windows is on its way to virtio; null: nothing of it is to go there, or it is of another system. */
export function virtioStateOf({
  disks,
  osinfo,
  clockOffset,
}: Pick<DomainModel, 'disks' | 'osinfo' | 'clockOffset'>): 'plain' | 'prepared' | null {
  if (disks.some(({ serial }) => serial === SERIAL)) return 'prepared';
  // Windows alone has its clock in local time.
  const isWindows = osinfo?.startsWith(WINDOWS) ?? clockOffset === 'localtime';
  const isPlain = disks.some(
    ({ device, bus, source }) => device === 'disk' && source !== null && PLAIN_BUSES.has(bus),
  );
  return isWindows && isPlain ? 'plain' : null;
}

/** The definition with these on virtio. Where they are plugged in, libvirt chooses anew. */
export function onVirtio(xml: string, { disks, nics }: ToVirtio): string {
  const root = parseXml(xml).root;
  const used = targetsOf(root);
  return changed(xml, {
    disks: disks.map(({ path }) => {
      const target = freeTarget('vda', used);
      used.add(target);
      return { path, bus: 'virtio', target };
    }),
    nics: nics.map(({ mac }) => ({ mac, model: 'virtio' })),
  });
}

/** The definition with these as they were before. */
export function offVirtio(xml: string, before: ToVirtio): string {
  return changed(xml, before);
}

function changed(xml: string, { disks, nics }: ToVirtio): string {
  const document = parseXml(xml);
  const plugged = (element: XmlElement): void => {
    const address = element.find('address');
    if (address !== null) document.remove(address);
  };
  for (const disk of disksOf(document.root)) {
    const wanted = isDrive(disk) ? undefined : disks.find(({ path }) => path === pathOf(disk));
    const target = disk.find('target');
    if (wanted === undefined || target === null) continue;
    document.setAttribute(target, 'bus', wanted.bus);
    document.setAttribute(target, 'dev', wanted.target);
    plugged(disk);
  }
  for (const nic of document.root.findAll('devices/interface')) {
    const wanted = nics.find(({ mac }) => mac === nic.attributeAt('mac', 'address'));
    const model = nic.find('model');
    if (wanted === undefined || model === null) continue;
    document.setAttribute(model, 'type', wanted.model);
    plugged(nic);
  }
  return document.toString();
}

function disksOf(root: XmlElement): XmlElement[] {
  return root.findAll('devices/disk');
}

function isDrive(disk: XmlElement): boolean {
  return disk.attribute('device') === 'cdrom' || disk.attribute('device') === 'floppy';
}

function pathOf(disk: XmlElement): string | null {
  return disk.attributeAt('source', 'file') ?? disk.attributeAt('source', 'dev');
}

function targetsOf(root: XmlElement): Set<string> {
  return new Set(disksOf(root).flatMap((disk) => disk.attributeAt('target', 'dev') ?? []));
}
