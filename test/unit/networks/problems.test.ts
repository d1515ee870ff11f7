import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import type { NetworkSpec } from '../../../main/contract/network.ts';
import {
  changeProblems,
  networkProblems,
  type NetworkSurroundings,
} from '../../../main/networks/problems.ts';
import { EVERY_KIND, ipv4, networkSpec } from '../../support/networks.ts';

const device = {
  mac: null,
  kind: 'ethernet',
  up: true,
  speedMbps: null,
  bridge: null,
  network: null,
} as const;
const around: NetworkSurroundings = {
  networks: [
    { name: 'default', bridge: 'virbr0', mode: 'nat', ips: [ipv4('192.168.122')], routes: [] },
    { name: 'lan', bridge: 'br0', mode: 'bridge', ips: [], routes: [] },
  ],
  interfaces: [
    { ...device, name: 'eth0', virtualFunctions: { count: 4, max: 8 } },
    { ...device, name: 'eth1', virtualFunctions: null },
    { ...device, name: 'br0', kind: 'bridge', virtualFunctions: null },
    { ...device, name: 'ovsbr0', kind: 'virtual', virtualFunctions: null },
    { ...device, name: 'virbr0', kind: 'bridge', virtualFunctions: null, network: 'default' },
  ],
  hostAddresses: [
    { device: 'eth0', address: '10.0.0.5', prefix: 16 },
    { device: '', address: '172.16.3.4', prefix: 32 },
  ],
  client: '10.7.0.9',
  libvirtVersion: '9.0.0',
};
const told = (parts: Partial<NetworkSpec>): string[] =>
  networkProblems(networkSpec({ name: 'new', ...parts }), around);
const nat = (parts: Partial<NetworkSpec>): string[] =>
  told({ mode: 'nat', ips: [ipv4('10.31.1')], ...parts });

suite('what stands against a network', () => {
  test('nothing stands against one of each kind', () => {
    for (const spec of EVERY_KIND) assert.deepEqual(networkProblems(spec, around), [], spec.name);
  });

  test('ranges that are in use, whole or in part', () => {
    assert.deepEqual(nat({ ips: [ipv4('192.168.122')] }), ['192.168.122.0/24 is used by default.']);
    assert.deepEqual(
      nat({ ips: [{ ...ipv4('192.168.122'), address: '192.168.120.1', prefix: 20, ranges: [] }] }),
      ['192.168.112.0/20 overlaps 192.168.122.0/24, which is used by default.'],
    );
    assert.deepEqual(nat({ ips: [ipv4('10.0.7')] }), [
      '10.0.7.0/24 overlaps 10.0.0.0/16, which is used by the host’s eth0.',
    ]);
    assert.deepEqual(nat({ ips: [ipv4('172.16.3')] }), [
      '172.16.3.0/24 overlaps 172.16.3.4/32, which is used by the host itself.',
    ]);
    assert.deepEqual(
      nat({ ips: [ipv4('10.31.1'), { ...ipv4('10.31.1'), address: '10.31.1.9', ranges: [] }] }),
      ['10.31.1.0/24 is given twice.'],
    );
  });

  test('a route does not take the host’s own ways, nor the way back to this computer', () => {
    const route = (address: string, prefix: number) =>
      nat({ routes: [{ family: 'ipv4', address, prefix, gateway: '10.31.1.2' }] });
    assert.deepEqual(route('10.99.0.0', 16), []);
    assert.deepEqual(route('10.0.0.0', 28), [
      'The route to 10.0.0.0/28 takes the host’s way to 10.0.0.0/16, which is used by the host’s eth0.',
    ]);
    assert.deepEqual(route('172.16.3.0', 28), [
      'The route to 172.16.3.0/28 takes the host’s way to 172.16.3.4/32, which is used by the host itself.',
    ]);
    assert.deepEqual(route('10.7.0.0', 24), [
      'The route to 10.7.0.0/24 takes the host’s way to 10.7.0.9/32, which is used by this computer.',
    ]);
    assert.deepEqual(route('192.168.122.0', 24), [
      'The route to 192.168.122.0/24 takes the host’s way to 192.168.122.0/24, which is used by default.',
    ]);
    // The host has a narrower way to each of them.
    assert.deepEqual(route('192.168.0.0', 16), []);
    assert.deepEqual(
      networkProblems(
        networkSpec({
          name: 'new',
          mode: 'nat',
          ips: [ipv4('10.31.1')],
          routes: [{ family: 'ipv4', address: '10.0.0.0', prefix: 12, gateway: '10.31.1.2' }],
        }),
        { ...around, client: '10.0.9.9' },
      ),
      [],
    );
    assert.deepEqual(nat({ ips: [ipv4('10.7.0')] }), [
      '10.7.0.0/24 overlaps 10.7.0.9/32, which is used by this computer.',
    ]);
  });

  test('of an edit counts what it changes, not what stood against the network before', () => {
    const odd = networkSpec({ name: 'odd', mode: 'nat', ips: [ipv4('10.0.7')] });
    assert.equal(networkProblems(odd, around).length, 1);
    assert.deepEqual(changeProblems({ ...odd, domain: 'a.example' }, { present: odd, around }), []);
    assert.deepEqual(changeProblems({ ...odd, domain: 'a b' }, { present: odd, around }), [
      'a b is no name of the DNS.',
    ]);
  });

  test('addresses, prefixes', () => {
    const one = (address: string, prefix: number, family: 'ipv4' | 'ipv6' = 'ipv4') =>
      nat({ ips: [{ family, address, prefix, ranges: [], hosts: [] }] });
    assert.deepEqual(one('10.31.1.1', 24), []);
    assert.deepEqual(one('10.31.1.0', 24), [
      '10.31.1.0 is the name of the network itself: take another address in it.',
    ]);
    assert.deepEqual(one('10.31.1.255', 24), ['10.31.1.255 is the broadcast address.']);
    assert.deepEqual(one('10.31.1.1', 31), ['A prefix of 31 leaves no network for guests: 1 to 30.']);
    assert.deepEqual(one('10.31.1.256', 24), ['10.31.1.256 is no address of IPv4.']);
    assert.deepEqual(one('fd00::1', 24), ['fd00::1 is no address of IPv4.']);
    assert.deepEqual(one('fd00:31::1', 64, 'ipv6'), []);
    assert.deepEqual(told({ mode: 'nat' }), ['It needs an address: the guests go out by it.']);
  });

  test('DHCP', () => {
    const range = (start: string, end: string) =>
      nat({ ips: [{ ...ipv4('10.31.1'), ranges: [{ start, end }] }] });
    assert.deepEqual(range('10.31.2.5', '10.31.2.9'), [
      'The DHCP range 10.31.2.5 to 10.31.2.9 is not in 10.31.1.0/24.',
    ]);
    assert.deepEqual(range('10.31.1.9', '10.31.1.5'), [
      'The DHCP range 10.31.1.9 to 10.31.1.5 ends before it begins.',
    ]);
    assert.deepEqual(range('10.31.1.0', '10.31.1.5'), [
      'The DHCP range 10.31.1.0 to 10.31.1.5 holds the network’s own or the broadcast address.',
    ]);
    const host = { mac: '52:54:00:00:00:01', id: null, name: null, ip: '10.31.1.5' };
    const hosts = (...list: (typeof host)[]) => nat({ ips: [ipv4('10.31.1', list)] });
    assert.deepEqual(hosts(host), []);
    assert.deepEqual(hosts({ ...host, ip: '10.31.2.5' }), [
      'The fixed address 10.31.2.5 is not in 10.31.1.0/24.',
    ]);
    assert.deepEqual(hosts({ ...host, mac: '53:54:00:00:00:01' }), [
      '53:54:00:00:00:01 is no MAC address of a card.',
    ]);
    assert.deepEqual(hosts(host, { ...host, mac: '52:54:00:00:00:02' }), [
      '10.31.1.5 has two fixed addresses or users.',
    ]);
    const six = { family: 'ipv6' as const, address: 'fd00:31::1', ranges: [], prefix: 48 };
    assert.deepEqual(nat({ ips: [{ ...six, hosts: [{ ...host, ip: 'fd00:31::5' }] }] }), [
      'DHCP of IPv6 needs a prefix of 64 or more.',
      'fd00:31::5: IPv6 goes by the DUID, not by the MAC address.',
    ]);
    assert.deepEqual(nat({ ips: [ipv4('10.31.1'), ipv4('10.31.2')] }), [
      'DHCP works on one IPv4 address of a network.',
    ]);
  });

  test('names, bridges, devices', () => {
    assert.deepEqual(nat({ name: 'default' }), ['A network default exists already.']);
    assert.deepEqual(nat({ name: 'a/b' }), [
      'a/b cannot be the name of a network: libvirt makes a file of it.',
    ]);
    assert.deepEqual(nat({ bridge: 'virbr0' }), ['The bridge virbr0 is used by default.']);
    assert.deepEqual(nat({ bridge: 'eth1' }), ['The host has a device eth1 already.']);
    assert.deepEqual(told({ mode: 'bridge', bridge: 'virbr0' }), [
      'The bridge virbr0 is made by the network default: use that.',
    ]);
    assert.deepEqual(told({ mode: 'bridge', bridge: 'br9' }), ['The host has no bridge br9.']);
    assert.deepEqual(told({ mode: 'bridge' }), ['Name the bridge of the host, or devices for it.']);
    assert.deepEqual(nat({ devices: ['eth0', 'eth1'] }), [
      'It can go out by one device, or by any: name one or none.',
    ]);
    assert.deepEqual(told({ mode: 'hostdev', devices: ['eth1'] }), [
      'eth1 cannot be divided: it has no virtual functions (SR-IOV).',
    ]);
    assert.deepEqual(told({ mode: 'vepa', devices: ['eth7'] }), ['The host has no device eth7.']);
  });

  test('what a mode does not have', () => {
    assert.deepEqual(told({ mode: 'bridge', bridge: 'br0', ips: [ipv4('10.31.1')], domain: 'x' }), [
      'A network of the mode bridge is the host’s: addresses, a domain cannot be set for it.',
    ]);
    const vlan = { trunk: false, tags: [{ id: 5, nativeMode: null }] };
    const needs = ['VLANs need Open vSwitch, SR-IOV or the mode passthrough.'];
    assert.deepEqual(nat({ vlan }), needs);
    assert.deepEqual(told({ mode: 'bridge', bridge: 'br0', vlan }), needs);
    const later = { ...around, libvirtVersion: '11.0.0' };
    assert.deepEqual(
      networkProblems(networkSpec({ name: 'new', mode: 'bridge', bridge: 'br0', vlan }), later),
      [],
    );
    assert.deepEqual(nat({ natPorts: { start: 10, end: 5 } }), ['10 to 5 are no ports.']);
    assert.deepEqual(
      nat({ routes: [{ family: 'ipv4', address: '10.40.0.0', prefix: 16, gateway: '10.41.0.1' }] }),
      ['The gateway 10.41.0.1 is not in this network.'],
    );
  });
});
