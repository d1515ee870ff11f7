/** Services that the source has started by itself, as it heard nothing of the job for half an hour; or that it could not. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import type { PlannedStep } from '../../../main/jobs/engine/step.ts';
import { stepKind } from '../../../main/jobs/engine/step-kinds.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf } from './engine-bench.ts';
import { AT_REST, Cellar, RUNNING, SNAPSHOTS, SOURCE, TAG } from './p2v-live-cellar.ts';

const host = 'h';
const define = { id: 'define', kind: 'thing.create', host, title: 'define', params: { name: 'define' } };
const release = (id: string, params: object): PlannedStep => ({
  id,
  kind: 'p2v.release',
  host,
  title: id,
  params: { source: SOURCE, services: null, snapshots: null, ...params },
  optional: true,
});
const services: PlannedStep = {
  id: 'services',
  kind: 'p2v.quiesce',
  host,
  title: 'services',
  params: { source: SOURCE, tag: TAG, services: ['mariadb', 'nginx'] },
};
const snapshots: PlannedStep = {
  id: 'snapshots',
  kind: 'p2v.snapshot',
  host,
  title: 'snapshots',
  params: { source: SOURCE, tag: TAG, snapshots: SNAPSHOTS, physical: [], rests: 'services' },
};
const disk = { name: 'sda', path: '/dev/sda', sizeBytes: 512, table: 'gpt', partitions: [] } as const;
/** @param snapshotted paths of volumes that have snapshots */
const changes = (snapshotted: string[]): PlannedStep => ({
  id: 'changes',
  kind: 'p2v.changes',
  host,
  title: 'changes',
  params: {
    source: SOURCE,
    disks:
      snapshotted.length === 0
        ? []
        : [
            {
              host,
              pool: 'p',
              poolName: 'p',
              name: 'v',
              facts: { disk: { ...disk, content: { kind: 'extended' } }, groups: [] },
              identity: null,
              read: 'read',
              snapshotted,
            },
          ],
    packing: 'none',
    summing: { program: 'b2sum', parallel: 1 },
    since: null,
    lease: TAG,
    rests: 'services',
    withFiles: false,
    until: 'rest',
  },
});
const started = release('start-services', { services: 'services' });
const removed = release('remove-snapshots', { snapshots: { tag: TAG, snapshots: SNAPSHOTS } });
const away: PlannedStep = { id: 'away', kind: 'source.away', host, title: 'away', params: null };

/** Does the steps; in that of `away` the source does what it is told to. */
async function run(cellar: Cellar, steps: readonly PlannedStep[], meanwhile: () => void) {
  const { start } = await bench();
  const { workflows, jobs, find } = start([
    ...cellar.kinds,
    stepKind({
      name: 'source.away',
      params: z.null(),
      check: () => Promise.resolve(),
      run: () => Promise.resolve(meanwhile()).then(() => null),
      settle: () => Promise.resolve({ done: false }),
      undo: () => Promise.resolve(),
      leaves: () => null,
    }),
  ]);
  const id = await workflows.start(planOf({ steps: [...steps] }));
  await jobs.settled(id);
  return find(id);
}

suite('where the source has started its services by itself', () => {
  test('they are stopped again before what has changed is looked for', async () => {
    const cellar = new Cellar();
    const steps = [services, away, changes([]), started, define];
    const job = await run(cellar, steps, () => cellar.startsItself());
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.match(JSON.stringify(job), /has started its services again: they are stopped once more/);
    assert.deepEqual(cellar.atStops.at(-1), AT_REST);
    cellar.assertAsItWas('it is done');
  });

  test('they are stopped again before a snapshot is made', async () => {
    const cellar = new Cellar();
    const steps = [services, away, snapshots, started, removed, define];
    const job = await run(cellar, steps, () => cellar.startsItself());
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.deepEqual(cellar.atSnapshots, [AT_REST, AT_REST]);
    assert.ok(cellar.renewed.has(`/run/${TAG}.services`), 'the source hears of the job meanwhile');
    cellar.assertAsItWas('it is done');
  });

  test('while its snapshots were made, the copy is given up', async () => {
    const cellar = new Cellar();
    cellar.startsAtSnapshot = true;
    const job = await run(cellar, [services, snapshots, started, removed, define], () => undefined);
    assert.match(JSON.stringify(job), /services of cellar were started again while its snapshots were made/);
    cellar.assertAsItWas('it was given up');
  });

  test('since its snapshots were made, the copy is given up: the rest of it would be of another moment', async () => {
    const cellar = new Cellar();
    const steps = [services, snapshots, away, changes(['/dev/vg/root']), started, removed, define];
    const job = await run(cellar, steps, () => cellar.startsItself());
    assert.equal(job.state, 'failed');
    assert.match(JSON.stringify(job), /services of cellar were started again since its snapshots were made/);
    assert.equal(cellar.atStops.length, 1);
    cellar.assertAsItWas('it was given up');
  });
});

suite('when the job is taken back', () => {
  /** Refuses once all before it is done. */
  const refused = changes(['/dev/vg/root']);

  for (const [what, meanwhile] of [
    ['the source could not start by itself', (cellar: Cellar) => cellar.leases.clear()],
    ['were not started when the source was', (cellar: Cellar) => cellar.startsAnew('nginx.service')],
  ] as const)
    test(`services that ${what} are started`, async () => {
      const cellar = new Cellar();
      const job = await run(cellar, [services, away, refused], () => meanwhile(cellar));
      assert.equal(job.state, 'failed');
      assert.deepEqual(job.mayBeLeft, []);
      cellar.assertAsItWas('it is taken back');
    });

  test('what somebody stops once the source has started it stays so', async () => {
    const cellar = new Cellar();
    const job = await run(cellar, [services, away, refused], () => {
      cellar.startsItself();
      cellar.running.delete('nginx.service');
    });
    assert.equal(job.state, 'failed');
    assert.ok(!cellar.running.has('nginx.service'), 'it was started');
    assert.deepEqual([...cellar.leases], []);
  });

  test('what somebody stops once the job has started it stays so', async () => {
    const { start, world } = await bench();
    const cellar = new Cellar();
    world.faults.set('define', 'hangs');
    const { workflows, jobs, find } = start(cellar.kinds);
    const id = await workflows.start(
      planOf({ steps: [services, snapshots, changes([]), started, removed, define] }),
    );
    await until(() => world.reached.includes('define'), 'the services run again');
    cellar.running.delete('nginx.service');
    world.refuseHanging();
    await jobs.settled(id);
    assert.equal(find(id).state, 'failed');
    assert.ok(!cellar.running.has('nginx.service'), 'it was started');
  });
});

test('what would stop containers along with it is not stopped', async () => {
  const cellar = new Cellar();
  cellar.needsMariadb = 'docker.service';
  cellar.running.add('docker.service');
  const job = await run(cellar, [services, started, define], () => undefined);
  assert.match(JSON.stringify(job), /docker\.service on cellar would be stopped with mariadb\.service/);
  assert.deepEqual(cellar.atStops, []);
  assert.ok(cellar.running.has('docker.service'));
});

test('its watch tells that it has started all of them, and nothing where it could not', async () => {
  const cellar = new Cellar();
  await run(cellar, [services, started, define], () => undefined);
  const script = cellar.watches.at(0)?.script ?? '';
  assert.match(script, /systemctl start -- "\$@" && touch "\$started"/);
  assert.deepEqual(cellar.watches.at(0)?.args.slice(0, 1), [`/run/${TAG}.services.started`]);
  assert.deepEqual(
    cellar.watches.at(0)?.args.slice(1).toSorted(),
    RUNNING.filter((unit) => unit !== 'cron.service'),
  );
});
