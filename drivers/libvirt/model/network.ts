import type { XmlElement } from '../../xml/index.ts';
import {
  DEFAULT_NAT_PORTS,
  type IpFamily,
  type NetworkBandwidth,
  type NetworkIpModel,
  type NetworkMode,
  type NetworkModel,
  type NetworkPortGroup,
  type NetworkRoute,
  type NetworkVlan,
} from './network-types.ts';
import { count, filled, parseRoot, pciAddress } from './values.ts';

/** virNetworkGetXMLDesc. @throws {XmlError} when it is not XML, or not of a network */
export function readNetwork(xml: string): NetworkModel & { uuid: string } {
  const root = parseRoot(xml, 'network');
  return { uuid: (root.textAt('uuid') ?? '').toLowerCase(), ...networkOf(root) };
}

/** The same of a document that is at hand. */
export function networkOf(root: XmlElement): NetworkModel {
  const forward = root.find('forward');
  const bridge = root.find('bridge');
  const dns = root.find('dns');
  return {
    name: root.find('name')?.text ?? '',
    mode: modeOf(forward),
    devices: devicesOf(forward),
    natPorts: natPortsOf(forward),
    bridge: filled(bridge?.attribute('name')),
    stp: yesNo(bridge?.attribute('stp')),
    mtu: count(root.attributeAt('mtu', 'size')),
    domain: filled(root.attributeAt('domain', 'name')),
    ips: root.findAll('ip').flatMap(ipOf),
    dnsEnabled: yesNo(dns?.attribute('enable')),
    dnsForwarders: (dns?.findAll('forwarder') ?? []).map((one) => ({
      address: filled(one.attribute('addr')),
      domain: filled(one.attribute('domain')),
    })),
    dnsHosts: (dns?.findAll('host') ?? []).map((host) => ({
      ip: host.attribute('ip') ?? '',
      names: host.findAll('hostname').map((name) => name.text.trim()),
    })),
    routes: root.findAll('route').flatMap(routeOf),
    virtualPort: filled(root.attributeAt('virtualport', 'type')),
    vlan: vlanOf(root.find('vlan')),
    portGroups: root.findAll('portgroup').map(portGroupOf),
    inbound: bandwidthOf(root.find('bandwidth/inbound')),
    outbound: bandwidthOf(root.find('bandwidth/outbound')),
  };
}

const MODES = new Set<string>([
  'nat',
  'route',
  'open',
  'bridge',
  'private',
  'vepa',
  'passthrough',
  'hostdev',
] satisfies NetworkMode[]);

/** A `<forward>` that names no mode is NAT. */
function modeOf(forward: XmlElement | null): NetworkMode {
  if (forward === null) return 'isolated';
  const mode = forward.attribute('mode') ?? 'nat';
  return MODES.has(mode) ? (mode as NetworkMode) : 'isolated';
}

/** Of a pool by its physical function, libvirt fills in the virtual ones while the network runs: they are not what was asked for. */
function devicesOf(forward: XmlElement | null): string[] {
  if (forward === null) return [];
  const functions = forward.findAll('pf').map((pf) => pf.attribute('dev'));
  if (functions.length > 0) return known(functions);
  const named = forward.findAll('interface').map((one) => one.attribute('dev'));
  const all = [forward.attribute('dev'), ...named, ...forward.findAll('address').map(pciAddress)];
  return [...new Set(known(all))];
}

function known(values: readonly (string | null)[]): string[] {
  return values.filter((value): value is string => value !== null && value !== '');
}

function natPortsOf(forward: XmlElement | null): NetworkModel['natPorts'] {
  const port = forward?.find('nat/port') ?? null;
  const [start, end] = [count(port?.attribute('start')), count(port?.attribute('end'))];
  if (start === null || end === null) return null;
  return start === DEFAULT_NAT_PORTS.start && end === DEFAULT_NAT_PORTS.end ? null : { start, end };
}

function ipOf(ip: XmlElement): NetworkIpModel[] {
  const address = filled(ip.attribute('address'));
  if (address === null) return [];
  return [
    {
      family: familyOf(ip, address),
      address,
      prefix: prefixOf(ip, address),
      ranges: ip
        .findAll('dhcp/range')
        .map((range) => ({ start: range.attribute('start') ?? '', end: range.attribute('end') ?? '' })),
      hosts: ip.findAll('dhcp/host').map((host) => ({
        mac: filled(host.attribute('mac'))?.toLowerCase() ?? null,
        id: filled(host.attribute('id')),
        name: filled(host.attribute('name')),
        ip: host.attribute('ip') ?? '',
      })),
    },
  ];
}

function routeOf(route: XmlElement): NetworkRoute[] {
  const [address, gateway] = [filled(route.attribute('address')), filled(route.attribute('gateway'))];
  if (address === null || gateway === null) return [];
  return [{ family: familyOf(route, address), address, prefix: prefixOf(route, address), gateway }];
}

function familyOf(element: XmlElement, address: string): IpFamily {
  return element.attribute('family') === 'ipv6' || address.includes(':') ? 'ipv6' : 'ipv4';
}

/** As virSocketAddrGetIPPrefix: an address without mask has that of its class, an IPv6 one 64. */
function prefixOf(element: XmlElement, address: string): number {
  const prefix = count(element.attribute('prefix'));
  if (prefix !== null) return prefix;
  const mask = filled(element.attribute('netmask'));
  if (mask !== null)
    return mask
      .split('.')
      .map((part) => Number(part).toString(2).replaceAll('0', '').length)
      .reduce((sum, bits) => sum + bits, 0);
  if (address.includes(':')) return address === '::' ? 0 : 64;
  const first = Number(address.split('.')[0]);
  if (address === '0.0.0.0') return 0;
  if (first < 128) return 8;
  return first < 192 ? 16 : 24;
}

function portGroupOf(group: XmlElement): NetworkPortGroup {
  return {
    name: group.attribute('name') ?? '',
    isDefault: group.attribute('default') === 'yes',
    vlan: vlanOf(group.find('vlan')),
    inbound: bandwidthOf(group.find('bandwidth/inbound')),
    outbound: bandwidthOf(group.find('bandwidth/outbound')),
  };
}

function vlanOf(vlan: XmlElement | null): NetworkVlan | null {
  if (vlan === null) return null;
  const tags = vlan.findAll('tag').map((tag): NetworkVlan['tags'][number] => {
    const nativeMode = tag.attribute('nativeMode');
    return {
      id: count(tag.attribute('id')) ?? 0,
      nativeMode: nativeMode === 'tagged' || nativeMode === 'untagged' ? nativeMode : null,
    };
  });
  // libvirt takes several tags for a trunk, said or not.
  return { trunk: vlan.attribute('trunk') === 'yes' || tags.length > 1, tags };
}

function bandwidthOf(rate: XmlElement | null): NetworkBandwidth | null {
  const averageKiBps = count(rate?.attribute('average'));
  if (averageKiBps === null) return null;
  return {
    averageKiBps,
    peakKiBps: count(rate?.attribute('peak')),
    burstKiB: count(rate?.attribute('burst')),
  };
}

function yesNo(value: string | null | undefined): boolean | null {
  if (value === 'yes' || value === 'on') return true;
  return value === 'no' || value === 'off' ? false : null;
}
