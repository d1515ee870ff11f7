import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HostInterface, Network } from '../../../main/contract/network.ts';
import { applyNetworks, NO_NETWORKS } from '../../../renderer/state/networks.ts';
import { NETWORK_TABS, parseRoute, routeHash } from '../../../renderer/state/router.ts';
import { layOut, type Box } from '../../../renderer/views/networks/drawing-layout.ts';
import { fixedProblems } from '../../../renderer/views/networks/fixed-problems.ts';
import {
  contains,
  ipText,
  parseCidr,
  parseIp,
  subnetOf,
  subnetText,
} from '../../../renderer/views/networks/ip.ts';
import { kindOf, modeOf, NETWORK_KINDS, specOf, subnetsOf } from '../../../renderer/views/networks/kinds.ts';
import { matches, stepIn } from '../../../renderer/views/networks/list.ts';
import { uplinksOf } from '../../../renderer/views/networks/uplinks.ts';
import { withFixed } from '../../../renderer/views/networks/with-fixed.ts';

const NAT: Network = {
  host: 'h',
  uuid: 'u1',
  active: true,
  autostart: true,
  persistent: true,
  changesPending: false,
  users: [
    {
      uuid: 'm1',
      name: 'web-01',
      mac: '52:54:00:00:00:01',
      running: true,
      portGroup: null,
      target: 'vnet0',
      addresses: ['192.168.122.10'],
    },
  ],
  name: 'default',
  mode: 'nat',
  devices: [],
  natPorts: null,
  bridge: 'virbr0',
  stp: true,
  mtu: null,
  domain: null,
  ips: [
    {
      family: 'ipv4',
      address: '192.168.122.1',
      prefix: 24,
      ranges: [{ start: '192.168.122.2', end: '192.168.122.254' }],
      hosts: [{ mac: '52:54:00:00:00:09', id: null, name: 'db', ip: '192.168.122.9' }],
    },
  ],
  dnsEnabled: null,
  dnsForwarders: [],
  dnsHosts: [],
  routes: [],
  virtualPort: null,
  vlan: null,
  portGroups: [],
  inbound: null,
  outbound: null,
};

const DEVICE: HostInterface = {
  name: 'eno1',
  mac: null,
  kind: 'ethernet',
  up: true,
  speedMbps: 10_000,
  virtualFunctions: null,
  bridge: 'br0',
  network: null,
};

test('an address that is read is the one that is written', () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) =>
      assert.equal(ipText(parseIp(text) ?? { family: 'ipv6', value: 0n }), text),
    ),
  );
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const ip = parseIp(text);
      assert.ok(ip !== null, text);
      assert.equal(parseIp(ipText(ip))?.value, ip.value);
    }),
  );
});

test('what is no address is none', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1:2',
    ':::',
    '1::2::3',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8::',
  ])
    assert.equal(parseIp(text), null, text);
  for (const text of ['10.0.0.1', '10.0.0.1/33', '/24', '10.0.0.1/'])
    assert.equal(parseCidr(text), null, text);
});

test('a subnet holds its addresses and no other', () => {
  const cidr = parseCidr(' 192.168.150.77/25 ');
  assert.ok(cidr !== null);
  const subnet = subnetOf(cidr.ip, cidr.prefix);
  assert.ok(subnet !== null);
  assert.equal(subnetText(subnet), '192.168.150.0/25');
  assert.ok(contains(subnet, { family: 'ipv4', value: subnet.last }));
  assert.ok(!contains(subnet, { family: 'ipv4', value: subnet.last + 1n }));
  assert.ok(!contains(subnet, { family: 'ipv6', value: subnet.first }));
  assert.deepEqual(subnetsOf(NAT), ['192.168.122.0/24']);
});

test('every kind has a mode that leads back to it', () => {
  for (const kind of NETWORK_KINDS) {
    const bridge = kind === 'bridge' || kind === 'ovs' ? 'br0' : null;
    const virtualPort = kind === 'ovs' ? 'openvswitch' : null;
    const spec = { ...specOf(NAT), mode: modeOf(kind, 'bridge'), bridge, virtualPort, devices: ['eno1'] };
    assert.equal(kindOf(bridge === null ? spec : { ...spec, devices: [] }), kind);
  }
  assert.equal(kindOf({ ...specOf(NAT), mode: 'vepa', devices: ['eno1'] }), 'macvtap');
});

test('the part that can be written has nothing of the host’s', () => {
  assert.deepEqual(
    Object.keys(specOf(NAT)).filter((key) =>
      ['host', 'uuid', 'active', 'users', 'changesPending'].includes(key),
    ),
    [],
  );
});

test('a network, its leases and its end come one by one; leases of what is gone are dropped', () => {
  const lease = {
    mac: null,
    ip: '192.168.122.10',
    prefix: 24,
    hostname: null,
    clientId: null,
    expiresAt: null,
  };
  let known = applyNetworks(NO_NETWORKS, { type: 'networks', networks: [NAT] });
  known = applyNetworks(known, { type: 'network', network: { ...NAT, uuid: 'u0', name: 'a' } });
  known = applyNetworks(known, { type: 'leases', network: 'u1', leases: [lease] });
  assert.deepEqual(
    known.networks.map(({ name }) => name),
    ['a', 'default'],
  );
  assert.deepEqual(known.leases.get('u1'), [lease]);
  known = applyNetworks(known, { type: 'network', network: { ...NAT, active: false } });
  assert.equal(known.networks.find(({ uuid }) => uuid === 'u1')?.active, false);
  known = applyNetworks(known, { type: 'networkRemoved', uuid: 'u1' });
  assert.deepEqual(
    known.networks.map(({ uuid }) => uuid),
    ['u0'],
  );
  assert.equal(known.leases.size, 0);
});

test('every place of the networks’ page has an address that leads back to it', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }),
      fc.uuid(),
      fc.constantFrom(...NETWORK_TABS),
      (host, uuid, tab) => {
        const route = { page: 'networks', view: 'networks', network: { host, uuid }, tab } as const;
        assert.deepEqual(parseRoute(routeHash(route)), route);
      },
    ),
  );
  for (const view of ['networks', 'interfaces', 'filters'] as const)
    assert.deepEqual(parseRoute(routeHash({ page: 'networks', view })), { page: 'networks', view });
});

test('a network is found by its own words and by who is plugged into it', () => {
  for (const text of ['', 'default', 'nat virbr0', '192.168.122', 'WEB-01', '52:54:00:00:00:01'])
    assert.ok(matches(NAT, 'NAT', text), text);
  assert.ok(!matches(NAT, 'NAT', 'default web-02'));
});

test('keys move among the networks and stop at the ends', () => {
  const rows = ['a', 'b', 'c'].map((uuid) => ({ ...NAT, uuid }));
  const step = (from: number, key: string): string | undefined => stepIn(rows, rows[from] ?? null, key)?.uuid;
  assert.equal(step(0, 'j'), 'b');
  assert.equal(step(0, 'k'), 'a');
  assert.equal(step(2, 'ArrowDown'), 'c');
  assert.equal(step(1, 'End'), 'c');
  assert.equal(step(-1, 'Enter'), 'a');
  assert.equal(step(0, 'x'), undefined);
});

test('ways out: any of the host’s, the bridge’s members, none; many are counted', () => {
  assert.deepEqual(
    uplinksOf(NAT, [DEVICE]).map(({ kind }) => kind),
    ['any'],
  );
  assert.deepEqual(
    uplinksOf({ ...NAT, mode: 'isolated' }, [DEVICE]).map(({ kind }) => kind),
    ['none'],
  );
  assert.deepEqual(
    uplinksOf({ ...NAT, mode: 'bridge', bridge: 'br0', ips: [] }, [
      { ...DEVICE, kind: 'virtual' },
      { ...DEVICE, name: 'eno2', bridge: null },
    ]),
    [{ kind: 'device', name: 'eno1', up: true, speedMbps: 10_000, virtualFunctions: null }],
  );
  const devices = Array.from({ length: 9 }, (_, at) => `eno${at}`);
  const many = uplinksOf({ ...NAT, mode: 'private', bridge: null, devices }, []);
  assert.equal(many.length, 5);
  assert.deepEqual([many.at(-1)?.kind, many.at(-1)?.name], ['more', '5']);
});

function apart(a: Box, b: Box): boolean {
  return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
}

test('whatever the width and the number of machines, nothing in the drawing lies on another or sticks out', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 240, max: 3000 }),
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 200 }),
      (width, uplinks, machines) => {
        const layout = layOut({ width, uplinks, machines });
        assert.deepEqual([layout.uplinks.length, layout.machines.length], [uplinks, machines]);
        const boxes = [...layout.uplinks, layout.hub, ...layout.machines];
        for (const [at, box] of boxes.entries()) {
          assert.ok(box.x >= 0 && box.x + box.width <= width, `${at} is within the width`);
          assert.ok(box.y >= 0 && box.y + box.height <= layout.height, `${at} is within the height`);
          for (const other of boxes.slice(0, at)) assert.ok(apart(box, other), `${at} lies on another`);
        }
      },
    ),
  );
});

test('sixty machines stand in columns where there is room, so that they are seen without much scrolling', () => {
  assert.ok(layOut({ width: 1300, uplinks: 1, machines: 60 }).height < 520);
});

test('a fixed address takes the place of the one that it was, joins the one that has DHCP, or goes', () => {
  const { ips } = NAT;
  const [db] = ips.flatMap(({ hosts }) => hosts);
  assert.ok(db !== undefined);
  const next = { ...db, ip: '192.168.122.19' };
  assert.deepEqual(withFixed(ips, db, next)[0]?.hosts, [next]);
  assert.deepEqual(withFixed(ips, null, next)[0]?.hosts, [db, next]);
  assert.deepEqual(withFixed(ips, db, null)[0]?.hosts, []);
  const six = { family: 'ipv6' as const, address: 'fd00::1', prefix: 64, ranges: [], hosts: [] };
  const duid = { mac: null, id: '00:03:00:01:52', name: null, ip: 'fd00::9' };
  assert.deepEqual(withFixed([...ips, six], null, duid)[1]?.hosts, [duid]);
});

test('what hinders a fixed address is said at its field', () => {
  const problem = (ip: string, card = '52:54:00:00:00:77', name = ''): unknown =>
    fixedProblems(NAT, { ip, card, name }, null);
  assert.deepEqual(problem('192.168.122.50'), {});
  assert.deepEqual(problem(''), { ip: 'needed' });
  assert.deepEqual(problem('192.168.122'), { ip: 'badIp' });
  assert.deepEqual(problem('10.0.0.1'), { ip: 'outside' });
  assert.deepEqual(problem('192.168.122.1'), { ip: 'own' });
  assert.deepEqual(problem('192.168.122.9'), { ip: 'taken' });
  assert.deepEqual(problem('192.168.122.50', '53:54:00:00:00:77'), { card: 'badMac' });
  assert.deepEqual(problem('192.168.122.50', '52:54:00:00:00:09'), { card: 'cardTaken' });
  assert.deepEqual(problem('192.168.122.50', ''), { card: 'needed' });
  assert.deepEqual(problem('192.168.122.50', '', 'web 1'), { name: 'badName' });
  assert.deepEqual(problem('192.168.122.50', '', 'web-1'), {});
});
