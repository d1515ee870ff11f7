import type { XmlDocument, XmlElement } from '../../../drivers/xml/index.ts';

/** Elements of a device that is a socket, a file or a port on the host. */
const CHARACTERS = ['serial', 'console', 'channel', 'parallel', 'smartcard', 'rng/backend', 'redirdev'];

interface Names {
  readonly from: string;
  readonly to: string;
}

/** Gives a machine sockets, logs, ports and numbers of its own: what names a place of the host that one machine has at a time. */
export function renewPlaces(document: XmlDocument, names: Names): void {
  const { root } = document;
  for (const character of CHARACTERS.flatMap((path) => root.findAll(`devices/${path}`))) {
    for (const log of character.findAll('log')) renewPath(document, log, 'file', names);
    for (const source of character.findAll('source')) {
      if (source.attribute('path') === null) continue;
      // libvirt chooses a place for the sockets that it makes for itself.
      if (character.name === 'channel' && character.attribute('type') === 'unix') document.remove(source);
      else if (['unix', 'file', 'pipe'].includes(character.attribute('type') ?? ''))
        renewPath(document, source, 'path', names);
    }
  }
  for (const graphics of root.findAll('devices/graphics')) renewScreen(document, graphics, names);
  for (const nic of root.findAll('devices/interface')) renewPlug(document, nic, names);
  for (const audio of root.findAll('devices/audio'))
    if (audio.attribute('type') === 'file') renewPath(document, audio, 'path', names);
  // libvirt keeps an emulated TPM by the machine's UUID, where nothing else is said.
  for (const source of root.findAll('devices/tpm/backend/source')) {
    const isOwn = source.attribute('type') === 'dir' || source.attribute('type') === 'file';
    if (isOwn) document.remove(source);
    else renewPath(document, source, 'path', names);
  }
  // Behind them is a program that libvirt does not start: each machine has one of its own.
  for (const source of root.findAll('devices/filesystem/source'))
    renewPath(document, source, 'socket', names);
  for (const disk of root.findAll('devices/disk').filter((one) => one.attribute('type') === 'vhostuser'))
    for (const source of disk.findAll('source')) renewPath(document, source, 'path', names);
  renewStores(document, names);
  for (const label of root.findAll('seclabel')) renewLabel(document, label);
  for (const lease of root.findAll('devices/lease')) document.remove(lease);
  for (const cid of root.findAll('devices/vsock/cid')) {
    document.setAttribute(cid, 'auto', 'yes');
    document.removeAttribute(cid, 'address');
  }
}

/** Files that keep what is the machine's own, and that are made where they are missing; a module's UUID is made by libvirt. */
function renewStores(document: XmlDocument, names: Names): void {
  const { root } = document;
  // Variables of the firmware, from libvirt 12.1 on: begun by its template.
  for (const store of root.findAll('os/varstore')) renewPath(document, store, 'path', names);
  for (const path of root.findAll('devices/pstore/path'))
    document.setText(path, renamed(path.text.trim(), names));
  for (const uuid of root.findAll('devices/memory/uuid')) document.remove(uuid);
}

/** Models whose label tells one machine from the others: two that share one are not kept apart. That of `dac` is a user. */
export const SEPARATING: readonly string[] = ['selinux', 'apparmor'];

/** A label that is fixed becomes one that libvirt makes at each start. */
function renewLabel(document: XmlDocument, label: XmlElement): void {
  if (label.attribute('type') !== 'static' || !SEPARATING.includes(label.attribute('model') ?? '')) return;
  document.setAttribute(label, 'type', 'dynamic');
  // A label that libvirt makes is no use on files that do not get it.
  document.setAttribute(label, 'relabel', 'yes');
  for (const child of label.children) document.remove(child);
}

/** What a card is plugged into that knows it by a name: a port of Open vSwitch, a socket of vhost-user. */
function renewPlug(document: XmlDocument, nic: XmlElement, names: Names): void {
  // libvirt makes others where they are left out.
  for (const port of nic.findAll('virtualport/parameters'))
    for (const attribute of ['interfaceid', 'instanceid']) document.removeAttribute(port, attribute);
  const source = nic.find('source');
  if (nic.attribute('type') === 'vhostuser' && source !== null) renewPath(document, source, 'path', names);
  const backend = nic.find('backend');
  if (backend !== null) renewPath(document, backend, 'logFile', names);
}

function renewScreen(document: XmlDocument, graphics: XmlElement, names: Names): void {
  const port = Number(graphics.attribute('port') ?? '-1');
  if (port > 0) {
    document.setAttribute(graphics, 'port', '-1');
    document.setAttribute(graphics, 'autoport', 'yes');
    document.removeAttribute(graphics, 'tlsPort');
  }
  for (const attribute of ['websocket', ...(port > 0 ? [] : ['tlsPort'])])
    if (Number(graphics.attribute(attribute) ?? '-1') > 0) document.setAttribute(graphics, attribute, '-1');
  for (const element of [graphics, ...graphics.findAll('listen')])
    if (element.attribute('socket') !== null) renewPath(document, element, 'socket', names);
}

function renewPath(document: XmlDocument, element: XmlElement, attribute: string, names: Names): void {
  const path = element.attribute(attribute);
  if (path === null || path.startsWith('/dev/')) return;
  document.setAttribute(element, attribute, renamed(path, names));
}

/** A path with the new machine's name in place of the old one's, or behind it where that is not in it. */
function renamed(path: string, { from, to }: Names): string {
  const slash = path.lastIndexOf('/') + 1;
  const [folder, file] = [path.slice(0, slash), path.slice(slash)];
  return folder + (from !== '' && file.includes(from) ? file.replace(from, () => to) : `${file}.${to}`);
}
