import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  POOL_TYPES,
  poolInput,
  type Pool,
  type Volume,
  type VolumeUser,
} from '../../../main/contract/storage.ts';
import { applyStorage, NO_STORAGE } from '../../../renderer/state/storage.ts';
import { chainOf, type PlacedVolume } from '../../../renderer/views/storage/chain.ts';
import { checksumOf } from '../../../renderer/views/storage/checksum.ts';
import { imageFormat } from '../../../renderer/views/storage/image-format.ts';
import { fillOf, takenFraction } from '../../../renderer/views/storage/pool-facts.ts';
import {
  EMPTY_FORM,
  filledBy,
  POOL_KINDS,
  poolInputOf,
  poolProblems,
} from '../../../renderer/views/storage/pool-kinds.ts';
import {
  isBeyond,
  sizeBytes,
  sizeParts,
  unitIn,
  withoutUnit,
} from '../../../renderer/views/storage/sizes.ts';
import { volumeCommand } from '../../../renderer/views/storage/volume-keys.ts';
import {
  filterVolumes,
  isUnused,
  nextSort,
  sortVolumes,
} from '../../../renderer/views/storage/volume-list.ts';
import { copyName, nameIn, nameProblem } from '../../../renderer/views/storage/volume-name.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

const pool = (change: Partial<Pool> = {}): Pool => ({
  host: 'a',
  uuid: 'p1',
  name: 'default',
  type: 'dir',
  state: 'running',
  autostart: true,
  persistent: true,
  capacityBytes: 100 * GIB,
  allocationBytes: 10 * GIB,
  availableBytes: 60 * GIB,
  path: '/images',
  source: null,
  ...change,
});

const volume = (name: string, change: Partial<Volume> = {}): Volume => ({
  name,
  key: `/images/${name}`,
  path: `/images/${name}`,
  type: 'file',
  format: 'qcow2',
  capacityBytes: 10 * GIB,
  allocationBytes: GIB,
  backing: null,
  encrypted: false,
  usedBy: [],
  baseOf: [],
  ...change,
});

const user = (name: string, change: Partial<VolumeUser> = {}): VolumeUser => ({
  uuid: `uuid of ${name}`,
  name,
  target: 'vda',
  running: true,
  via: 'disk',
  ...change,
});

test('a pool that goes takes its volumes along, and one that changes keeps them', () => {
  let known = applyStorage(NO_STORAGE, {
    type: 'pools',
    pools: [pool({ name: 'b' }), pool({ uuid: 'p2', name: 'a' })],
  });
  assert.deepEqual(
    known.pools.map(({ name }) => name),
    ['a', 'b'],
  );
  known = applyStorage(known, {
    type: 'volumes',
    pool: 'p1',
    volumes: [volume('disk')],
    hidden: { noText: 2, unreadable: 0 },
  });
  known = applyStorage(known, { type: 'pool', pool: pool({ name: 'b', state: 'inactive' }) });
  assert.equal(known.volumes.get('p1')?.length, 1);
  assert.equal(known.hidden.get('p1')?.noText, 2);
  assert.equal(known.pools.length, 2);
  known = applyStorage(known, { type: 'poolRemoved', uuid: 'p1' });
  assert.equal(known.volumes.has('p1'), false);
  assert.equal(known.pools.length, 1);
});

test('how full a pool is counts what else lies on its file system', () => {
  assert.equal(takenFraction(pool()), 0.4);
  assert.equal(takenFraction(pool({ availableBytes: null })), 0.1);
  assert.equal(takenFraction(pool({ capacityBytes: null })), null);
  assert.equal(fillOf(pool()), 'roomy');
  assert.equal(fillOf(pool({ availableBytes: 12 * GIB })), 'nearlyFull');
  assert.equal(fillOf(pool({ availableBytes: 2 * GIB })), 'full');
});

test('the filter finds names, formats and machines; unused is what nobody has and nothing lies on', () => {
  const base = volume('debian-12.qcow2', { baseOf: ['/images/web.qcow2'] });
  const web = volume('web.qcow2', { usedBy: [user('shop')] });
  const lost = volume('old.img', { format: 'raw' });
  const all = [base, web, lost];
  assert.deepEqual(filterVolumes(all, { text: 'SHOP', unusedOnly: false }), [web]);
  assert.deepEqual(filterVolumes(all, { text: 'raw old', unusedOnly: false }), [lost]);
  assert.deepEqual(filterVolumes(all, { text: '', unusedOnly: true }), [lost]);
  assert.deepEqual(all.map(isUnused), [false, false, true]);
});

test('volumes with the same figure stand by name, in both directions', () => {
  const all = [volume('disk10'), volume('disk2'), volume('big', { capacityBytes: 50 * GIB })];
  const names = (desc: boolean): string[] =>
    sortVolumes(all, { column: 'size', desc }).map(({ name }) => name);
  assert.deepEqual(names(true), ['big', 'disk2', 'disk10']);
  assert.deepEqual(names(false), ['disk2', 'disk10', 'big']);
  assert.deepEqual(nextSort({ column: 'name', desc: false }, 'size'), { column: 'size', desc: true });
  assert.deepEqual(nextSort({ column: 'size', desc: true }, 'size'), { column: 'size', desc: false });
});

function placed(...volumes: readonly Volume[]): ReadonlyMap<string, PlacedVolume> {
  return new Map(volumes.map((one) => [one.path, { pool: 'p1', volume: one }]));
}

test('the drawing goes from machines down to the last file, and names what is in no pool', () => {
  const top = volume('web.qcow2', { backing: '/images/base.qcow2', usedBy: [user('web')] });
  const base = volume('base.qcow2', { backing: '/elsewhere/root.img', baseOf: [top.path] });
  const { levels, edges } = chainOf({ pool: 'p1', volume: base }, placed(top, base));
  assert.deepEqual(
    levels.map((level) => level.map(({ kind, label, self }) => [kind, label, self])),
    [
      [['machine', 'web', false]],
      [['volume', 'web.qcow2', false]],
      [['volume', 'base.qcow2', true]],
      [['file', '/elsewhere/root.img', false]],
    ],
  );
  assert.equal(edges.length, 3);
});

test('files that lie on each other in a circle end the drawing', () => {
  const one = volume('one', { backing: '/images/two' });
  const two = volume('two', { backing: '/images/one' });
  const { levels } = chainOf({ pool: 'p1', volume: one }, placed(one, two));
  assert.deepEqual(
    levels.flat().map(({ label }) => label),
    ['one', 'two'],
  );
});

test('a level with many boxes counts the rest, and no line leads to what is not shown', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const base = volume('base', { baseOf: names.map((name) => `/images/${name}`) });
  const { levels, edges } = chainOf(
    { pool: 'p1', volume: base },
    placed(base, ...names.map((name) => volume(name))),
  );
  assert.deepEqual(
    levels[0]?.map(({ label }) => label),
    ['a', 'b', '3'],
  );
  assert.equal(edges.length, 2);
});

test('a size may be typed with its unit, which counts before the one beside it', () => {
  const sizes = {
    '768 MiB': 768 * MIB,
    '768MiB': 768 * MIB,
    '1,5 gi': 1.5 * GIB,
    '2g': 2 * GIB,
    '1 T': 1024 * GIB,
  };
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(sizeBytes(text, 'MiB'), bytes, text);
  for (const wrong of ['MiB', '1 MB', '1 GiBs', '1 2 GiB', '0 GiB'])
    assert.equal(sizeBytes(wrong, 'GiB'), null, wrong);
  assert.equal(unitIn('768 MiB'), 'MiB');
  assert.equal(unitIn('768 m'), 'MiB');
  assert.equal(unitIn('768'), null);
  assert.equal(withoutUnit('768 MiB'), '768');
  assert.equal(withoutUnit('much'), 'much');
});

test('a field that has no size is empty, and what is typed next counts as GiB', () => {
  assert.deepEqual(sizeParts(0), { text: '', unit: 'GiB' });
});

test('a size is read as it is typed, in whole sectors', () => {
  assert.equal(sizeBytes('20', 'GiB'), 20 * GIB);
  assert.equal(sizeBytes('1,5', 'GiB'), 1.5 * GIB);
  for (const wrong of ['', ' ', '0', '-1', 'much', '1e99']) assert.equal(sizeBytes(wrong, 'TiB'), null);
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 900, noNaN: true }), (number) => {
      const bytes = sizeBytes(String(number), 'GiB');
      assert.ok(bytes !== null && bytes % 512 === 0);
    }),
  );
});

test('a size beyond all that can be counted is told from what is none', () => {
  assert.ok(isBeyond('99999999', 'GiB') && isBeyond('1e99', 'TiB'));
  for (const other of ['', '0', '-1', 'much', '4', '256']) assert.ok(!isBeyond(other, 'GiB'), other);
});

test('a size is shown in the largest unit of which it has one', () => {
  assert.deepEqual(sizeParts(256 * GIB), { text: '256', unit: 'GiB' });
  assert.deepEqual(sizeParts(1.5 * GIB), { text: '1.5', unit: 'GiB' });
  assert.deepEqual(sizeParts(2048 * GIB), { text: '2', unit: 'TiB' });
  assert.deepEqual(sizeParts(512 * 1024 ** 2), { text: '512', unit: 'MiB' });
});

test('a size of whole MiB is shown so that it is read back as the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000_000 }), (mib) => {
      const { text, unit } = sizeParts(mib * 1024 ** 2);
      assert.equal(sizeBytes(text, unit), mib * 1024 ** 2);
    }),
  );
});

const FILLED = {
  ...EMPTY_FORM,
  name: 'fast',
  path: '/srv/fast',
  devices: '/dev/sdb /dev/sdc',
  hosts: 'mon1:6789, [fd00::1]:3300 nas',
  dir: '/export',
  sourceName: 'vg0',
  adapter: 'host0',
  initiator: 'iqn.2026-01.com.example:a',
  username: 'virt',
  secret: 'geheim',
};

test('what each type of pool is made from is what the contract takes, and only its own fields', () => {
  for (const type of POOL_TYPES) {
    const input = poolInputOf('a', type, FILLED);
    assert.deepEqual(poolInput.parse(input), input);
    assert.deepEqual(poolProblems(type, FILLED, []), {}, type);
    assert.equal(input.auth !== undefined, POOL_KINDS[type].auth !== undefined, type);
    assert.equal(input.path !== undefined, POOL_KINDS[type].fields.includes('path'), type);
  }
  assert.deepEqual(poolInputOf('a', 'rbd', FILLED).hosts, [
    { name: 'mon1', port: 6789 },
    { name: 'fd00::1', port: 3300 },
    { name: 'nas' },
  ]);
});

test('problems are said at their field', () => {
  const problems = (change: Partial<typeof FILLED>) =>
    poolProblems('netfs', { ...FILLED, ...change }, ['iso']);
  assert.deepEqual(problems({ name: 'iso' }), { name: 'taken' });
  assert.deepEqual(problems({ name: 'a/b' }), { name: 'badName' });
  assert.deepEqual(problems({ path: 'srv' }), { path: 'notAbsolute' });
  assert.deepEqual(problems({ hosts: ' ', dir: '' }), { hosts: 'needed', dir: 'needed' });
  assert.deepEqual(poolProblems('rbd', { ...FILLED, secret: '' }, []), { secret: 'bothOrNone' });
});

test('a source that was found fills the fields that it knows', () => {
  const source = {
    label: 'nas:/vms',
    input: { hosts: [{ name: 'fd00::1', port: 2049 }], dir: '/vms', format: 'nfs' },
  };
  const form = filledBy({ ...EMPTY_FORM, name: 'kept' }, source);
  assert.deepEqual([form.name, form.hosts, form.dir, form.format], ['kept', '[fd00::1]:2049', '/vms', 'nfs']);
  assert.deepEqual(poolInputOf('a', 'netfs', form).hosts, source.input.hosts);
});

test('a copy gets a name that is free, before its ending', () => {
  assert.equal(copyName('disk.qcow2', new Set()), 'disk-copy.qcow2');
  assert.equal(copyName('disk.qcow2', new Set(['disk-copy.qcow2'])), 'disk-copy-2.qcow2');
  assert.equal(copyName('.hidden', new Set()), '.hidden-copy');
  assert.equal(nameProblem('a/b', new Set(), pool()), 'slash');
  assert.equal(nameProblem('a', new Set(['a']), pool()), 'taken');
});

test('volumes of a disk are called as its partitions, and the next one is offered', () => {
  const disk = pool({ type: 'disk', source: '/dev/sdb' });
  const loop = pool({ type: 'disk', source: '/dev/loop7' });
  assert.equal(nameIn(disk, 'debian.iso', new Set(['sdb1', 'sdb3'])), 'sdb2');
  assert.equal(nameIn(loop, 'debian.iso', new Set()), 'loop7p1');
  assert.equal(nameIn(pool(), 'debian.iso', new Set()), 'debian.iso');
  assert.equal(nameProblem('data', new Set(), disk), 'partition');
  assert.equal(nameProblem('sdb01', new Set(), disk), 'partition');
  assert.equal(nameProblem('sdb12', new Set(), disk), null);
  assert.equal(nameProblem('data', new Set(), pool({ type: 'disk', source: '/dev/disk/by-id/x' })), null);
});

test('files are told apart by their first bytes', async () => {
  const file = (text: string, at = 0): Blob =>
    new Blob([
      new Uint8Array(at),
      Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
      new Uint8Array(100),
    ]);
  assert.equal(await imageFormat(file('QFI\xfb')), 'qcow2');
  assert.equal(await imageFormat(file('KDMV')), 'vmdk');
  assert.equal(await imageFormat(file('vhdxfile')), 'vhdx');
  assert.equal(await imageFormat(file('\x7f\x10\xda\xbe', 64)), 'vdi');
  assert.equal(await imageFormat(file('QFI!')), 'raw');
  assert.equal(await imageFormat(new Blob([])), 'raw');
});

test('the SHA-256 of a job is known at its end', () => {
  const sum = 'ab'.repeat(32);
  const log = [{ time: 1, text: `SHA-256 of disk.img: ${sum}` }];
  assert.equal(checksumOf({ state: 'done', log }), sum);
  assert.equal(checksumOf({ state: 'running', log }), null);
  assert.equal(checksumOf({ state: 'done', log: [{ time: 1, text: 'uuid deadbeef' }] }), null);
});

test('keys of the list of volumes', () => {
  const press = (key: string, change = {}) => ({
    key,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...change,
  });
  const place = { index: 1, count: 5, page: 3 };
  assert.deepEqual(volumeCommand(press('j'), place), { do: 'move', to: 2 });
  assert.deepEqual(volumeCommand(press('End'), place), { do: 'move', to: 4 });
  assert.deepEqual(volumeCommand(press('Enter'), place), { do: 'open' });
  assert.deepEqual(volumeCommand(press('Delete'), place), { do: 'delete' });
  for (const key of [press('ContextMenu'), press('F10', { shiftKey: true })])
    assert.deepEqual(volumeCommand(key, place), { do: 'menu' });
  assert.deepEqual(volumeCommand(press('/'), place), { do: 'filter' });
  assert.deepEqual(volumeCommand(press('Escape'), place), { do: 'leave' });
  for (const key of ['s', 'g', 'x', 'q', '?']) assert.equal(volumeCommand(press(key), place), null, key);
  assert.equal(volumeCommand(press('Delete', { ctrlKey: true }), place), null);
});
