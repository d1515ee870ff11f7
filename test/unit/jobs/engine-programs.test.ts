import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { FailureError } from '../../../main/hosts/failures.ts';
import { Journal } from '../../../main/jobs/engine/journal.ts';
import { until } from '../../support/wait.ts';
import { bench, failsWith, planOf } from './engine-bench.ts';

const moveTo = (name: string) =>
  planOf({
    kind: 'migrate',
    hosts: [
      { id: 'h', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' },
      { id: name, name, uri: `qemu+ssh://${name}/system` },
    ],
    steps: [{ id: 'a', kind: 'thing.create', host: 'h', title: 'Move', params: { name }, final: true }],
  });

test('two programs begin to move one machine at the same time: one does, and the other says so', async () => {
  const { world, start } = await bench();
  for (let round = 0; round < 5; round += 1) {
    const [one, other] = [start(), start()];
    world.faults.set('kvm-b', 'hangs').set('kvm-c', 'hangs');
    const begun = await Promise.allSettled([
      one.workflows.start(moveTo('kvm-b')),
      other.workflows.start(moveTo('kvm-c')),
    ]);
    const refused = begun.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    assert.deepEqual(
      refused.map((error) => (error instanceof FailureError ? error.failure.message : String(error))),
      ['web-1 has a job that is not done yet (migrate).'],
    );
    await until(() => world.reached.length === round + 1, 'it is on its way');
    const [id] = begun.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    const { jobs } = begun[0]?.status === 'fulfilled' ? one : other;
    world.refuseHanging();
    await jobs.settled(id ?? '');
  }
});

test('another program has a job of the machine: this one begins none, and goes on with none', async () => {
  const { world, start } = await bench();
  const first = start();
  world.faults.set('a', 'hangs');
  const left = await first.workflows.start(planOf());
  await until(() => world.reached.includes('a'), 'it is at its first step');
  first.workflows.close();
  await first.jobs.settled(left);
  const second = start();
  world.faults.clear();
  world.faults.set('c', 'hangs');
  await second.workflows.start(planOf({ kind: 'moveDisk' }));
  await until(() => world.reached.includes('c'), 'it is at its last step');
  const third = start();
  await third.workflows.recover();
  await assert.rejects(third.workflows.start(planOf({ kind: 'moveDisk' })), failsWith('CONFLICT'));
  await assert.rejects(third.workflows.resume(left, 'goOn'), failsWith('CONFLICT'));
  for (const { workflows } of [second, third]) workflows.close();
});

test('the machine of a journal that a newer version writes is not let go, as nobody knows what became of it', async () => {
  const { dir, start } = await bench();
  const id = '0f2c2b6e-5f3b-4f0e-9a51-2f6a7f3d1c11';
  const journal = await Journal.create(dir, id, { plan: moveTo('kvm-b'), startedAt: 1, by: 'window' });
  await journal.append({ type: 'begin', step: 'a' });
  await appendFile(path.join(dir, `${id}.jsonl`), '{"type":"ofANewerVersion"}\n');
  for (const isHeld of [true, false]) {
    const { workflows } = start();
    const open = await workflows.open('migrate', 'u');
    assert.deepEqual(
      open?.plan.hosts.map(({ name }) => name),
      ['kvm-a', 'kvm-b'],
      `held: ${isHeld}`,
    );
    assert.equal(open?.unreadable, path.join(dir, `${id}.jsonl`));
    assert.equal(await workflows.open('migrate', 'another'), null);
    await assert.rejects(workflows.start(moveTo('kvm-c')), failsWith('CONFLICT'));
    if (isHeld) await journal.close();
  }
});

test('a program that stood still so long that another, which cannot look for it, has its job leaves the job to that', async () => {
  const { dir, world, start, journals } = await bench();
  const [first, second] = [start(), start()];
  world.faults.set('b', 'hangs');
  const id = await first.workflows.start(planOf());
  await until(() => world.reached.includes('b'), 'it is at b');
  // As a lock looks that was taken in a container, half a minute after the computer went to sleep.
  const lock = path.join(dir, `${id}.lock`);
  await writeFile(lock, (await readFile(lock, 'utf8')).replace(/@\S+/, '@elsewhere'));
  await utimes(lock, 1, 1);
  world.faults.clear();
  world.faults.set('c', 'hangs');
  await second.workflows.recover();
  await second.workflows.resume(id, 'goOn');
  await until(() => world.reached.includes('c'), 'the second is at c');
  // It wakes up: what it waited for is refused, and it would take all back.
  world.faults.clear();
  const before = await readFile(path.join(dir, `${id}.jsonl`), 'utf8');
  first.jobs.cancel(id);
  await first.jobs.settled(id);
  assert.equal(first.find(id).state, 'interrupted');
  assert.deepEqual([...world.things].toSorted(), ['a', 'b']);
  assert.equal(await readFile(path.join(dir, `${id}.jsonl`), 'utf8'), before);
  assert.ok((await journals()).includes(`${id}.lock`));
  second.workflows.close();
});

test('while a person is asked for a key ring one begins a job, and no other program waits for that', async () => {
  const { start } = await bench();
  const [first, second] = [start(), start()];
  let give: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (give = resolve));
  first.secrets.set = () => asked;
  const begun = first.workflows.start(planOf({ uuid: 'v', secrets: ['password'], steps: [] }), {
    password: 'x',
  });
  await second.jobs.settled(await second.workflows.start(planOf({ steps: [] })));
  give();
  await first.jobs.settled(await begun);
});

test('a look that fails is told once and neither ends the start nor the looks after it', async () => {
  const { dir, start } = await bench();
  const id = '0f2c2b6e-5f3b-4f0e-9a51-2f6a7f3d1c11';
  const journal = await Journal.create(dir, id, { plan: planOf(), startedAt: 1, by: 'window' });
  await journal.close();
  const lock = path.join(dir, `${id}.lock`);
  await mkdir(lock);
  const { workflows, clock, activity, faults } = start();
  const looks = async (): Promise<void> => {
    await clock.advance(5000);
    await workflows.left().catch(() => undefined);
  };
  await workflows.recover();
  await looks();
  await looks();
  assert.equal(faults.length, 1);
  await rm(lock, { recursive: true });
  await until(async () => {
    await clock.advance(5000);
    return activity.jobs().some((job) => job.id === id && job.state === 'interrupted');
  }, 'it is listed');
  workflows.close();
});
