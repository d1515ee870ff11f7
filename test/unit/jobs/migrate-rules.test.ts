import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MigrateInput } from '../../../main/contract/migrate.ts';
import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import { brokenRules, peerUriOf, type Combined } from '../../../main/jobs/migrate/rules.ts';
import { whyUnsettled } from '../../../main/jobs/migrate/steps/unsettled-words.ts';
import { moveParams } from '../../../main/jobs/migrate/steps/move-params.ts';
import { factsOf, input, sourceOf, targetOf, WEB } from './migrate-facts.ts';

const asked = (change: Partial<MigrateInput>, more: Partial<Combined> = {}): Combined => ({
  input: input(change),
  via: 'direct',
  wasPaused: false,
  offline: false,
  copies: false,
  ...more,
});

const FORBIDDEN: [string, Partial<MigrateInput>, Partial<Combined>, RegExp][] = [
  ['disks through the tunnel', { drive: 'tunnel' }, { copies: true }, /copies no disks/],
  ['post-copy through the tunnel', { drive: 'tunnel', postCopy: true }, {}, /no post-copy through/],
  ['parallel connections through the tunnel', { drive: 'tunnel', parallel: 2 }, {}, /is one connection/],
  ['an address through the tunnel', { drive: 'tunnel', address: '10.0.0.2' }, {}, /to no address of its own/],
  ['TLS through the tunnel', { drive: 'tunnel', tls: true }, {}, /does not encrypt/],
  ['peer-to-peer through this computer', { drive: 'peer' }, { via: 'relay' }, /does not send through/],
  ['TLS through this computer', { tls: true }, { via: 'relay' }, /encrypted by SSH/],
  ['post-copy through this computer', { postCopy: true }, { via: 'relay' }, /every lost link/],
  ['parallel connections through this computer', { parallel: 2 }, { via: 'relay' }, /would share one/],
  ['post-copy of a machine that is paused', { postCopy: true }, { wasPaused: true }, /is paused/],
  ['post-copy over parallel connections', { postCopy: true, parallel: 2 }, {}, /no post-copy over/],
  ['post-copy with mt', { postCopy: true, compression: 'mt' }, {}, /threads compress/],
  ['when, but not that', { postCopyAfter: 3 }, {}, /not that it may/],
  ['zstd over one connection', { compression: 'zstd' }, {}, /parallel connections alone/],
  ['xbzrle over several', { compression: 'xbzrle', parallel: 2 }, {}, /one connection alone/],
  ['a certificate’s name without TLS', { tlsName: 'kvm-b' }, {}, /not that TLS/],
  ['a definition without disks', { keepDefinition: true, deleteSource: true }, {}, /without disks/],
];
for (const [what, change, more, message] of FORBIDDEN)
  test(`refused: ${what}`, () => {
    const broken = brokenRules(asked(change, more));
    assert.equal(broken.length, 1, JSON.stringify(broken));
    assert.match(broken[0]?.message ?? '', message);
    // The same move through the plan.
    if (more.copies === true || more.wasPaused === true) return;
    const target = targetOf({ files: new Map([['vda', 'same']]) });
    const via = more.via === 'relay' ? 'relay' : 'direct';
    const { shown } = planMigration(input({ via, ...change }), factsOf({ target }));
    assert.ok(shown.items.some(({ id, level }) => id === 'manner' && level === 'stop'));
  });

test('of a machine that is off only what counts for it is refused', () => {
  const source = sourceOf(WEB, { state: 'shutoff' });
  const stops = (change: Partial<MigrateInput>) =>
    planMigration(input(change), factsOf({ source, definition: WEB })).shown.items.filter(
      ({ id, level }) => id === 'manner' && level === 'stop',
    ).length;
  assert.equal(stops({ keepDefinition: true, deleteSource: true }), 1);
  assert.equal(stops({ compression: 'zstd', postCopyAfter: 3 }), 0);
});

test('a move that an older build began is known: what it did not have yet is as it was then', () => {
  const { plan } = planMigration(input(), factsOf());
  const step = plan.steps.find(({ id }) => id === 'move');
  const {
    copies: _copies,
    fallsBack: _fallsBack,
    manner: _manner,
    ...older
  } = moveParams.parse(step?.params);
  const { copies, fallsBack, manner } = moveParams.parse(older);
  assert.deepEqual([copies, fallsBack, manner.drive, manner.keepDefinition], [null, false, 'app', false]);
});

const ALLOWED: Partial<MigrateInput>[] = [
  {},
  { drive: 'peer' },
  { drive: 'tunnel' },
  { tls: true, tlsName: 'kvm-b' },
  { tls: true, parallel: 4 },
  { postCopy: true, postCopyAfter: 2, compression: 'xbzrle' },
  { drive: 'peer', postCopy: true, tls: true },
  { keepDefinition: true },
];
for (const change of ALLOWED)
  test(`goes together: ${JSON.stringify(change)}, and goes from host to host where it must`, () => {
    assert.deepEqual(brokenRules(asked(change)), []);
    const direct = Object.keys(change).some((key) => ['drive', 'tls', 'postCopy'].includes(key));
    const target = targetOf({ files: new Map([['vda', 'same']]) });
    const { shown } = planMigration(input(change), factsOf({ target }));
    assert.equal(shown.via, direct ? 'direct' : 'relay');
    assert.deepEqual(
      shown.items.filter(({ level }) => level === 'stop'),
      [],
    );
  });

test('where the source’s libvirtd logs in is an address, and runs no program there', () => {
  const host = { id: 'b', name: 'kvm-b', uri: 'qemu+tcp://kvm-b/system?socket=/x' };
  const of = (peerUri: string | null) => peerUriOf({ peerUri }, { host, login: null });
  assert.equal(of(null), 'qemu+tcp://kvm-b/system');
  for (const good of [
    'qemu+tls://kvm-b/system',
    'qemu+tcp://10.0.0.2:16509/system',
    'qemu+ssh://[fe80::1]/system',
  ])
    assert.equal(of(good), good);
  for (const bad of [
    'qemu:///system',
    'qemu+ssh://kvm-b/session',
    'qemu+ssh://kvm-b/system?command=/bin/evil',
    'qemu+ssh://u:secret@kvm-b/system',
    'qemu+ext://kvm-b/system',
    'test:///default',
  ])
    assert.equal(of(bad), null);
});

test('the source’s libvirtd gets what ~/.ssh/config of this computer makes of a name, and no address by which it would reach itself', () => {
  const host = { id: 'b', name: 'kvm-b', uri: 'qemu+ssh://alias/system?keyfile=/home/ann/key' };
  const of = (login: { host: string; port: number }) =>
    peerUriOf({ peerUri: null }, { host, login: { ...login, user: 'admin', jumped: false } });
  assert.equal(of({ host: '10.0.0.2', port: 22 }), 'qemu+ssh://admin@10.0.0.2/system');
  assert.equal(of({ host: 'fe80::1', port: 2222 }), 'qemu+ssh://admin@[fe80::1]:2222/system');
  for (const itself of ['localhost', '127.0.0.1', '::1'])
    assert.equal(of({ host: itself, port: 2222 }), null);
});

const LOGIN = { host: '10.0.0.2', port: 22, user: 'root', jumped: false };
const SAID = 'qemu+ssh://root@kvm-b/system';

/** Targets of which the address here may be another libvirtd’s there, and whether one that a person says is taken. */
const OTHER_DAEMONS: readonly [string, string, typeof LOGIN, string | null][] = [
  ['another driver', 'ch+ssh://kvm-b/system', LOGIN, null],
  ['a user’s session', 'qemu+ssh://kvm-b/session?socket=/run/user/0/libvirt-sock', LOGIN, null],
  ['a socket', 'qemu+ssh://kvm-b/system?socket=/run/other.sock', LOGIN, SAID],
  ['a host behind a jump', 'qemu+ssh://kvm-b/system', { ...LOGIN, jumped: true }, SAID],
];
for (const [what, uri, login, taken] of OTHER_DAEMONS)
  test(`the source’s libvirtd is not sent to what may be another one than the target: ${what}`, () => {
    const target = targetOf({ host: { id: 'b', name: 'kvm-b', uri }, login });
    assert.equal(peerUriOf({ peerUri: null }, target), null);
    assert.equal(peerUriOf({ peerUri: SAID }, target), taken);
    const { shown } = planMigration(input({ drive: 'peer' }), factsOf({ target }));
    const stop = shown.items.find(({ id, level }) => id === 'manner' && level === 'stop');
    assert.match(stop?.remedy ?? '', taken === null ? /Let Virtlane drive/ : /Say it as/);
    assert.equal(/ProxyJump/.test(stop?.message ?? ''), login.jumped);
  });

test('the address of the data is not where the source’s libvirtd logs in', () => {
  const target = targetOf({ files: new Map([['vda', 'same']]) });
  const { shown } = planMigration(input({ drive: 'peer', address: '192.168.1.2' }), factsOf({ target }));
  assert.equal(shown.peerUri, 'qemu+ssh://root@10.0.0.2/system');
});

test('where the source’s libvirtd drove, and the machine is not where it should be, the libvirtd that it was sent to is named', () => {
  const ends = { name: 'web', hostName: 'kvm-a', toName: 'kvm-b' };
  const told = (drive: 'app' | 'peer') =>
    whyUnsettled({ ...ends, manner: { drive, peerUri: drive === 'app' ? null : SAID } }, 'neither');
  assert.equal(told('app'), 'neither kvm-a nor kvm-b has it any more');
  assert.match(told('peer'), /^neither .* any more; the libvirtd of kvm-a was to move it to qemu\+ssh:/);
});

test('where the source’s libvirtd logs in is in the plan, and that what goes over plain TCP is not encrypted', () => {
  const target = targetOf({ files: new Map([['vda', 'same']]) });
  const planned = (change: Partial<MigrateInput>) => planMigration(input(change), factsOf({ target })).shown;
  const words = (change: Partial<MigrateInput>): string => JSON.stringify(planned(change).items);
  const uri = 'qemu+ssh://root@10.0.0.2/system';
  const tcp = { peerUri: 'qemu+tcp://10.0.0.2/system' };
  assert.deepEqual([planned({}).peerUri, planned({ drive: 'peer' }).peerUri], [null, uri]);
  assert.match(words({ drive: 'tunnel' }), /logs in to qemu\+ssh:\/\/root@10\.0\.0\.2\/system by itself/);
  assert.match(words({ drive: 'tunnel', ...tcp }), /over that link, not encrypted/);
  assert.doesNotMatch(words({ drive: 'tunnel' }) + words({ drive: 'peer', ...tcp }), /over that link/);
});

test('another name: free there, a good one, and the machine’s own until then', () => {
  const levels = (name: string, target = targetOf()) =>
    planMigration(input({ name }), factsOf({ target }))
      .shown.items.filter(({ level }) => level !== 'ok')
      .map(({ id, level }) => `${level} ${id}`);
  assert.deepEqual(levels('web-2'), []);
  assert.deepEqual(levels('a/b'), ['stop name']);
  const taken = targetOf({ sameName: 'other' });
  assert.deepEqual(levels('web-2', taken), ['stop name']);
  const { items } = planMigration(input({ name: 'web-2' }), factsOf({ target: taken })).shown;
  assert.doesNotMatch(items.map(({ message }) => message).join(' '), /It is called web-2/);
  const off = planMigration(
    input({ name: 'web-2' }),
    factsOf({ source: sourceOf(WEB, { state: 'shutoff' }), definition: WEB }),
  );
  const define = off.plan.steps.find(({ id }) => id === 'define')?.params as { name: string; xml: string };
  assert.equal(define.name, 'web-2');
  assert.match(define.xml, /<name>web-2<\/name>/);
});

test('zlib and zstd only where both libvirts know them', () => {
  const stops = (libvirt: number) =>
    planMigration(
      input({ parallel: 2, compression: 'zstd' }),
      factsOf({ source: sourceOf(WEB, { libvirt: 9_004_000 }), target: targetOf({ libvirt }) }),
    ).shown.items.flatMap(({ level, message }) => (level === 'stop' ? [message] : []));
  assert.deepEqual(stops(9_004_000), []);
  assert.match(stops(9_003_000)[0] ?? '', /only from 9.4 on/);
});
