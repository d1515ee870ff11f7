import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import type { Job } from '../../../main/contract/activity.ts';
import { EndedJobs } from '../../../main/jobs/ended-jobs.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { bench, planOf } from './engine-bench.ts';
import { until } from '../../support/wait.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = new FakeClock().now();
const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

function jobOf(n: number, change: Partial<Job> = {}): Job {
  return {
    id: idOf(n),
    kind: 'migrate',
    host: 'a',
    uuid: 'u',
    name: 'web',
    state: 'done',
    steps: [],
    mayBeLeft: [],
    waitsFor: [],
    progress: 1,
    bytesPerSecond: null,
    speeds: [],
    secondsLeft: null,
    startedAt: NOW,
    finishedAt: NOW + n,
    cancellable: false,
    log: [],
    failure: null,
    ...change,
  };
}

suite('jobs that have ended', () => {
  let dir: string;
  let clock: FakeClock;
  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-ended-'));
  });
  beforeEach(async () => {
    await rm(dir, { recursive: true, force: true });
    clock = new FakeClock();
  });
  after(() => rm(dir, { recursive: true, force: true }));

  const program = () => new EndedJobs({ dir, clock, onFault: (error) => assert.fail(String(error)) });
  const ids = async (one: EndedJobs): Promise<string[]> => (await one.news()).map(({ job }) => job.id);
  const add = (one: EndedJobs, job: Job): void => one.add({ by: 'command', job, hosts: [] });

  test('another program is told of each once, the one that ended it of none', async () => {
    const [command, window] = [program(), program()];
    add(command, jobOf(2));
    add(
      command,
      jobOf(1, { log: Array.from({ length: 500 }, (_, n) => ({ time: n, text: 'x'.repeat(9000) })) }),
    );
    await command.close();
    const told = await window.news();
    assert.deepEqual(
      told.map(({ by, job }) => [by, job.id, job.log.length, job.log[0]?.text.length]),
      [
        ['command', idOf(1), 100, 2000],
        ['command', idOf(2), 0, undefined],
      ],
    );
    assert.deepEqual([await ids(window), await ids(command)], [[], []]);
    add(command, jobOf(3));
    await command.close();
    assert.deepEqual(await ids(window), [idOf(3)]);
  });

  test('no more than fifty are kept, and none for longer than a day', async () => {
    const command = program();
    for (let n = 0; n < 60; n += 1) add(command, jobOf(n));
    await command.close();
    assert.deepEqual(
      await ids(program()),
      Array.from({ length: 50 }, (_, n) => idOf(n + 10)),
    );
    await clock.advance(DAY_MS + 1000);
    assert.deepEqual(await ids(program()), []);
    add(command, jobOf(60, { finishedAt: clock.now() }));
    await command.close();
    assert.equal((await readdir(dir)).length, 1);
  });

  test('what is no such file is left out', async () => {
    const command = program();
    add(command, jobOf(1));
    await command.close();
    const file = (n: number): string => path.join(dir, `${NOW}-${idOf(n)}.json`);
    await writeFile(file(7), '{');
    await writeFile(file(8), JSON.stringify({ version: 2, job: jobOf(8) }));
    await writeFile(path.join(dir, 'notes.txt'), '');
    assert.deepEqual(await ids(program()), [idOf(1)]);
  });
});

test('one of another program whose end nobody tells is not listed as running for ever', async () => {
  const { start, world } = await bench();
  const app = start();
  await app.workflows.recover();
  const command = start();
  world.faults.set('b', 'hangs');
  const id = await command.workflows.start(
    planOf({ hosts: [{ id: 'other', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' }] }),
  );
  const looksUntil = (state: Job['state']): Promise<unknown> =>
    until(async () => {
      await app.clock.advance(5000);
      return app.activity.jobs().some((job) => job.id === id && job.state === state);
    }, state);
  await looksUntil('running');
  // The id that the host has here.
  assert.equal(app.find(id).host, 'h');
  command.ended.add = () => undefined;
  // It is listed as soon as its journal is there: what is refused must have been asked.
  await until(() => world.reached.includes('b'), 'it is at b');
  world.refuseHanging();
  await command.jobs.settled(id);
  await looksUntil('failed');
  assert.match(app.find(id).failure?.message ?? '', /another Virtlane ended it/);
});
