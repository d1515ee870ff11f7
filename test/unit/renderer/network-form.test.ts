import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkSpec } from '../../../main/contract/network.ts';
import { networkSpec } from '../../../main/contract/network.ts';
import {
  formOf,
  ipFormOf,
  newForm,
  NEW_PORT_GROUP,
  NO_RATE,
  specOfForm,
  type NetworkForm,
} from '../../../renderer/views/networks/sheet/form.ts';
import {
  firstFree,
  freeBridge,
  freeName,
  freeSubnets,
} from '../../../renderer/views/networks/sheet/free-subnet.ts';
import { formProblems } from '../../../renderer/views/networks/sheet/problems.ts';

const ALONE = { networks: [], interfaces: [] };
const FORM: NetworkForm = { ...newForm('net'), ips: [ipFormOf('192.168.150.1/24')] };

const WHOLE: NetworkSpec = {
  name: 'whole',
  mode: 'route',
  devices: ['eno1'],
  natPorts: null,
  bridge: 'virbr9',
  stp: false,
  mtu: 1400,
  domain: 'lab.internal',
  ips: [
    {
      family: 'ipv4',
      address: '10.1.0.1',
      prefix: 16,
      ranges: [
        { start: '10.1.0.10', end: '10.1.0.20' },
        { start: '10.1.1.10', end: '10.1.1.20' },
      ],
      hosts: [{ mac: '52:54:00:00:00:01', id: null, name: null, ip: '10.1.0.30' }],
    },
    { family: 'ipv6', address: 'fd00:1::1', prefix: 64, ranges: [], hosts: [] },
  ],
  dnsEnabled: null,
  dnsForwarders: [
    { address: '10.0.0.53', domain: null },
    { address: '10.0.0.54', domain: 'corp.example' },
  ],
  dnsHosts: [{ ip: '10.1.0.30', names: ['db', 'db.lab.internal'] }],
  routes: [{ family: 'ipv4', address: '10.8.0.0', prefix: 16, gateway: '10.1.0.2' }],
  virtualPort: null,
  vlan: null,
  portGroups: [
    {
      name: 'slow',
      isDefault: true,
      vlan: null,
      inbound: { averageKiBps: 100, peakKiBps: 200, burstKiB: null },
      outbound: null,
    },
  ],
  inbound: { averageKiBps: 1000, peakKiBps: null, burstKiB: 64 },
  outbound: null,
};

const TRUNK: NetworkSpec = {
  ...WHOLE,
  mode: 'bridge',
  devices: [],
  bridge: 'ovs0',
  stp: null,
  domain: null,
  ips: [],
  dnsForwarders: [],
  dnsHosts: [],
  routes: [],
  virtualPort: 'openvswitch',
  vlan: {
    trunk: true,
    tags: [
      { id: 10, nativeMode: 'tagged' },
      { id: 20, nativeMode: null },
    ],
  },
  inbound: null,
};

test('a network that is opened and saved is the same', () => {
  for (const spec of [
    WHOLE,
    TRUNK,
    { ...WHOLE, dnsEnabled: true },
    { ...TRUNK, vlan: { trunk: true, tags: [{ id: 7, nativeMode: null }] } },
  ])
    assert.deepEqual(specOfForm(formOf(spec), spec), spec);
});

test('what libvirt refuses for a kind is left out, and is there again when one goes back to the other kind', () => {
  const form = formOf(WHOLE);
  const bridged = specOfForm({ ...form, kind: 'bridge', hostBridge: 'br0' }, WHOLE);
  assert.deepEqual(
    [bridged.bridge, bridged.ips, bridged.domain, bridged.stp, bridged.inbound, bridged.dnsHosts],
    ['br0', [], null, null, null, []],
  );
  assert.deepEqual(specOfForm({ ...form, kind: 'route' }, WHOLE), WHOLE);
});

test('a new network is what its form says, and fits the contract', () => {
  const spec = specOfForm(FORM, null);
  assert.deepEqual(networkSpec.parse(spec), spec);
  assert.deepEqual(spec.ips[0], {
    family: 'ipv4',
    address: '192.168.150.1',
    prefix: 24,
    ranges: [{ start: '192.168.150.2', end: '192.168.150.254' }],
    hosts: [],
  });
});

test('a range begins after the gateway, or ends before it, and is no longer than libvirt takes', () => {
  const range = (cidr: string): string =>
    ipFormOf(cidr)
      .ranges.map(({ start, end }) => `${start} ${end}`)
      .join();
  assert.equal(range('10.0.0.1/30'), '10.0.0.2 10.0.0.2');
  assert.equal(range('10.0.0.254/24'), '10.0.0.1 10.0.0.253');
  assert.equal(range('10.0.0.1/8'), '10.0.0.2 10.0.255.255');
  assert.equal(range('nonsense'), '');
  assert.equal(range('fd00::1/64'), '', 'IPv6 guests choose their own');
});

/** What is said of a form, as `field: key`. */
function said(part: Partial<NetworkForm>, around = ALONE): string[] {
  return [...formProblems({ ...FORM, ...part }, around)].map(([field, { key }]) => `${field}: ${key}`);
}

test('nothing stands against the defaults', () => {
  assert.deepEqual(said({}), []);
});

test('what is wrong is said at its field', () => {
  const ip = (cidr: string): Partial<NetworkForm> => ({ ips: [{ ...ipFormOf(cidr), cidr }] });
  assert.deepEqual(said({ name: ' ' }), ['name: needed']);
  assert.deepEqual(said({ name: 'a/b' }), ['name: badName']);
  assert.deepEqual(said({ ownBridge: 'a-name-that-is-long' }), ['bridge: badBridge']);
  assert.deepEqual(said({ ips: [] }), ['ips: needAddress']);
  assert.deepEqual(said(ip('10.0.0.1')), ['ips.0.cidr: badCidr']);
  assert.deepEqual(said(ip('10.0.0.1/31')), ['ips.0.cidr: badCidr']);
  assert.deepEqual(said(ip('10.0.0.0/24')), ['ips.0.cidr: networkAddress']);
  assert.deepEqual(said({ ips: [...FORM.ips, { ...ipFormOf('192.168.150.9/25'), ranges: [] }] }), [
    'ips.1.cidr: twice',
  ]);
  assert.deepEqual(said({ ips: [ipFormOf('10.0.0.1/24'), ipFormOf('10.1.0.1/24')] }), [
    'ips.1.ranges.0: oneDhcp',
  ]);
  assert.deepEqual(said({ kind: 'bridge' }), ['bridge: needed']);
  assert.deepEqual(said({ kind: 'macvtap' }), ['devices: needed']);
  assert.deepEqual(said({ mtu: '20' }), ['mtu: badMtu']);
  assert.deepEqual(said({ natStart: '2000' }), ['nat: badPorts']);
  assert.deepEqual(said({ domain: 'lab..x' }), ['domain: badDomain']);
  assert.deepEqual(said({ forwarders: '10.0.0.53\n10.0.0' }), ['forwarders: badForwarder']);
  assert.deepEqual(said({ routes: '10.8.0.0/16 via 10.9.9.9' }), ['routes: gatewayOutside']);
  assert.deepEqual(said({ routes: '10.8.0.1/16 via 192.168.150.2' }), ['routes: badRoute']);
  assert.deepEqual(said({ inbound: { ...NO_RATE, peak: '5' } }), ['inbound: badRate']);
  assert.deepEqual(said({ outbound: { average: '9', peak: '5', burst: '' } }), ['outbound: lowPeak']);
  assert.deepEqual(said({ kind: 'ovs', hostBridge: 'ovs0', vlan: { tags: '10, 10', native: '' } }), [
    'vlan: tagTwice',
  ]);
  assert.deepEqual(said({ kind: 'ovs', hostBridge: 'ovs0', vlan: { tags: '5000', native: '' } }), [
    'vlan: badTag',
  ]);
});

test('ranges: outside, backwards, too long', () => {
  const range = (start: string, end: string): string[] =>
    said({ ips: [{ ...ipFormOf('10.0.0.1/8'), ranges: [{ start, end }] }] });
  assert.deepEqual(range('10.0.0.9', '10.0.0.99'), []);
  assert.deepEqual(range('11.0.0.9', '11.0.0.99'), ['ips.0.ranges.0: rangeOutside']);
  assert.deepEqual(range('10.0.0.99', '10.0.0.9'), ['ips.0.ranges.0: rangeBackwards']);
  assert.deepEqual(range('10.0.0.9', '10.9.0.9'), ['ips.0.ranges.0: rangeTooLong']);
  assert.deepEqual(range('', '10.9.0.9'), ['ips.0.ranges.0: badRange']);
});

test('port groups: names differ, one is the default', () => {
  const group = { ...NEW_PORT_GROUP, name: 'a', isDefault: true };
  assert.deepEqual(said({ portGroups: [NEW_PORT_GROUP] }), ['portGroups.0.name: needed']);
  assert.deepEqual(said({ portGroups: [group, { ...group, name: 'b' }] }).sort(), [
    'portGroups.0.isDefault: oneDefault',
    'portGroups.1.isDefault: oneDefault',
  ]);
  assert.deepEqual(said({ portGroups: [group, { ...group, isDefault: false }] }), [
    'portGroups.0.name: nameTaken',
    'portGroups.1.name: nameTaken',
  ]);
});

const TAKEN = {
  ...WHOLE,
  ips: [{ family: 'ipv4' as const, address: '192.168.0.1', prefix: 16, ranges: [], hosts: [] }],
};

test('the proposed subnet is none that a network has, nor one that the host objects to', async () => {
  assert.equal(freeSubnets('ipv4', [])[0], '192.168.123.1/24');
  assert.equal(freeBridge([], []), 'virbr0');
  assert.equal(freeBridge([{ bridge: 'virbr0' }, { bridge: null }], [{ name: 'virbr1' }]), 'virbr2');
  assert.equal(freeSubnets('ipv4', [TAKEN])[0], '10.100.0.1/24');
  assert.equal(freeSubnets('ipv6', [])[0], 'fd00:7111::1/64');
  const asked: string[] = [];
  const found = await firstFree(['a', 'b', 'c'], (cidr) => {
    asked.push(cidr);
    return Promise.resolve(cidr === 'b');
  });
  assert.deepEqual([found, asked], ['b', ['a', 'b']]);
  assert.equal(await firstFree(['a', 'b'], () => Promise.reject(new Error('away'))), 'a');
  assert.equal(await firstFree([], () => Promise.resolve(true)), null);
});

test('the proposed name is one that nobody has', () => {
  assert.equal(freeName([]), 'network-1');
  assert.equal(freeName([{ name: 'network-1' }, { name: 'network-3' }]), 'network-2');
});
