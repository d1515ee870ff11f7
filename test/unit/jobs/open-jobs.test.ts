import assert from 'node:assert/strict';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
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

const untilTheEnd = (): Promise<void> => new Promise(() => undefined);

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

test('what cannot be looked at tells nothing, and keeps nothing else from being told, nor a program from its start', async () => {
  const { start, dir } = await bench();
  const foreign = path.join(`${dir}-now`, '00000000-0000-0000-0000-000000000000');
  await mkdir(`${foreign}.lock`, { recursive: true });
  await writeFile(`${foreign}.json`, '{}');
  const [command, window] = [start(), start()];
  await window.workflows.recover();
  const id = command.jobs.start({ ...ROUND, run: untilTheEnd });
  await until(async () => {
    await command.clock.advance(1000);
    await window.clock.advance(5000);
    return window.activity.jobs().some((job) => job.id === id);
  }, 'the round is listed');
  assert.deepEqual(window.faults, []);
});

test('what one leaves that is killed in writing is removed', async () => {
  const { start, dir } = await bench();
  const dead = path.join(`${dir}-now`, '00000000-0000-0000-0000-000000000001');
  await mkdir(`${dir}-now`);
  await writeFile(`${dead}.json.new`, '{');
  await writeFile(`${dead}.lock`, '1 abc @elsewhere 1');
  await utimes(`${dead}.lock`, 1, 1);
  await start().workflows.recover();
  assert.deepEqual(await readdir(`${dir}-now`), []);
});

test('a program that stood still so long that it was taken for dead is listed again when it goes on', async () => {
  const { dir, now, listed, looksUntil } = await pair();
  now()?.progress({ fraction: 0.2 });
  await looksUntil((job) => job?.progress === 0.2, 'its progress is told');
  for (const file of await readdir(`${dir}-now`))
    if (file.endsWith('.lock')) await rm(path.join(`${dir}-now`, file));
  await looksUntil((job) => job?.state === 'failed', 'it is taken for dead');
  now()?.progress({ fraction: 0.4 });
  await looksUntil((job) => job?.progress === 0.4 && job.state === 'running', 'it is listed again');
  // Two looks later it still is.
  now()?.progress({ fraction: 0.6 });
  await looksUntil((job) => job?.progress === 0.6, 'its progress is told');
  assert.equal(listed()?.elsewhere, true);
});

test('a program of more jobs than are read tells those first of which no journal tells', async () => {
  const { start } = await bench();
  const [command, window] = [start(), start()];
  await window.workflows.recover();
  const step = { id: 'a', title: 'Create a', state: 'running', startedAt: 1, finishedAt: null } as const;
  for (let count = 0; count < 100; count += 1)
    command.jobs.start({
      ...ROUND,
      kind: 'create',
      run: (job) => {
        job.show({ steps: [step] });
        return untilTheEnd();
      },
    });
  const id = command.jobs.start({ ...ROUND, run: untilTheEnd });
  await until(async () => {
    await command.clock.advance(1000);
    await window.clock.advance(5000);
    return window.activity.jobs().some((job) => job.id === id);
  }, 'the round is listed');
  assert.equal(window.activity.jobs().length, 100);
});
