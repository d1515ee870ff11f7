import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../../main/contract/activity.ts';
import type { MigrateDisk, MigrateItem, MigratePlan } from '../../../main/contract/migrate.ts';
import { whyMoving } from '../../../renderer/views/machine/lifecycle/availability.ts';
import {
  estimateOf,
  goesOver,
  ownNetworks,
  waysOf,
} from '../../../renderer/wizards/migrate/summary-lines.ts';
import { wordsAfter } from '../../../renderer/views/machines/find.ts';
import { measuredRate } from '../../../renderer/wizards/migrate/estimate.ts';
import {
  goesAsUsual,
  isEncrypted,
  migrateInputOf,
  newMigrateForm,
  promisesOne,
  toHost,
  withDisks,
} from '../../../renderer/wizards/migrate/form.ts';
import { grouped, refusalOf, verdictOf, type Checked } from '../../../renderer/wizards/migrate/verdict.ts';

const item = (
  id: MigrateItem['id'],
  level: MigrateItem['level'],
  message = `${id} ${level}.`,
): MigrateItem => ({
  id,
  level,
  message,
  remedy: null,
});

const known = (...items: MigrateItem[]): Checked => ({
  plan: { items } as unknown as MigratePlan,
  failure: null,
  loading: false,
});
const asked: Checked = { plan: null, failure: null, loading: true };
const failed: Checked = {
  plan: null,
  failure: { code: 'TIMEOUT', message: 'No answer.' },
  loading: false,
};

test('a target is as bad as the worst that was found, which is said first', () => {
  assert.deepEqual(verdictOf([known(item('name', 'ok'), item('cpu', 'warn'), item('disks', 'stop'))]), {
    level: 'stop',
    reasons: ['disks stop.', 'cpu warn.'],
    able: 0,
    asked: 0,
    all: 1,
  });
  assert.equal(verdictOf([known(item('name', 'ok'))]).level, 'ok');
  assert.equal(verdictOf([known(item('cpu', 'warn'))]).level, 'warn');
  assert.equal(verdictOf([asked]).level, 'asked');
  const silent = { level: 'failed', reasons: ['No answer.'], able: 0, asked: 0, all: 1 };
  assert.deepEqual(verdictOf([failed]), silent);
});

test('of several machines those that can go make a target good, and the others are counted', () => {
  const can = known(item('name', 'ok'));
  const cannot = known(item('networks', 'stop'));
  assert.deepEqual(
    [
      [can, cannot],
      [cannot, asked],
      [can, asked],
      [can, can],
      [cannot, failed],
    ].map((checks) => {
      const { level, able, asked: yet } = verdictOf(checks);
      return `${level} ${able} ${yet}`;
    }),
    ['warn 1 0', 'asked 0 1', 'ok 1 1', 'ok 2 0', 'stop 0 0'],
  );
});

test('items stand under the heads that one looks for them under, what stops it first', () => {
  const groups = grouped([item('space', 'ok'), item('disks', 'stop'), item('route', 'warn')]);
  assert.deepEqual(
    groups.flatMap(({ group, items }) => items.map(({ id }) => `${group} ${id}`)),
    ['disks disks', 'disks space', 'hosts route'],
  );
});

test('what is chosen is meant for the chosen host alone, and another host begins anew', () => {
  const machine = { host: 'a', uuid: 'u' };
  const form = {
    ...newMigrateForm([machine], 'b'),
    pool: 'p',
    networks: { office: 'lan' },
    via: 'direct' as const,
    address: ' 192.0.2.7 ',
    downtimeMs: 700,
    manner: { ...newMigrateForm([], null).manner, postCopy: true },
  };
  const there = migrateInputOf(form, machine, 'b');
  assert.deepEqual(
    [there.pool, there.networks, there.address, there.downtimeMs, there.bandwidthMiBs, there.postCopy],
    ['p', { office: 'lan' }, '192.0.2.7', 700, null, true],
  );
  const other = migrateInputOf(form, machine, 'c');
  assert.deepEqual([other.pool, other.networks, other.via, other.postCopy], [null, {}, 'auto', false]);
  assert.deepEqual([goesAsUsual(form), goesAsUsual(newMigrateForm([machine], 'b'))], [false, true]);
  const chosen = { ...form, unsafe: true, deleteSource: true, cpus: { u: 'EPYC' } };
  assert.deepEqual([migrateInputOf(chosen, machine, 'b').cpu, other.cpu], ['EPYC', null]);
  const next = toHost(
    { ...chosen, manner: { ...form.manner, peerUri: 'qemu+tls://b/system', name: 'b-1' } },
    'c',
  );
  assert.deepEqual([next.to, next.pool, next.networks, next.downtimeMs], ['c', null, {}, 700]);
  assert.deepEqual([next.unsafe, next.deleteSource, next.cpus], [false, false, {}]);
  // How the memory goes is no matter of the host; where it goes is.
  assert.deepEqual([next.manner.postCopy, next.manner.peerUri, next.manner.name], [true, null, null]);
});

test('a button’s choice of single disks is asked for, and taken back; another host begins without', () => {
  const machine = { host: 'a', uuid: 'u' };
  const first = newMigrateForm([machine], 'b');
  const form = { ...first, ...withDisks(first, 'u', { vda: 'copy', vdb: 'share' }) };
  const disksOf = (of: typeof form) => migrateInputOf(of, machine, 'b').disks;
  assert.deepEqual(disksOf(form), [
    { target: 'vda', way: 'copy', pool: null },
    { target: 'vdb', way: 'share', pool: null },
  ]);
  assert.deepEqual(disksOf({ ...form, ...withDisks(form, 'u', { vda: null }) }), [
    { target: 'vdb', way: 'share', pool: null },
  ]);
  assert.deepEqual(toHost(form, 'c').disks, {});
  // That it is one file is said of this machine alone, and no more once that is taken back.
  const unsafe = (of: typeof form, uuid = 'u') => migrateInputOf(of, { host: 'a', uuid }, 'b').unsafe;
  assert.deepEqual([unsafe(form), unsafe(form, 'other')], [true, false]);
  assert.equal(unsafe({ ...form, ...withDisks(form, 'u', { vdb: null }) }), false);
});

test('that it is on one host alone is promised only where it can be', () => {
  const form = newMigrateForm([], 'b');
  assert.equal(promisesOne(form), true);
  assert.equal(promisesOne({ ...form, manner: { ...form.manner, postCopy: true } }), false);
  for (const drive of ['peer', 'tunnel'] as const)
    assert.equal(promisesOne({ ...form, manner: { ...form.manner, drive } }), false);
});

test('how long it takes is said by what was measured between the same two hosts, else not at all', () => {
  const job = (hosts: string[], speeds: number[], state: Job['state'] = 'done', migration?: object): Job =>
    ({ kind: 'migrate', state, hosts, speeds, migration }) as unknown as Job;
  const jobs = [
    job(['a', 'c'], [9]),
    job(['a', 'b'], [100], 'failed'),
    job(['a', 'b'], [6], 'done', { via: 'relay', limited: true }),
    job(['a', 'b'], [70], 'done', { via: 'direct', limited: false }),
    job(['a', 'b'], [40, 60]),
    job(['a', 'b'], [1]),
  ];
  assert.equal(measuredRate(jobs, { from: 'a', to: 'b', via: 'relay' }), 50);
  assert.equal(measuredRate(jobs, { from: 'a', to: 'b', via: 'direct' }), 70);
  assert.equal(measuredRate(jobs, { from: 'b', to: 'a', via: 'relay' }), null);
});

test('while a machine is on its way it is neither started, resumed, saved, forced off nor deleted, and why is said', () => {
  for (const action of [
    'start',
    'restore',
    'resume',
    'startPaused',
    'save',
    'destroy',
    'delete',
    'keepTemplate',
  ] as const)
    assert.equal(whyMoving(action, 'settling'), 'settling', action);
  assert.equal(whyMoving('resume', 'running'), 'moving');
  assert.equal(whyMoving('resume', 'interrupted'), 'settling');
  assert.equal(whyMoving('shutdown', 'settling'), null);
  assert.equal(whyMoving('resume', null), null);
});

test('the search takes “migrate web” for a command, by its first three letters', () => {
  assert.equal(wordsAfter('migrate', 'Migrate web 01'), 'web 01');
  assert.equal(wordsAfter('migrate', 'mig'), '');
  assert.equal(wordsAfter('migrate', 'mi web'), null);
  assert.equal(wordsAfter('migrate', 'mail'), null);
});

const MIB = 1024 ** 2;
function planned(host: string, via: 'direct' | 'relay' | 'none', networks: readonly string[] = []) {
  const bytes = { memory: 2 * MIB, disks: 0 };
  const named = networks.map((name) => ({ from: name, to: name, choices: [], inactive: [] }));
  return { host, plan: { kind: 'live' as const, via, bytes, disks: [] as MigrateDisk[], networks: named } };
}

test('machines of different hosts: each way is named with its sources, and the time is of all of them', () => {
  const moves = [planned('b', 'direct'), planned('c', 'direct'), planned('b', 'relay'), planned('b', 'none')];
  assert.deepEqual(waysOf(moves), [
    { via: 'direct', count: 2, from: ['b', 'c'] },
    { via: 'relay', count: 1, from: ['b'] },
  ]);
  const rateOf = (host: string): number => (host === 'b' ? MIB : 2 * MIB);
  assert.deepEqual(estimateOf(moves, null, rateOf), { seconds: 7, rate: null, limited: false });
  assert.equal(
    estimateOf(moves, null, (host) => (host === 'b' ? MIB : null)),
    null,
  );
});

test('a limit is of each disk that is copied, all at once, and then of the memory', () => {
  const live = planned('b', 'relay');
  const disk = (target: string, capacityBytes: number, way: MigrateDisk['way'] = 'copy'): MigrateDisk => ({
    target,
    way,
    source: `/a/${target}`,
    path: `/a/${target}`,
    capacityBytes,
  });
  const disks = [disk('vda', 4 * MIB), disk('vdb', 2 * MIB), disk('vdc', 90 * MIB, 'shared')];
  const bytes = { memory: 2 * MIB, disks: 6 * MIB };
  const moves = [{ ...live, plan: { ...live.plan, bytes, disks } }];
  assert.deepEqual(
    estimateOf(moves, MIB, () => null),
    { seconds: 4 + 2, rate: MIB, limited: true },
  );
  // The link is too slow for both disks at their limit.
  assert.deepEqual(
    estimateOf(moves, MIB, () => MIB),
    { seconds: 6 + 2, rate: MIB, limited: false },
  );
});

test('a tunnel over plain TCP is not encrypted', () => {
  const form = newMigrateForm([], null);
  const tunnel = { ...form, manner: { ...form.manner, drive: 'tunnel' as const } };
  const over = (peerUri: string): boolean => isEncrypted(tunnel, [{ peerUri }]);
  assert.deepEqual([over('qemu+tcp://b/system'), over('qemu+tls://b/system')], [false, true]);
  assert.equal(isEncrypted(form, [{ peerUri: null }]), false);
});

test('a limit is the speed where the link was faster, or was not measured; what is off has none', () => {
  const live = planned('b', 'relay');
  const off = { ...live, plan: { ...live.plan, kind: 'offline' as const } };
  const fast = (): number => 4 * MIB;
  assert.deepEqual(estimateOf([live], MIB, fast), { seconds: 2, rate: MIB, limited: true });
  assert.deepEqual(
    estimateOf([live], MIB, () => null),
    { seconds: 2, rate: MIB, limited: true },
  );
  assert.deepEqual(estimateOf([live], 8 * MIB, fast), { seconds: 0.5, rate: 4 * MIB, limited: false });
  assert.deepEqual(estimateOf([off], MIB, fast), { seconds: 0.5, rate: 4 * MIB, limited: false });
  assert.equal(
    estimateOf([off], MIB, () => null),
    null,
  );
});

test('a network that a host routes itself is another one on each host, whatever it is called; a bridged one may be the same', () => {
  const networks = (host: string) =>
    [
      { name: 'default', bridge: 'virbr0', mode: 'nat' },
      { name: 'lan', bridge: 'br-lan', mode: host === 'b' ? 'bridge' : 'isolated' },
      { name: 'office', bridge: 'br0', mode: 'bridge' },
    ] as const;
  const own = (name: string): string[] => ownNetworks([planned('b', 'direct', [name])], 'a', networks);
  assert.deepEqual(own('default'), ['default']);
  assert.deepEqual(own('virbr0'), ['virbr0']);
  assert.deepEqual(own('lan'), ['lan'], 'only the target routes it');
  assert.deepEqual(own('office'), []);
  assert.deepEqual(own('eth0'), []);
  const nowhere = (host: string) => (host === 'b' ? networks(host) : []);
  assert.deepEqual(
    ownNetworks([planned('b', 'direct', ['default'])], 'a', nowhere),
    [],
    'the target has none',
  );
});

test('what is deleted at the source is named with the CDs that go along', () => {
  const disk = {
    target: 'vda',
    way: 'copy',
    source: '/a.qcow2',
    path: '/b.qcow2',
    capacityBytes: 1,
  } as const;
  const plan = {
    disks: [disk, { ...disk, way: 'shared', source: '/nfs.img' } as const],
    media: [{ target: 'sda', source: '/a-seed.iso', path: '/b-seed.iso' }],
  };
  assert.deepEqual(goesOver([plan]), ['/a.qcow2', '/a-seed.iso']);
});

test('a move that was refused is said without the command line’s options; what libvirt or a link said stays', () => {
  const message = 'web was not migrated to b. b has no network office.';
  const detail = 'Map it to another: --network office=NAME';
  assert.deepEqual(refusalOf({ code: 'BAD_INPUT', message, detail }), { code: 'BAD_INPUT', message });
  const lost = { code: 'LINK_LOST', message, detail: 'ECONNRESET' } as const;
  assert.deepEqual(refusalOf(lost), lost);
});
