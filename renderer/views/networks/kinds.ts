import type { ForwardMode, Network, NetworkSpec } from '../../../main/contract/network.ts';
import { parseIp, subnetOf, subnetText } from './ip.ts';

/** What a person chooses among; libvirt's forward mode says it together with bridge, devices and virtual port. */
export const NETWORK_KINDS = [
  'nat',
  'isolated',
  'bridge',
  'route',
  'open',
  'ovs',
  'macvtap',
  'sriov',
] as const;
export type NetworkKind = (typeof NETWORK_KINDS)[number];

/** How cards sit on a device of the host. */
export const MACVTAP_MODES = ['bridge', 'vepa', 'private', 'passthrough'] as const;
export type MacvtapMode = (typeof MACVTAP_MODES)[number];

export function kindOf({ mode, bridge, devices, virtualPort }: NetworkSpec): NetworkKind {
  switch (mode) {
    case 'nat':
    case 'route':
    case 'open':
    case 'isolated':
      return mode;
    case 'hostdev':
      return 'sriov';
    case 'private':
    case 'vepa':
    case 'passthrough':
      return 'macvtap';
    case 'bridge':
      if (bridge === null && devices.length > 0) return 'macvtap';
      return virtualPort === 'openvswitch' ? 'ovs' : 'bridge';
  }
}

export function modeOf(kind: NetworkKind, macvtap: MacvtapMode): ForwardMode {
  if (kind === 'macvtap') return macvtap;
  if (kind === 'sriov') return 'hostdev';
  return kind === 'ovs' ? 'bridge' : kind;
}

/** libvirt makes its bridge, and runs DHCP and DNS on it. */
export function hasOwnBridge(kind: NetworkKind): boolean {
  return kind === 'nat' || kind === 'route' || kind === 'open' || kind === 'isolated';
}

/** Its bridge is one of the host's. */
export function hasHostBridge(kind: NetworkKind): boolean {
  return kind === 'bridge' || kind === 'ovs';
}

/** It is made of one or more devices of the host. */
export function hasDevicePool(kind: NetworkKind): boolean {
  return kind === 'macvtap' || kind === 'sriov';
}

/** It can be bound to one device of the host. */
export function hasUplink(kind: NetworkKind): boolean {
  return kind === 'nat' || kind === 'route';
}

/** Its cards can be put into a VLAN. Plain bridges can since libvirt 11. */
export function hasVlan(kind: NetworkKind): boolean {
  return kind === 'ovs' || kind === 'sriov' || kind === 'macvtap' || kind === 'bridge';
}

/** Its networks of addresses: `192.168.122.0/24`. */
export function subnetsOf({ ips }: Pick<NetworkSpec, 'ips'>): readonly string[] {
  return ips.flatMap(({ address, prefix }) => {
    const ip = parseIp(address);
    const subnet = ip === null ? null : subnetOf(ip, prefix);
    return subnet === null ? [] : [subnetText(subnet)];
  });
}

/** The part of a network that can be written. */
export function specOf(network: Network): NetworkSpec {
  const { host: _host, uuid: _uuid, active: _active, autostart: _autostart, ...rest } = network;
  const { persistent: _persistent, users: _users, changesPending: _pending, ...spec } = rest;
  return spec;
}

/** Machines, each once, whatever number of cards it has there. */
export function machineCount({ users }: Pick<Network, 'users'>): number {
  return new Set(users.map(({ uuid }) => uuid)).size;
}
