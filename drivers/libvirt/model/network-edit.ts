import { parseXml, XmlError, type NewElement, type XmlDocument, type XmlElement } from '../../xml/index.ts';
import {
  bandwidthElements,
  deviceElements,
  dhcpHostElement,
  dnsHostElement,
  forwardElement,
  forwarderElement,
  ipElement,
  portGroupElement,
  rangeElement,
  rateElement,
  routeElement,
  vlanElement,
} from './network-elements.ts';
import { changedFields, same } from './network-difference.ts';
import type { NetworkIpModel, NetworkModel, NetworkPortGroup } from './network-types.ts';
import { networkOf } from './network.ts';

/**
 * A network's definition changed to what `wanted` says. Only what differs is touched: everything else, known here or not, stays byte
 * for byte.
 * @throws {XmlError} when it is not XML, not of a network, or a value cannot be written
 */
export function editNetworkXml(xml: string, wanted: NetworkModel): string {
  const document = parseXml(xml);
  const { root } = document;
  if (root.name !== 'network') throw new XmlError(`Expected <network>, found <${root.name.slice(0, 80)}>`);
  const before = networkOf(root);
  const changed = changedFields(before, wanted);
  const single = (name: string, attribute: string, value: string | null): void =>
    setSingle(document, { name, attribute, value });
  if (changed.has('mode') || changed.has('devices') || changed.has('natPorts'))
    editForward(document, before, wanted);
  if (changed.has('mode') || changed.has('bridge') || changed.has('stp')) editBridge(document, wanted);
  if (changed.has('mtu')) single('mtu', 'size', wanted.mtu === null ? null : String(wanted.mtu));
  if (changed.has('domain')) single('domain', 'name', wanted.domain);
  if (changed.has('virtualPort')) single('virtualport', 'type', wanted.virtualPort);
  if (changed.has('vlan'))
    replace(document, root, 'vlan', wanted.vlan === null ? [] : [vlanElement(wanted.vlan)]);
  if (changed.has('dnsEnabled') || changed.has('dnsForwarders') || changed.has('dnsHosts'))
    editDns(document, before, wanted);
  if (changed.has('inbound') || changed.has('outbound')) editBandwidth(document, root, wanted);
  if (changed.has('ips')) editIps(document, before, wanted.ips);
  if (changed.has('routes'))
    editList(document, root, {
      elements: root.findAll('route'),
      before: before.routes,
      wanted: wanted.routes,
      write: routeElement,
    });
  if (changed.has('portGroups')) editPortGroups(document, before, wanted.portGroups);
  return document.toString();
}

/** `<name attribute='value'/>` directly within the network. */
function setSingle(
  document: XmlDocument,
  { name, attribute, value }: { name: string; attribute: string; value: string | null },
): void {
  const element = document.root.find(name);
  if (value === null) {
    if (element !== null) document.remove(element);
  } else if (element === null) document.append(document.root, { name, attributes: { [attribute]: value } });
  else document.setAttribute(element, attribute, value);
}

function replace(
  document: XmlDocument,
  parent: XmlElement,
  name: string,
  added: readonly NewElement[],
): void {
  for (const element of parent.findAll(name)) document.remove(element);
  for (const one of added) document.append(parent, one);
}

interface ListEdit<T> {
  /** Those that are there, in the order of `before`. */
  elements: readonly XmlElement[];
  before: readonly T[];
  wanted: readonly T[];
  write: (item: T) => NewElement;
}

/** Takes out what is not wanted any more and adds what is new; what stays keeps its text and place. */
function editList<T>(document: XmlDocument, parent: XmlElement, list: ListEdit<T>): void {
  const left = [...list.wanted];
  for (const [index, element] of list.elements.entries()) {
    const at = left.findIndex((item) => same(item, list.before[index]));
    if (at === -1) document.remove(element);
    else left.splice(at, 1);
  }
  for (const item of left) document.append(parent, list.write(item));
}

function editForward(document: XmlDocument, before: NetworkModel, wanted: NetworkModel): void {
  const forward = document.root.find('forward');
  const added = forwardElement(wanted);
  if (forward === null || added === null) {
    if (forward !== null) document.remove(forward);
    if (added !== null) document.append(document.root, added);
    return;
  }
  if (before.mode !== wanted.mode) {
    document.setAttribute(forward, 'mode', wanted.mode);
    if (wanted.mode === 'hostdev') document.setAttribute(forward, 'managed', 'yes');
    else document.removeAttribute(forward, 'managed');
  }
  if (!same(before.devices, wanted.devices) || before.mode !== wanted.mode) {
    document.removeAttribute(forward, 'dev');
    for (const name of ['interface', 'address', 'pf'])
      for (const element of forward.findAll(name)) {
        const dev = element.attribute('dev');
        const stays = name === 'interface' && wanted.mode !== 'hostdev' && wanted.devices.includes(dev ?? '');
        if (!stays) document.remove(element);
      }
    const there =
      wanted.mode === 'hostdev' ? [] : forward.findAll('interface').map((one) => one.attribute('dev'));
    const devices = wanted.devices.filter((dev) => !there.includes(dev));
    for (const element of deviceElements({ mode: wanted.mode, devices })) document.append(forward, element);
  }
  editNatPorts(document, forward, wanted);
}

function editNatPorts(document: XmlDocument, forward: XmlElement, { mode, natPorts }: NetworkModel): void {
  const nat = forward.find('nat');
  if (mode !== 'nat') {
    if (nat !== null) document.remove(nat);
    return;
  }
  const port = nat?.find('port') ?? null;
  if (natPorts === null) {
    // libvirt's default, which it has written itself, stays.
    if (port !== null && networkOf(document.root).natPorts !== null) document.remove(port);
    return;
  }
  const attributes = { start: String(natPorts.start), end: String(natPorts.end) };
  if (nat === null) document.append(forward, { name: 'nat', children: [{ name: 'port', attributes }] });
  else if (port === null) document.append(nat, { name: 'port', attributes });
  else for (const [name, value] of Object.entries(attributes)) document.setAttribute(port, name, value);
}

/** Networks that libvirt makes no bridge for. */
const WITHOUT_OWN_BRIDGE: ReadonlySet<string> = new Set([
  'bridge',
  'private',
  'vepa',
  'passthrough',
  'hostdev',
]);

function editBridge(document: XmlDocument, { mode, bridge, stp }: NetworkModel): void {
  const element = document.root.find('bridge');
  const foreign = WITHOUT_OWN_BRIDGE.has(mode);
  if (element === null || (foreign && bridge === null)) {
    if (element !== null) document.remove(element);
    else if (bridge !== null || stp !== null)
      document.append(document.root, {
        name: 'bridge',
        attributes: {
          ...(bridge === null ? {} : { name: bridge }),
          ...(stp === null ? {} : { stp: stp ? 'on' : 'off' }),
        },
      });
    return;
  }
  if (bridge === null) document.removeAttribute(element, 'name');
  else document.setAttribute(element, 'name', bridge);
  // libvirt refuses both on a bridge that is not its own.
  if (foreign || stp === null) document.removeAttribute(element, 'stp');
  else document.setAttribute(element, 'stp', stp ? 'on' : 'off');
  if (foreign) document.removeAttribute(element, 'delay');
}

function editDns(document: XmlDocument, before: NetworkModel, wanted: NetworkModel): void {
  const dns = document.root.find('dns');
  const { dnsEnabled, dnsForwarders, dnsHosts } = wanted;
  const enable = dnsEnabled === null ? null : dnsEnabled ? 'yes' : 'no';
  if (dns === null) {
    document.append(document.root, {
      name: 'dns',
      attributes: enable === null ? {} : { enable },
      children: [...dnsForwarders.map(forwarderElement), ...dnsHosts.map(dnsHostElement)],
    });
    return;
  }
  if (enable === null) document.removeAttribute(dns, 'enable');
  else document.setAttribute(dns, 'enable', enable);
  editList(document, dns, {
    elements: dns.findAll('forwarder'),
    before: before.dnsForwarders,
    wanted: dnsForwarders,
    write: forwarderElement,
  });
  editList(document, dns, {
    elements: dns.findAll('host'),
    before: before.dnsHosts,
    wanted: dnsHosts,
    write: dnsHostElement,
  });
}

/** Of the network or of a port group; the floor of an inbound rate stays. */
function editBandwidth(
  document: XmlDocument,
  parent: XmlElement,
  wanted: Pick<NetworkPortGroup, 'inbound' | 'outbound'>,
): void {
  const bandwidth = parent.find('bandwidth');
  const [added] = bandwidthElements(wanted);
  if (bandwidth === null || added === undefined) {
    if (bandwidth !== null) document.remove(bandwidth);
    if (added !== undefined) document.append(parent, added);
    return;
  }
  for (const name of ['inbound', 'outbound'] as const) {
    const element = bandwidth.find(name);
    const rate = wanted[name];
    if (rate === null) {
      if (element !== null) document.remove(element);
    } else if (element === null) document.append(bandwidth, rateElement(name, rate));
    else {
      const values = { average: rate.averageKiBps, peak: rate.peakKiBps, burst: rate.burstKiB };
      for (const [key, value] of Object.entries(values)) {
        if (value === null) document.removeAttribute(element, key);
        else document.setAttribute(element, key, String(value));
      }
    }
  }
}

function editIps(document: XmlDocument, before: NetworkModel, wanted: readonly NetworkIpModel[]): void {
  const elements = document.root.findAll('ip').filter((ip) => (ip.attribute('address') ?? '').trim() !== '');
  const left = [...wanted];
  for (const [index, element] of elements.entries()) {
    const now = before.ips[index];
    const at = left.findIndex((ip) => ip.family === now?.family && ip.address === now.address);
    const next = left[at];
    if (now === undefined || next === undefined) document.remove(element);
    else {
      left.splice(at, 1);
      editIp(document, element, { now, next });
    }
  }
  for (const ip of left) document.append(document.root, ipElement(ip));
}

function editIp(
  document: XmlDocument,
  element: XmlElement,
  { now, next }: { now: NetworkIpModel; next: NetworkIpModel },
): void {
  if (now.prefix !== next.prefix) {
    document.removeAttribute(element, 'netmask');
    document.setAttribute(element, 'prefix', String(next.prefix));
  }
  const dhcp = element.find('dhcp');
  const given = next.ranges.length + next.hosts.length;
  if (dhcp === null) {
    const [added] = ipElement(next).children ?? [];
    if (added !== undefined) document.append(element, added);
    return;
  }
  if (given === 0) {
    document.remove(dhcp);
    return;
  }
  editList(document, dhcp, {
    elements: dhcp.findAll('range'),
    before: now.ranges,
    wanted: next.ranges,
    write: rangeElement,
  });
  editList(document, dhcp, {
    elements: dhcp.findAll('host'),
    before: now.hosts,
    wanted: next.hosts,
    write: dhcpHostElement,
  });
}

function editPortGroups(
  document: XmlDocument,
  before: NetworkModel,
  wanted: readonly NetworkPortGroup[],
): void {
  const left = [...wanted];
  for (const [index, element] of document.root.findAll('portgroup').entries()) {
    const now = before.portGroups[index];
    const at = left.findIndex(({ name }) => name === now?.name);
    const next = left[at];
    if (now === undefined || next === undefined) {
      document.remove(element);
      continue;
    }
    left.splice(at, 1);
    if (now.isDefault !== next.isDefault) {
      if (next.isDefault) document.setAttribute(element, 'default', 'yes');
      else document.removeAttribute(element, 'default');
    }
    if (!same(now.vlan, next.vlan))
      replace(document, element, 'vlan', next.vlan === null ? [] : [vlanElement(next.vlan)]);
    if (!same([now.inbound, now.outbound], [next.inbound, next.outbound]))
      editBandwidth(document, element, next);
  }
  for (const group of left) document.append(document.root, portGroupElement(group));
}
