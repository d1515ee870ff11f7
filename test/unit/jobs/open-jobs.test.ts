import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { Job } from '../../../main/contract/activity.ts';
import type { JobContext } from '../../../main/jobs/registry.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf } from './engine-bench.ts';

const ROUND = {
  kind: 'evacuate',
  host: { id: 'h', name: 'kvm-a' },
  uuid: null,
  name: '15 machines',
  cancelled: '',
  failed: '',
  unsure: '',
};

/** A command has begun a round, and a window looks. */
async function pair() {
  const { start, dir, world } = await bench();
  const [command, window] = [start(), start()];
  await window.workflows.recover();
  let end: () => void = () => undefined;
  let now: JobContext | undefined;
  const run = (job: JobContext): Promise<void> => {
    now = job;
    return new Promise((resolve) => (end = resolve));
  };
  const id = command.jobs.start({ ...ROUND, run });
  await until(() => now, 'it runs');
  const listed = (): Job | undefined => window.activity.jobs().find((job) => job.id === id);
  const looksUntil = (holds: (job: Job | undefined) => boolean, what: string): Promise<unknown> =>
    until(async () => {
      await command.clock.advance(1000);
      await window.clock.advance(5000);
      return holds(listed());
    }, what);
  return { command, window, dir, world, id, end: () => end(), now: () => now, listed, looksUntil };
}

test('a round of another program is listed with how far it is, and how it ended', async () => {
  const { command, window, id, end, now, listed, looksUntil } = await pair();
  now()?.progress({ fraction: 0.2, secondsLeft: 30 });
  now()?.show({ waitsFor: ['kvm-c'] });
  await looksUntil((job) => job?.progress === 0.2, 'its progress is told');
  const { elsewhere, cancellable, waitsFor, by, secondsLeft } = listed() ?? assert.fail();
  assert.deepEqual(
    [elsewhere, cancellable, waitsFor, by, secondsLeft],
    [true, false, ['kvm-c'], 'command', 30],
  );
  assert.deepEqual(
    (await window.workflows.left()).map((job) => [job.id, job.progress, job.elsewhere]),
    [[id, 0.2, true]],
  );
  // Its own program has it in its own list.
  assert.deepEqual(await command.workflows.left(), []);
  end();
  await command.jobs.settled(id);
  await looksUntil((job) => job?.state === 'done', 'its end is told');
  await command.open.close();
  assert.deepEqual(await window.workflows.left(), []);
});

test('one whose program died in the middle of it is listed as that, and its file goes', async () => {
  const { dir, now, listed, looksUntil } = await pair();
  now()?.progress({ fraction: 0.2 });
  await looksUntil((job) => job?.progress === 0.2, 'its progress is told');
  // As of a process that is not there any more.
  for (const file of await readdir(`${dir}-now`))
    if (file.endsWith('.lock')) await rm(path.join(`${dir}-now`, file));
  await looksUntil((job) => job?.state === 'failed', 'that is told');
  assert.match(listed()?.failure?.message ?? '', /ended in the middle of it/);
  assert.deepEqual(await readdir(`${dir}-now`), []);
});

test('a job with a journal is as its program shows it', async () => {
  const { command, window, world } = await pair();
  world.faults.set('b', 'hangs');
  const id = await command.workflows.start(planOf());
  await until(() => world.reached.includes('b'), 'it is at b');
  await until(async () => {
    await command.clock.advance(1000);
    await window.clock.advance(5000);
    return window.activity.jobs().some((job) => job.id === id && job.log.length > 0);
  }, 'its log is told');
  assert.equal(window.activity.jobs().filter((job) => job.id === id).length, 1);
  world.refuseHanging();
  await command.jobs.settled(id);
});
