import { parseXml, type NewElement, type XmlDocument, type XmlElement } from '../../../drivers/xml/index.ts';
import { ownMetadata } from '../../../drivers/libvirt/model/index.ts';
import { isMadeCd } from '../create/names.ts';
import { isHeldCard } from './choices.ts';
import type { NewDisk } from './disks.ts';
import { renewPlaces } from './xml-places.ts';

/** What makes a machine another one than that whose XML is taken. */
export interface Cloned {
  readonly name: string;
  /** Null in a plan that is only shown: libvirt would make one. */
  readonly uuid: string | null;
  readonly title: string | null;
  readonly description: string | null;
  /** Of its cards, in their order; null as `uuid`. */
  readonly macs: readonly string[] | null;
  readonly disks: readonly NewDisk[];
  /** Targets of drives with nothing in them. */
  readonly emptied: readonly string[];
  /** Targets of disks that it does not have. */
  readonly omitted: readonly string[];
  readonly hostDevices: 'keep' | 'omit';
  /** Networks that cards are in, by those of the other machine. */
  readonly networks: ReadonlyMap<string, string>;
  /** On another host: its QEMU is elsewhere, too. */
  readonly isElsewhere: boolean;
  /** The file of its firmware's variables, which is a copy of the other's; null: libvirt makes one from the firmware's own. */
  readonly nvram: string | null;
  readonly memoryKiB: number | null;
  readonly vcpus: number | null;
  /** The CD of its first boot, and the target of the drive that it goes into; null: none. */
  readonly seed: {
    readonly path: string;
    readonly target: string;
    readonly add: readonly NewElement[];
  } | null;
}

/**
 * The definition of a machine like another one: what nobody named stays byte for byte. What must not be twice is made anew: UUID, MACs,
 * generation id, paths of sockets and logs, files that keep what is the machine's, numbers of ports. Pure.
 */
export function cloneXml(xml: string, cloned: Cloned): string {
  const document = parseXml(xml);
  const { root } = document;
  const from = root.find('name')?.text ?? '';
  setIdentity(document, cloned);
  setSizes(document, cloned);
  for (const [index, nic] of root.findAll('devices/interface').entries())
    renewNic(document, nic, { mac: cloned.macs?.[index] ?? null, networks: cloned.networks });
  for (const disk of cloned.disks) setDisk(document, disk);
  dropWwns(document, cloned.disks);
  dropDisks(document, cloned);
  const emulator = root.find('devices/emulator');
  if (cloned.isElsewhere && emulator !== null) document.remove(emulator);
  if (cloned.hostDevices === 'omit')
    for (const device of [...root.findAll('devices/hostdev'), ...heldCards(document)])
      document.remove(device);
  if (cloned.seed !== null) insertSeed(document, cloned.seed);
  renewFirmware(document, cloned.nvram);
  renewPlaces(document, { from, to: cloned.name });
  return document.toString();
}

function setIdentity(document: XmlDocument, { name, uuid, title, description }: Cloned): void {
  const { root } = document;
  const named = root.find('name');
  if (named !== null) document.setText(named, name);
  const known = root.find('uuid');
  const old = known?.text.toLowerCase() ?? '';
  if (known !== null && uuid !== null) document.setText(known, uuid);
  if (known !== null && uuid === null) document.remove(known);
  for (const [tag, text] of Object.entries({ title, description })) {
    const before = root.find(tag);
    if (before !== null && text !== null) document.setText(before, text);
    if (before !== null && text === null) document.remove(before);
    if (before === null && text !== null && named !== null) document.insertAfter(named, { name: tag, text });
  }
  for (const kind of ['template', 'twin'] as const) {
    const mark = ownMetadata(root, kind);
    if (mark !== null) document.remove(mark);
  }
  // libvirt makes another one for an empty one.
  const generation = root.find('genid');
  if (generation !== null) document.setText(generation, '');
  for (const entry of root.findAll('sysinfo/system/entry'))
    if (entry.attribute('name') === 'uuid' || (old !== '' && entry.text.toLowerCase() === old)) {
      // It must be the machine's own, and is often its serial number, too.
      if (uuid === null) document.remove(entry);
      else document.setText(entry, uuid);
    }
}

function setSizes(document: XmlDocument, { memoryKiB, vcpus }: Cloned): void {
  const { root } = document;
  if (memoryKiB !== null)
    for (const tag of ['memory', 'currentMemory']) {
      const element = root.find(tag);
      if (element === null) continue;
      document.setAttribute(element, 'unit', 'KiB');
      document.setText(element, String(memoryKiB));
    }
  if (vcpus === null) return;
  const element = root.find('vcpu');
  if (element === null) return;
  document.setText(element, String(vcpus));
  document.removeAttribute(element, 'current');
  // They tell of the CPUs that there were.
  for (const path of ['vcpus', 'cpu/topology']) {
    const old = root.find(path);
    if (old !== null) document.remove(old);
  }
}

function renewNic(
  document: XmlDocument,
  nic: XmlElement,
  { mac, networks }: { mac: string | null; networks: Cloned['networks'] },
): void {
  const source = nic.find('source');
  const network = networks.get(source?.attribute('network') ?? '');
  if (source !== null && network !== undefined) document.setAttribute(source, 'network', network);
  const known = nic.find('mac');
  if (known !== null && mac !== null) document.setAttribute(known, 'address', mac);
  else if (known !== null) document.remove(known);
  else if (mac !== null) document.append(nic, { name: 'mac', attributes: { address: mac } });
  const target = nic.find('target');
  if (target !== null) document.remove(target);
}

/** Gives a disk another file or device, of another format where that is so; nothing lies under it. */
export function setDisk(document: XmlDocument, { target, type, path, format }: NewDisk): void {
  const disk = document.root
    .findAll('devices/disk')
    .find((one) => one.attributeAt('target', 'dev') === target);
  if (disk === undefined) return;
  const source: NewElement = { name: 'source', attributes: { [type === 'file' ? 'file' : 'dev']: path } };
  document.setAttribute(disk, 'type', type);
  const driver = disk.find('driver');
  if (driver !== null) document.setAttribute(driver, 'type', format);
  else document.append(disk, { name: 'driver', attributes: { name: 'qemu', type: format } });
  const before = disk.find('source');
  if (before === null) document.append(disk, source);
  else {
    document.insertBefore(before, source);
    document.remove(before);
  }
  const chain = disk.find('backingStore');
  if (chain !== null) document.remove(chain);
}

/** A World Wide Name is one disk's in the world; a serial number stays, as guests find their disks by it. */
function dropWwns(document: XmlDocument, disks: readonly NewDisk[]): void {
  const targets = new Set(disks.map(({ target }) => target));
  for (const disk of document.root.findAll('devices/disk'))
    if (targets.has(disk.attributeAt('target', 'dev') ?? ''))
      for (const wwn of disk.findAll('wwn')) document.remove(wwn);
}

function heldCards({ root }: XmlDocument): XmlElement[] {
  return root.findAll('devices/interface').filter((nic) => isHeldCard({ type: nic.attribute('type') ?? '' }));
}

function dropDisks(document: XmlDocument, { emptied, omitted, seed }: Cloned): void {
  for (const disk of document.root.findAll('devices/disk')) {
    const target = disk.attributeAt('target', 'dev') ?? '';
    if (omitted.includes(target)) document.remove(disk);
    else if (target !== seed?.target && (emptied.includes(target) || hasMadeCd(disk)))
      emptyDrive(document, disk);
  }
}

/** What the machine was told is not told to others: user, keys and the identity by which cloud-init knows a first boot. */
function hasMadeCd(disk: XmlElement): boolean {
  const path = disk.attributeAt('source', 'file') ?? disk.attributeAt('source', 'dev');
  return disk.attribute('device') === 'cdrom' && path !== null && isMadeCd(path);
}

function emptyDrive(document: XmlDocument, disk: XmlElement): void {
  for (const child of disk.children)
    if (child.name === 'source' || child.name === 'backingStore') document.remove(child);
}

function insertSeed(document: XmlDocument, seed: NonNullable<Cloned['seed']>): void {
  const devices = document.root.find('devices');
  if (devices === null) return;
  for (const element of seed.add) document.append(devices, element);
  if (seed.add.length === 0)
    setDisk(document, { target: seed.target, type: 'file', path: seed.path, format: 'raw' });
}

/** The file of the firmware's variables is one machine's. */
export function renewFirmware(document: XmlDocument, file: string | null): void {
  const os = document.root.find('os');
  const nvram = os?.find('nvram') ?? null;
  if (file === null) {
    if (nvram === null) return;
    if (nvram.attribute('template') !== null && nvram.children.length === 0) document.setText(nvram, '');
    else document.remove(nvram);
    return;
  }
  const source = nvram?.find('source') ?? null;
  if (source !== null) document.setAttribute(source, 'file', file);
  else if (nvram !== null) document.setText(nvram, file);
  else if (os !== null) document.append(os, { name: 'nvram', text: file });
}
