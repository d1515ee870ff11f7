import { emptyNetwork } from '../../main/cli/network-options.ts';
import type { NetworkSpec } from '../../main/contract/network.ts';

/** A network with nothing in it but its name and what a test says. */
export function networkSpec(parts: Partial<NetworkSpec> & { name: string }): NetworkSpec {
  return { ...emptyNetwork(parts.name), ...parts };
}

/** An IPv4 network `10.x.y.1/24` with a DHCP range. */
export function ipv4(
  net: string,
  hosts: NetworkSpec['ips'][number]['hosts'] = [],
): NetworkSpec['ips'][number] {
  return {
    family: 'ipv4',
    address: `${net}.1`,
    prefix: 24,
    ranges: [{ start: `${net}.100`, end: `${net}.150` }],
    hosts,
  };
}

/** One of every kind that libvirt has, each with all that its kind can have. */
export const EVERY_KIND: readonly NetworkSpec[] = [
  networkSpec({
    name: 'nat-full',
    mode: 'nat',
    devices: ['eth0'],
    natPorts: { start: 2000, end: 3000 },
    bridge: 'vnat0',
    stp: false,
    mtu: 1400,
    domain: 'nat.example',
    ips: [
      ipv4('10.31.1', [
        { mac: '52:54:00:11:22:33', id: null, name: 'one', ip: '10.31.1.10' },
        { mac: '52:54:00:11:22:34', id: null, name: null, ip: '10.31.1.11' },
        { mac: null, id: null, name: 'three', ip: '10.31.1.12' },
      ]),
      {
        family: 'ipv6',
        address: 'fd00:31:1::1',
        prefix: 64,
        ranges: [{ start: 'fd00:31:1::100', end: 'fd00:31:1::1ff' }],
        hosts: [{ mac: null, id: '00:03:00:01:52:54:00:11:22:33', name: 'six', ip: 'fd00:31:1::10' }],
      },
    ],
    dnsEnabled: true,
    dnsForwarders: [
      { address: '10.0.0.53', domain: null },
      { address: '10.0.0.54', domain: 'corp.example' },
      { address: null, domain: 'blocked.example' },
    ],
    dnsHosts: [{ ip: '10.31.1.20', names: ['db', 'db.nat.example'] }],
    routes: [{ family: 'ipv4', address: '10.99.0.0', prefix: 16, gateway: '10.31.1.254' }],
    inbound: { averageKiBps: 1000, peakKiBps: 5000, burstKiB: 5120 },
    outbound: { averageKiBps: 128, peakKiBps: null, burstKiB: null },
  }),
  networkSpec({ name: 'nat-plain', mode: 'nat', ips: [ipv4('10.31.2')] }),
  networkSpec({ name: 'routed', mode: 'route', devices: ['eth0'], ips: [ipv4('10.31.3')] }),
  networkSpec({ name: 'opened', mode: 'open', ips: [ipv4('10.31.4')] }),
  networkSpec({ name: 'isolated', ips: [ipv4('10.31.5')], stp: true, bridge: 'viso0' }),
  networkSpec({ name: 'no-address', bridge: 'viso1', dnsEnabled: false }),
  networkSpec({ name: 'bridged', mode: 'bridge', bridge: 'br0' }),
  networkSpec({
    name: 'switched',
    mode: 'bridge',
    bridge: 'ovsbr0',
    virtualPort: 'openvswitch',
    vlan: {
      trunk: true,
      tags: [
        { id: 10, nativeMode: null },
        { id: 20, nativeMode: 'untagged' },
      ],
    },
    portGroups: [
      {
        name: 'vlan-10',
        isDefault: true,
        vlan: { trunk: false, tags: [{ id: 10, nativeMode: null }] },
        inbound: { averageKiBps: 100, peakKiBps: 200, burstKiB: 300 },
        outbound: null,
      },
      { name: 'plain', isDefault: false, vlan: null, inbound: null, outbound: null },
    ],
  }),
  networkSpec({ name: 'macvtap-bridge', mode: 'bridge', devices: ['eth0', 'eth1'] }),
  networkSpec({ name: 'macvtap-private', mode: 'private', devices: ['eth0'] }),
  networkSpec({ name: 'macvtap-vepa', mode: 'vepa', devices: ['eth0'] }),
  networkSpec({ name: 'macvtap-passthrough', mode: 'passthrough', devices: ['eth0', 'eth1'] }),
  networkSpec({
    name: 'sriov-card',
    mode: 'hostdev',
    devices: ['eth0'],
    vlan: { trunk: false, tags: [{ id: 42, nativeMode: null }] },
  }),
  networkSpec({ name: 'sriov-functions', mode: 'hostdev', devices: ['0000:07:10.0', '0000:07:10.2'] }),
];
