import { parseXml, type XmlDocument, type XmlElement } from '../../xml/index.ts';

/** What libvirt adds to a definition while the machine runs. */
export interface Runtime {
  id: number;
  /** Port of the VNC or SPICE server. */
  graphicsPort: number;
  /** Devices of the NICs on the host, in their order: `vnet3`. */
  nicTargets: readonly string[];
  ptyPath: string;
  agentConnected: boolean;
  balloonPeriodSec: number;
  memoryKiB: number;
  vcpus: number;
}

/** The XML of a running machine: its definition with what was chosen at its start written into it. */
export function liveXml(definition: string, runtime: Runtime): string {
  const document = parseXml(definition);
  const { root } = document;
  document.setAttribute(root, 'id', String(runtime.id));
  const memory = root.find('currentMemory');
  if (memory !== null) document.setText(memory, String(runtime.memoryKiB));
  const devices = root.find('devices');
  if (devices === null) return document.toString();
  devices.findAll('disk').forEach((disk, index) => addDisk(document, disk, index));
  devices.findAll('interface').forEach((nic, index) => addNic(document, nic, { index, runtime }));
  for (const [name, alias] of [
    ['serial', 'serial'],
    ['console', 'serial'],
  ] as const)
    devices
      .findAll(name)
      .forEach((element, index) => addPty(document, element, { alias: `${alias}${index}`, runtime }));
  devices.findAll('channel').forEach((channel, index) => addChannel(document, channel, { index, runtime }));
  devices.findAll('graphics').forEach((graphics) => {
    document.setAttribute(graphics, 'port', String(runtime.graphicsPort));
  });
  devices.findAll('video').forEach((video, index) => addAlias(document, video, `video${index}`));
  for (const balloon of devices.findAll('memballoon'))
    addBalloon(document, balloon, runtime.balloonPeriodSec);
  return document.toString();
}

/** The same XML without passwords: what libvirt shows unless VIR_DOMAIN_XML_SECURE is asked for. */
export function withoutSecrets(xml: string): string {
  const document = parseXml(xml);
  for (const graphics of document.root.findAll('devices/graphics'))
    if (graphics.attribute('passwd') !== null) document.removeAttribute(graphics, 'passwd');
  return document.toString();
}

function addAlias(document: XmlDocument, element: XmlElement, name: string): void {
  const present = element.find('alias');
  if (present === null) document.append(element, { name: 'alias', attributes: { name } });
  else document.setAttribute(present, 'name', name);
}

function addDisk(document: XmlDocument, disk: XmlElement, index: number): void {
  const source = disk.find('source');
  if (source !== null) document.setAttribute(source, 'index', String(index + 1));
  if (source !== null && disk.find('backingStore') === null)
    document.insertAfter(source, { name: 'backingStore' });
  const bus = disk.attributeAt('target', 'bus') ?? 'virtio';
  addAlias(document, disk, bus === 'virtio' ? `virtio-disk${index}` : `${bus}0-0-0`);
}

function addNic(document: XmlDocument, nic: XmlElement, at: { index: number; runtime: Runtime }): void {
  const dev = at.runtime.nicTargets[at.index] ?? `vnet${at.index}`;
  const target = nic.find('target');
  const model = nic.find('model');
  if (target !== null) document.setAttribute(target, 'dev', dev);
  else if (model !== null) document.insertBefore(model, { name: 'target', attributes: { dev } });
  else document.append(nic, { name: 'target', attributes: { dev } });
  const source = nic.find('source');
  const network = source?.attribute('network');
  if (source !== null && network !== null && network !== undefined)
    document.setAttribute(source, 'bridge', network === 'default' ? 'virbr0' : network);
  addAlias(document, nic, `net${at.index}`);
}

function addPty(document: XmlDocument, element: XmlElement, at: { alias: string; runtime: Runtime }): void {
  const { ptyPath } = at.runtime;
  if (element.name === 'console') document.setAttribute(element, 'tty', ptyPath);
  const target = element.find('target');
  if (target !== null && element.find('source') === null)
    document.insertBefore(target, { name: 'source', attributes: { path: ptyPath } });
  addAlias(document, element, at.alias);
}

function addChannel(
  document: XmlDocument,
  channel: XmlElement,
  at: { index: number; runtime: Runtime },
): void {
  const target = channel.find('target');
  if (target?.attribute('name') === 'org.qemu.guest_agent.0')
    document.setAttribute(target, 'state', at.runtime.agentConnected ? 'connected' : 'disconnected');
  addAlias(document, channel, `channel${at.index}`);
}

function addBalloon(document: XmlDocument, balloon: XmlElement, period: number): void {
  const stats = balloon.find('stats');
  if (stats !== null) document.setAttribute(stats, 'period', String(period));
  else if (period > 0) document.append(balloon, { name: 'stats', attributes: { period: String(period) } });
  addAlias(document, balloon, 'balloon0');
}
