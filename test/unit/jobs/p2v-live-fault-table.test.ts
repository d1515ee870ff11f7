import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Clock } from '../../../main/hosts/clock.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { Plan } from '../../../main/jobs/engine/step.ts';
import { firstBoot, type SourceHost } from '../../../main/jobs/source/source-host.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf, type World } from './engine-bench.ts';
import { Cellar, FILES, KINDS, PUT_FILES, SNAPSHOTS, SOURCE, TAG } from './p2v-live-cellar.ts';

const host = 'h';
const thing = (name: string) => ({ id: name, kind: 'thing.create', host, title: name, params: { name } });
const release = (id: string, params: object) => ({
  id,
  kind: 'p2v.release',
  host,
  title: id,
  params: { source: SOURCE, services: null, snapshots: null, ...params },
  optional: true,
});
const services = {
  id: 'services',
  kind: 'p2v.quiesce',
  host,
  title: 'services',
  params: { source: SOURCE, tag: TAG, services: ['mariadb', 'nginx'] },
};
const files = {
  id: 'files',
  kind: 'p2v.files',
  host,
  title: 'files',
  params: { source: SOURCE, tag: TAG, files: PUT_FILES },
};
const snapshots = {
  id: 'snapshots',
  kind: 'p2v.snapshot',
  host,
  title: 'snapshots',
  params: {
    source: SOURCE,
    tag: TAG,
    snapshots: SNAPSHOTS,
    physical: [],
    withFiles: true,
    rests: 'services',
  },
};
const changes = {
  id: 'changes',
  kind: 'p2v.changes',
  host,
  title: 'changes',
  params: {
    source: SOURCE,
    disks: [],
    packing: 'none',
    summing: { program: 'b2sum', parallel: 1 },
    since: null,
    lease: TAG,
    rests: 'services',
    withFiles: true,
    until: 'rest',
  },
};
const filesHeld = release('files-held', { files: { step: 'files', only: [FILES[0][0]] } });
const finish = [
  release('files-back', { files: { step: 'files', only: null } }),
  release('remove-snapshots', { snapshots: { tag: TAG, snapshots: SNAPSHOTS } }),
  ...['convert', 'define', 'start'].map(thing),
];
const started = release('start-services', { services: 'services' });
/** As for a machine whose services are stopped while its snapshots are made; what is done on the host is things there. */
const PLAN = planOf({
  steps: [services, files, snapshots, started, filesHeld, thing('read'), ...finish],
});
/** They are stopped once the disks were read, until what has changed was copied. */
const LATE = planOf({
  steps: [thing('read'), files, services, snapshots, filesHeld, changes, started, ...finish],
});
const THINGS = ['convert', 'define', 'read', 'start'];

const there = (world: World): string[] => [...world.things].toSorted();

/** So many programs the source is asked for where nothing goes wrong. */
async function callsOf(plan: Plan): Promise<number> {
  const { start } = await bench();
  const cellar = new Cellar();
  const { workflows, jobs, find } = start(cellar.kinds);
  const id = await workflows.start(plan);
  await jobs.settled(id);
  assert.equal(find(id).state, 'done', JSON.stringify(find(id)));
  cellar.assertAsItWas('nothing went wrong');
  cellar.assertHeld('nothing went wrong');
  return cellar.calls;
}

for (const [when, plan] of [
  ['before the disks are read', PLAN],
  ['when they were read', LATE],
] as const)
  suite(
    `services are stopped ${when}: whatever goes wrong at whichever program of the source, it is left as it was`,
    () => {
      for (const fault of ['lost before', 'lost after'] as const)
        test(`the link is ${fault} it has done its work`, async () => {
          const calls = await callsOf(plan);
          assert.ok(calls > 12, `${calls} programs`);
          for (let at = 1; at <= calls; at += 1) {
            const { start, world } = await bench();
            const cellar = new Cellar();
            cellar.meets(fault, at);
            const { workflows, jobs, find } = start(cellar.kinds);
            const id = await workflows.start(plan);
            await jobs.settled(id);
            const said = `${fault} program ${at} of ${calls}: ${JSON.stringify(find(id))}`;
            cellar.assertAsItWas(said);
            assert.deepEqual(find(id).mayBeLeft, [], said);
            assert.deepEqual([find(id).state, there(world)], ['done', THINGS], said);
            cellar.assertHeld(said);
          }
        });

      for (const fault of ['dies before', 'dies after'] as const)
        for (const choice of ['goOn', 'undo'] as const)
          test(`Virtlane ${fault} it has done its work; then: ${choice}`, async () => {
            const calls = await callsOf(plan);
            for (let at = 1; at <= calls; at += 1) {
              const { start, world, journals } = await bench();
              const cellar = new Cellar();
              cellar.meets(fault, at);
              const first = start(cellar.kinds);
              const id = await first.workflows.start(plan);
              await until(() => cellar.isHanging, 'the source is asked');
              first.workflows.close();
              await first.jobs.settled(id);
              const second = start(cellar.kinds);
              await second.workflows.recover();
              await second.workflows.resume(id, choice);
              await second.jobs.settled(id);
              second.workflows.close();
              const said = `${fault} program ${at} of ${calls}: ${JSON.stringify(second.find(id))}`;
              cellar.assertAsItWas(said);
              assert.equal(second.find(id).state, choice === 'goOn' ? 'done' : 'cancelled', said);
              assert.deepEqual(there(world), choice === 'goOn' ? THINGS : [], said);
              if (choice === 'goOn') cellar.assertHeld(said);
              assert.deepEqual(await journals(), [], said);
            }
          });
    },
  );

for (const step of THINGS)
  for (const fault of ['lostBefore', 'lostAfter'] as const)
    test(`the host is away from “${step}” on (${fault}): the source is as it was before the host is back`, async () => {
      const { start, world } = await bench();
      const cellar = new Cellar();
      world.faults.set(step, fault);
      const { workflows, jobs, find, clock } = start(cellar.kinds);
      const id = await workflows.start(PLAN);
      await until(() => find(id).state === 'waiting', 'it waits for the host');
      cellar.assertAsItWas('the host is away');
      world.comeBack();
      await clock.advance(4000);
      await jobs.settled(id);
      assert.deepEqual([find(id).state, there(world)], ['failed', []]);
    });

test('a source that was switched off after it was read is not waited for without end: what may be left on it is named', async () => {
  const { start, world } = await bench();
  const cellar = new Cellar();
  let late: () => void = () => undefined;
  const clock: Clock = {
    now: () => Date.now(),
    setTimer(task, delayMs) {
      if (delayMs > 60_000) late = task;
      else setImmediate(task);
      return () => undefined;
    },
  };
  const host: SourceHost = {
    name: 'cellar',
    clock,
    boot: firstBoot('cellar'),
    onAway: () => late(),
    use: (_signal, work) =>
      world.things.has('read')
        ? Promise.reject(new FailureError({ code: 'HOST_UNREACHABLE', message: 'away' }))
        : work(cellar.exec),
  };
  const kinds = KINDS.map((kind) => kind(() => host));
  const { workflows, jobs, find } = start(kinds);
  const id = await workflows.start(PLAN);
  await jobs.settled(id);
  assert.deepEqual([find(id).state, there(world)], ['done', THINGS]);
  assert.match(
    JSON.stringify(find(id)),
    /cellar does not answer\. On it the snapshot vg\/virtlane-1-root may be there/,
  );
});

test('a service that something starts again is told, and nothing is copied', async () => {
  const { start } = await bench();
  const cellar = new Cellar();
  cellar.stubborn = 'mariadb.service';
  const { workflows, jobs, find } = start(cellar.kinds);
  const id = await workflows.start(LATE);
  await jobs.settled(id);
  assert.match(JSON.stringify(find(id)), /mariadb\.service on cellar was started again by something/);
  cellar.assertAsItWas('it was refused');
});

for (const [what, other] of [
  ['its services', 'services'],
  ['its volumes', 'snapshots'],
] as const)
  test(`a second copy of a machine is refused while another one holds ${what} still`, async () => {
    const { start, world } = await bench();
    const cellar = new Cellar();
    cellar.leases.add(`/run/virtlane-2.${other}`);
    const { workflows, jobs, find } = start(cellar.kinds);
    const id = await workflows.start(PLAN);
    await jobs.settled(id);
    assert.match(JSON.stringify(find(id)), /Another copy of cellar is being made \(virtlane-2\)/);
    assert.deepEqual([...cellar.leases], [`/run/virtlane-2.${other}`]);
    cellar.leases.clear();
    cellar.assertAsItWas('it was refused');
    assert.deepEqual(there(world), []);
  });

for (const [what, happens, refused] of [
  [
    'another copy of it is begun',
    (cellar: Cellar) => void cellar.leases.add('/run/virtlane-2.services'),
    /Another copy of cellar is being made \(virtlane-2\)/,
  ],
  [
    'somebody makes a snapshot',
    (cellar: Cellar) => {
      cellar.snapshots.set('nightly', 'root');
      cellar.foreign.add('nightly');
    },
    /vg\/nightly on cellar is a snapshot that was made since/,
  ],
  [
    'it starts its services',
    (cellar: Cellar) => cellar.startsItself(),
    /services of cellar were started again while its snapshots were made/,
  ],
] as const)
  test(`the link is lost while snapshots are made, and ${what}: that is told, and none is made anew`, async () => {
    const { start, world } = await bench();
    const cellar = new Cellar();
    cellar.meets('lost after', 'lvcreate');
    cellar.meanwhile = () => happens(cellar);
    const { workflows, jobs, find } = start(cellar.kinds);
    const id = await workflows.start(PLAN);
    await jobs.settled(id);
    assert.match(JSON.stringify(find(id)), refused);
    assert.equal(cellar.atSnapshots.length, 1);
    assert.deepEqual(there(world), []);
    cellar.snapshots.delete('nightly');
    cellar.leases.delete('/run/virtlane-2.services');
    cellar.assertAsItWas('it was refused');
  });

test('a snapshot that was made since the copy was planned is told: what LVM knows would have it, and not its blocks', async () => {
  const { start } = await bench();
  const cellar = new Cellar();
  cellar.snapshots.set('nightly', 'root');
  cellar.foreign.add('nightly');
  const { workflows, jobs, find } = start(cellar.kinds);
  const id = await workflows.start(PLAN);
  await jobs.settled(id);
  assert.match(JSON.stringify(find(id)), /vg\/nightly on cellar is a snapshot that was made since/);
  assert.deepEqual([...cellar.snapshots.keys()], ['nightly']);
});
