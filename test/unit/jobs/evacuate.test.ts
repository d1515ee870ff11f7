import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isLater,
  placeMachines,
  type EvacuationHost,
  type EvacuationSubject,
} from '../../../main/jobs/migrate/evacuate.ts';
import { memoryTaken, movesOf, newEvacuateForm, targetOf } from '../../../renderer/wizards/evacuate/form.ts';
import { GIB } from './migrate-facts.ts';

type Level = 'ok' | 'warn' | 'stop';

function host(id: string, change: Partial<EvacuationHost> = {}): EvacuationHost {
  return {
    id,
    memoryTotalBytes: 64 * GIB,
    memoryFreeBytes: 32 * GIB,
    cpus: 16,
    vcpus: 0,
    pools: new Map(),
    ...change,
  };
}

function machine(name: string, levels: Record<string, Level>, gib = 4, vcpus = 2): EvacuationSubject {
  const targets = Object.entries(levels).map(([id, level]) => ({
    host: id,
    level,
    reasons: [],
    ejects: [],
    disks: [{ target: 'vda', way: id === 'b' ? ('shared' as const) : ('copy' as const) }],
    stays: [],
    replaces: [],
  }));
  return {
    uuid: name,
    name,
    running: gib > 0,
    memoryBytes: gib * GIB,
    vcpus,
    takes: new Map(),
    looksLater: new Set(),
    targets,
  };
}

const placed = (subjects: EvacuationSubject[], hosts: EvacuationHost[]): string =>
  placeMachines(subjects, hosts)
    .map(({ name, to }) => `${name} ${to ?? 'stays'}`)
    .join(', ');

const ANY = { a: 'ok', b: 'ok' } as const;

test('each goes where most is left with it, of memory and of processors alike', () => {
  assert.equal(placed([machine('m', ANY)], [host('a'), host('b', { memoryFreeBytes: 40 * GIB })]), 'm b');
  assert.equal(placed([machine('m', ANY)], [host('a'), host('b', { vcpus: 14 })]), 'm a');
  assert.equal(
    placed([machine('m', ANY)], [host('a', { memoryFreeBytes: 60 * GIB, vcpus: 15 }), host('b')]),
    'm b',
  );
});

test('what was placed counts for the next, the largest first', () => {
  const four = ['m1', 'm2', 'm3', 'm4'].map((name) => machine(name, ANY, 8));
  assert.equal(placed(four, [host('a'), host('b')]), 'm1 a, m2 b, m3 a, m4 b');
  const hosts = [host('a', { memoryFreeBytes: 20 * GIB }), host('b', { memoryFreeBytes: 6 * GIB })];
  assert.equal(placed([machine('small', ANY, 4), machine('large', ANY, 18)], hosts), 'small b, large a');
});

test('never where something stops it; where there is something to know only when nothing else takes it', () => {
  const roomy = host('a', { memoryFreeBytes: 60 * GIB });
  assert.equal(placed([machine('m', { a: 'stop', b: 'ok' })], [roomy, host('b')]), 'm b');
  assert.equal(placed([machine('m', { a: 'warn', b: 'ok' })], [roomy, host('b')]), 'm b');
  assert.equal(placed([machine('m', { a: 'warn', b: 'stop' })], [roomy, host('b')]), 'm a');
  assert.equal(placed([machine('m', { a: 'stop', b: 'stop' })], [roomy, host('b')]), 'm stays');
  const full = host('b', { memoryFreeBytes: GIB });
  assert.equal(placed([machine('m', { a: 'warn', b: 'ok' })], [roomy, full]), 'm a');
});

test('one that is off needs no room, and a host that does not tell of its memory comes last', () => {
  const full = host('a', { memoryFreeBytes: 0 });
  assert.equal(placed([machine('off', { a: 'ok' }, 0)], [full]), 'off a');
  const dumb = host('a', { memoryTotalBytes: null, memoryFreeBytes: null });
  assert.equal(placed([machine('m', ANY)], [dumb, host('b')]), 'm b');
  assert.equal(placed([], [dumb]), '');
});

test('disks that go to one pool are added up: the next machine goes where its own have room, or that is said', () => {
  const withDisk = (name: string): EvacuationSubject => ({
    ...machine(name, ANY),
    takes: new Map(['a', 'b'].map((id) => [id, [{ pool: `p${id}`, name: 'default', bytes: 40 * GIB }]])),
  });
  const hosts = [
    host('a', { memoryFreeBytes: 60 * GIB, pools: new Map([['pa', 50 * GIB]]) }),
    host('b', { pools: new Map([['pb', 50 * GIB]]) }),
  ];
  const machines = placeMachines(['m1', 'm2', 'm3'].map(withDisk), hosts);
  assert.deepEqual(
    machines.map(({ name, to, targets }) => [name, to, targets.map(({ level }) => level).join()]),
    [
      ['m1', 'a', 'ok,ok'],
      ['m2', 'b', 'ok,ok'],
      ['m3', 'a', 'warn,ok'],
    ],
  );
  assert.match(
    machines[2]?.targets[0]?.reasons.join() ?? '',
    /^The pool default there has no room for its disks beside/,
  );
  // One that does not tell what it has is not full.
  assert.equal(placed([withDisk('m')], [host('a')]), 'm a');
});

test('what a person chose stands before what suits best', () => {
  const machines = placeMachines([machine('m1', ANY), machine('m2', ANY)], [host('a'), host('b')]);
  const form = { ...newEvacuateForm('x'), chosen: { m1: 'b', m2: null } };
  assert.deepEqual(
    machines.map((one) => targetOf(form, one)),
    ['b', null],
  );
  assert.deepEqual(
    movesOf(form, { machines }).map(({ host: from, uuid, to, shown = [] }) =>
      [uuid, from, to, ...shown.map(({ way }) => way)].join(' '),
    ),
    ['m1 x b shared'],
  );
  assert.deepEqual(
    [memoryTaken(form, { machines }, 'b'), memoryTaken(form, { machines }, 'a')],
    [4 * GIB, 0],
  );
});

test('a host that was chosen and does not take it any more is not chosen', () => {
  const form = { ...newEvacuateForm('x'), chosen: { m1: 'b', m2: 'away' } };
  const machines = placeMachines([machine('m1', { a: 'ok', b: 'stop' }), machine('m2', ANY)], [host('a')]);
  assert.deepEqual(
    machines.map((one) => targetOf(form, one)),
    ['a', 'a'],
  );
});

test('a host of which only a pool’s look is still to come is as good as one that has to get a copy', () => {
  const subject = { ...machine('db', { a: 'ok', b: 'warn' }), looksLater: new Set(['b']) };
  const hosts = [host('a', { memoryFreeBytes: 8 * GIB }), host('b')];
  assert.equal(placed([subject], hosts), 'db b');
  assert.equal(placed([{ ...subject, looksLater: new Set() }], hosts), 'db a');
});

test('what is known later is the disk’s own warning, and no other one beside it', () => {
  const later = { level: 'warn', later: true } as const;
  assert.equal(isLater([{ level: 'ok' }, later, later]), true);
  for (const items of [[], [{ level: 'warn' }], [later, { level: 'warn' }]] as const)
    assert.equal(isLater(items), false);
});
