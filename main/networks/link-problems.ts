import type { ForwardMode, NetworkSpec } from '../contract/network.ts';
import type { NetworkSurroundings } from './problems.ts';

/** Modes in which cards sit on the host's devices themselves (macvtap). */
const MACVTAP: ReadonlySet<ForwardMode> = new Set(['private', 'vepa', 'passthrough']);
/** Modes in which libvirt makes and keeps the bridge. */
export const OWN_BRIDGE: ReadonlySet<ForwardMode> = new Set(['isolated', 'nat', 'route', 'open']);
/** IFNAMSIZ less the byte that ends it. */
const MAX_DEVICE_NAME = 15;
const PCI = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i;
/** From here on VLANs work on a plain bridge as well. */
const VLAN_ON_BRIDGES = 11;

/** Of devices, bridge, VLANs, port groups, rates. */
export function linkProblems(spec: NetworkSpec, around: NetworkSurroundings): string[] {
  return [
    ...deviceProblems(spec, around),
    ...(OWN_BRIDGE.has(spec.mode) ? ownBridgeProblems(spec, around) : foreignProblems(spec, around)),
    ...natProblems(spec),
    ...vlanProblems(spec, around),
    ...portGroupProblems(spec),
    ...rateProblems(spec),
  ];
}

function deviceProblems(
  { mode, devices, bridge }: NetworkSpec,
  { interfaces }: NetworkSurroundings,
): string[] {
  const problems: string[] = [];
  const add = (problem: string | false): void => void (problem !== false && problems.push(problem));
  add(
    (mode === 'isolated' || mode === 'open') &&
      devices.length > 0 &&
      `A network of the mode ${mode} has no device to go out by.`,
  );
  add(
    (mode === 'nat' || mode === 'route') &&
      devices.length > 1 &&
      'It can go out by one device, or by any: name one or none.',
  );
  add(MACVTAP.has(mode) && devices.length === 0 && `The mode ${mode} needs a device of the host.`);
  add(
    mode === 'bridge' &&
      devices.length > 0 &&
      bridge !== null &&
      'It is on a bridge or on devices, not on both.',
  );
  add(
    mode === 'bridge' &&
      devices.length === 0 &&
      bridge === null &&
      'Name the bridge of the host, or devices for it.',
  );
  if (mode === 'hostdev') {
    const functions = devices.filter((device) => !PCI.test(device)).length;
    add(
      devices.length === 0 && 'Name the card whose virtual functions it gives out, or their PCI addresses.',
    );
    add(functions > 1 && 'A pool is made of one card, or of PCI addresses of virtual functions.');
    add(functions > 0 && functions < devices.length && 'It is a card or PCI addresses, not both.');
  }
  for (const device of new Set(devices)) {
    const found = interfaces?.find(({ name }) => name === device);
    if (interfaces !== null && found === undefined && !(mode === 'hostdev' && PCI.test(device)))
      add(`The host has no device ${device}.`);
    if (mode === 'hostdev' && found !== undefined && found.virtualFunctions === null)
      add(`${device} cannot be divided: it has no virtual functions (SR-IOV).`);
    else if (mode === 'hostdev' && found?.virtualFunctions?.count === 0)
      add(`${device} has no virtual functions yet: make some on the host first.`);
  }
  add(new Set(devices).size < devices.length && 'A device is named twice.');
  return problems;
}

function ownBridgeProblems({ bridge, virtualPort }: NetworkSpec, around: NetworkSurroundings): string[] {
  const problems: string[] = [];
  if (virtualPort === 'openvswitch')
    problems.push('Open vSwitch is for the mode bridge: libvirt’s own bridges are plain ones.');
  if (bridge === null) return problems;
  if (!isDeviceName(bridge))
    problems.push(`${bridge} cannot be the name of a bridge: 15 letters and digits at most.`);
  const user = around.networks.find((other) => other.bridge === bridge);
  if (user !== undefined) problems.push(`The bridge ${bridge} is used by ${user.name}.`);
  else if (around.interfaces?.some(({ name, network }) => name === bridge && network === null) === true)
    problems.push(`The host has a device ${bridge} already.`);
  return problems;
}

/** Networks on what the host has: nothing of addresses and names is libvirt's there (networkValidate). */
function foreignProblems(spec: NetworkSpec, around: NetworkSurroundings): string[] {
  const { mode, bridge, virtualPort } = spec;
  const problems: string[] = [];
  if (mode !== 'bridge' && bridge !== null) problems.push(`A network of the mode ${mode} has no bridge.`);
  if (virtualPort === 'openvswitch' && (mode !== 'bridge' || bridge === null))
    problems.push('Open vSwitch needs the mode bridge and its bridge.');
  if (mode === 'bridge' && bridge !== null) {
    const own = around.networks.find((other) => other.bridge === bridge && OWN_BRIDGE.has(other.mode));
    const there = around.interfaces?.some(({ name }) => name === bridge) ?? true;
    if (own !== undefined)
      problems.push(`The bridge ${bridge} is made by the network ${own.name}: use that.`);
    else if (!there) problems.push(`The host has no bridge ${bridge}.`);
  }
  const foreign = [
    spec.ips.length > 0 && 'addresses',
    spec.routes.length > 0 && 'routes',
    (spec.dnsHosts.length > 0 || spec.dnsForwarders.length > 0 || spec.dnsEnabled !== null) && 'DNS',
    spec.domain !== null && 'a domain',
    spec.stp !== null && 'STP',
  ].filter((word) => word !== false);
  if (foreign.length > 0)
    problems.push(`A network of the mode ${mode} is the host’s: ${foreign.join(', ')} cannot be set for it.`);
  return problems;
}

function natProblems({ mode, natPorts }: NetworkSpec): string[] {
  if (natPorts === null) return [];
  if (mode !== 'nat') return ['Ports are for networks with NAT.'];
  const { start, end } = natPorts;
  return start < 1 || end > 65_535 || start > end ? [`${start} to ${end} are no ports.`] : [];
}

function vlanProblems(spec: NetworkSpec, { libvirtVersion }: NetworkSurroundings): string[] {
  const vlans = [spec.vlan, ...spec.portGroups.map(({ vlan }) => vlan)].filter((vlan) => vlan !== null);
  if (vlans.length === 0) return [];
  const problems: string[] = [];
  const { mode, virtualPort } = spec;
  const bridged = mode === 'bridge' && Number(libvirtVersion.split('.')[0] || 0) >= VLAN_ON_BRIDGES;
  if (!bridged && mode !== 'hostdev' && mode !== 'passthrough' && virtualPort !== 'openvswitch')
    problems.push('VLANs need Open vSwitch, SR-IOV or the mode passthrough.');
  for (const { trunk, tags } of vlans) {
    if (tags.length === 0) problems.push('A VLAN needs a tag.');
    if (!trunk && tags.length > 1) problems.push('Several tags make a trunk.');
    if (new Set(tags.map(({ id }) => id)).size < tags.length) problems.push('A VLAN tag is named twice.');
    if (tags.filter(({ nativeMode }) => nativeMode !== null).length > 1)
      problems.push('One tag of a trunk can be the native one.');
  }
  return [...new Set(problems)];
}

function portGroupProblems({ portGroups }: NetworkSpec): string[] {
  const problems: string[] = [];
  if (portGroups.some(({ name }) => name === '')) problems.push('A port group needs a name.');
  if (new Set(portGroups.map(({ name }) => name)).size < portGroups.length)
    problems.push('Two port groups have the same name.');
  if (portGroups.filter(({ isDefault }) => isDefault).length > 1)
    problems.push('One port group can be the default.');
  return problems;
}

function rateProblems(spec: NetworkSpec): string[] {
  const limited = spec.inbound !== null || spec.outbound !== null;
  if (limited && !OWN_BRIDGE.has(spec.mode))
    return [
      `Rates of a whole network need a bridge of libvirt’s own; in the mode ${spec.mode} a port group can have them.`,
    ];
  const rates = [spec, ...spec.portGroups].flatMap(({ inbound, outbound }) => [inbound, outbound]);
  return rates.some((rate) => rate?.peakKiBps != null && rate.peakKiBps < rate.averageKiBps)
    ? ['A peak rate is below its average.']
    : [];
}

function isDeviceName(name: string): boolean {
  return name.length <= MAX_DEVICE_NAME && /^[a-zA-Z0-9_.\-:]+$/.test(name) && name !== '.' && name !== '..';
}
