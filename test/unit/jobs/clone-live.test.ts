import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planClone } from '../../../main/jobs/clone/plan.ts';
import { makeIdentities } from '../../../main/jobs/create/identity.ts';
import { FACTS, INPUT, LIVE, OLD_HOST, POOLS } from './clone-facts.ts';
import { POOL } from './create-input.ts';

test('while it runs, all disks are copied at one instant, once, and the other machines are copied from that', () => {
  const { plan, consistency } = planClone({ ...INPUT, name: 'web-#', count: 2 }, { ...FACTS, ...LIVE }, null);
  assert.equal(consistency, 'frozen');
  assert.deepEqual(
    plan.steps
      .filter(({ ifRefused, title }) => ifRefused === undefined && /disk|Copy vd/.test(title))
      .map(({ title }) => title),
    [
      'Create the disk web-1.qcow2 in default',
      'Create the disk web-1-2.qcow2 in default',
      'Copy vda, vdb of db while it runs',
      'Copy web-1.qcow2 to the disk web-2.qcow2 in default',
      'Copy web-1-2.qcow2 to the disk web-2-2.qcow2 in default',
    ],
  );
  const backup = plan.steps.find(({ id }) => id === 'backup')?.params;
  assert.deepEqual(backup, {
    host: 'h',
    uuid: FACTS.model.uuid,
    name: 'db',
    freeze: true,
    disks: [
      { disk: 'vda', pool: POOL, path: '/images/web-1.qcow2', format: 'qcow2' },
      { disk: 'vdb', pool: POOL, path: '/images/web-1-2.qcow2', format: 'qcow2' },
    ],
    others: ['vdc', 'sda'],
  });
  const [first] = plan.steps.filter(({ kind }) => kind === 'volume.create');
  assert.equal((first?.params as { capacityBytes?: number } | undefined)?.capacityBytes, 2 ** 31);
  const live = FACTS.live ?? LIVE.live;
  assert.ok(live !== undefined && live !== null);
  const alone = { ...FACTS, running: true, live: { ...live, agent: 'none' as const } };
  assert.equal(planClone(INPUT, alone, null).consistency, 'powerCut');
});

test('that a raw disk becomes qcow2 in the copy is said, unless its format was chosen', () => {
  const told = (input: typeof INPUT): string[] =>
    planClone(input, { ...FACTS, ...LIVE }, null).warnings.filter((text) => text.includes('in the copy'));
  assert.deepEqual(told(INPUT), [
    'vdb is raw in db, and qcow2 in the copy: choose raw for it where it is to stay that.',
  ]);
  const chosen = (format: 'raw' | 'qcow2') => ({
    ...INPUT,
    disks: [...INPUT.disks, { target: 'vdb', way: 'copy' as const, pool: null, format }],
  });
  assert.deepEqual([told(chosen('raw')), told(chosen('qcow2'))], [[], []]);
});

test('without backups, or where that is asked for, it writes beside its disks while these are copied', () => {
  const asked = { ...FACTS, ...LIVE };
  assert.equal(planClone(INPUT, asked, null).copyBy, 'backup');
  assert.equal(planClone({ ...INPUT, copyBy: 'snapshot' }, asked, null).copyBy, 'snapshot');
  const { plan, copyBy, problems, warnings } = planClone(
    { ...INPUT, name: 'web-#', count: 2, firmware: 'new' },
    { ...FACTS, ...OLD_HOST },
    makeIdentities(2, 1, new Set()),
  );
  assert.deepEqual([copyBy, problems], ['snapshot', []]);
  assert.ok(warnings.some((text) => text.includes('takes room in the pool default of kvm-a, until it is')));
  assert.deepEqual(
    plan.steps.map(({ title }) => title),
    [
      'Let db write beside vda, vdb for the time of the copy',
      'Copy vda.img to the disk web-1.qcow2 in default',
      'Copy vdb.img to the disk web-1-2.qcow2 in default',
      'Merge what db wrote meanwhile into vda, vdb',
      'Copy web-1.qcow2 to the disk web-2.qcow2 in default',
      'Copy web-1-2.qcow2 to the disk web-2-2.qcow2 in default',
      'Define web-1',
      'Define web-2',
    ],
  );
  assert.match(
    JSON.stringify(plan.steps[0]?.params),
    /"base":"\/images\/vda.img".+"base":"\/images\/vdb.img"/,
  );
  // A guest can write a header of qcow2 into its raw disk.
  assert.match(JSON.stringify(plan.steps[2]?.params), /"claim":\{"machine":"db","format":"raw"\}/);
});

test('a backup that libvirt refuses has another way, where nobody asked for it by name', () => {
  const asked = { ...FACTS, ...LIVE };
  const otherWay = (change: Partial<typeof INPUT>) =>
    planClone({ ...INPUT, ...change }, asked, null)
      .plan.steps.filter(({ ifRefused }) => ifRefused === 'backup')
      .map(({ title }) => title);
  assert.deepEqual(otherWay({}), [
    'Delete the empty web.qcow2 in default',
    'Delete the empty web-2.qcow2 in default',
    'Let db write beside vda, vdb for the time of the copy',
    'Copy vda.img to the disk web.qcow2 in default',
    'Copy vdb.img to the disk web-2.qcow2 in default',
    'Merge what db wrote meanwhile into vda, vdb',
  ]);
  assert.deepEqual(otherWay({ copyBy: 'backup' }), []);
});

test('the other way is the first machine’s alone, as the others are copied from that', () => {
  const { plan } = planClone(
    { ...INPUT, name: 'web-#', count: 3, firmware: 'new' },
    { ...FACTS, ...LIVE },
    makeIdentities(3, 1, new Set()),
  );
  assert.deepEqual(
    plan.steps.filter(({ ifRefused }) => ifRefused === 'backup').map(({ id }) => id),
    ['clear-1-vda', 'clear-1-vdb', 'snapshot', 'again-1-vda', 'again-1-vdb', 'rejoin'],
  );
  assert.equal(new Set(plan.steps.map(({ id }) => id)).size, plan.steps.length, 'one id, one step');
});

test('a disk of no whole KiB is copied by a snapshot, as no volume for a backup is as large', () => {
  const live = FACTS.live ?? LIVE.live;
  assert.ok(live !== undefined && live !== null);
  const odd = { ...live, disks: new Map([...live.disks, ['vdb', 2 ** 30 + 512]]) };
  const asked = { ...FACTS, ...LIVE, live: odd };
  assert.equal(planClone(INPUT, asked, null).copyBy, 'snapshot');
  const omitted = { target: 'vdb', way: 'omit' as const, pool: null, format: null };
  assert.equal(planClone({ ...INPUT, disks: [...INPUT.disks, omitted] }, asked, null).copyBy, 'backup');
  const { problems } = planClone({ ...INPUT, copyBy: 'backup' }, asked, null);
  assert.match(problems.map(({ message }) => message).join(), /^The size of vdb is no whole number of KiB/);
});

test('a machine without a pool of files cannot be copied by a snapshot', () => {
  const blocks = POOLS.filter(({ type }) => type === 'logical');
  const { problems } = planClone(INPUT, { ...FACTS, ...OLD_HOST, sourcePools: blocks }, null);
  assert.ok(
    problems.some(({ field, message }) => field === 'copyBy' && message.startsWith('While vda is copied')),
  );
});

test('while it runs it is copied by one job at a time, which holds it until that is done', () => {
  const held = { host: 'h', uuid: FACTS.model.uuid, name: 'db' };
  const holds = (change: Partial<typeof FACTS>) => planClone(INPUT, { ...FACTS, ...change }, null).plan.holds;
  // A backup that is refused is followed by a snapshot.
  assert.deepEqual(holds(LIVE), [{ ...held, until: 'rejoin' }]);
  const chosen = planClone({ ...INPUT, copyBy: 'backup' }, { ...FACTS, ...LIVE }, null);
  assert.deepEqual(chosen.plan.holds, [{ ...held, until: 'backup' }]);
  assert.deepEqual(holds(OLD_HOST), [{ ...held, until: 'rejoin' }]);
  const { problems } = planClone(INPUT, { ...FACTS, ...OLD_HOST, copiedTo: 'db-2' }, null);
  assert.deepEqual(problems, [
    { field: 'machine', message: 'db is being copied to db-2: when that is done, clone it again.' },
  ]);
});
