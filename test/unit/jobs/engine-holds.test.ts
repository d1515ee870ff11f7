import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { FailureError } from '../../../main/hosts/failures.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf, type World } from './engine-bench.ts';

const isRefused = (message: RegExp) => (error: unknown) =>
  error instanceof FailureError && message.test(error.failure.message);

/** Makes things of web-1, and works on db until b is done. */
const COPY = planOf({
  kind: 'clone',
  uuid: null,
  holds: [{ host: 'h', uuid: 'd', name: 'db', until: 'b' }],
});
const MOVE = planOf({ kind: 'moveDisk', name: 'db', uuid: 'd', steps: [] });
const busy = isRefused(/^db has a job that is not done yet \(clone of db to web-1\)\.$/);

async function reached(world: World, step: string): Promise<void> {
  await until(() => world.reached.includes(step), `it is at ${step}`);
}

test('a machine that another job works on has none of its own, in no program, and is copied by no second one', async () => {
  const { world, start } = await bench();
  const first = start();
  world.faults.set('b', 'hangs');
  const id = await first.workflows.start(COPY);
  await reached(world, 'b');
  const other = start();
  for (const { workflows } of [first, other]) {
    await assert.rejects(workflows.start(MOVE), busy);
    await assert.rejects(workflows.start({ ...COPY, name: 'web-2' }), busy);
    assert.equal((await workflows.holder({ host: 'h', uuid: 'd' }))?.name, 'web-1');
    await workflows.start(planOf({ name: 'mail', uuid: 'm', steps: [] }));
  }
  const host = { id: 'h', name: 'kvm-a' };
  const save = { kind: 'save', host, uuid: 'd', name: 'db', cancelled: null, failed: '', unsure: '' };
  assert.throws(() => first.jobs.start({ ...save, run: () => Promise.resolve() }), busy);
  first.workflows.close();
  await first.jobs.settled(id);
  // Nobody knows what became of it.
  await assert.rejects(other.workflows.start(MOVE), busy);
});

test('what holds it waits while the machine has a job of its own', async () => {
  const { world, start } = await bench();
  const { workflows } = start();
  world.faults.set('a', 'hangs');
  await workflows.start(planOf({ kind: 'moveDisk', name: 'db', uuid: 'd' }));
  await reached(world, 'a');
  const own = isRefused(/^db has a job that is not done yet \(moveDisk\)\.$/);
  await assert.rejects(workflows.start(COPY), own);
  workflows.close();
});

test('from where it is done with the machine, that may have other jobs', async () => {
  const { world, start } = await bench();
  const first = start();
  world.faults.set('c', 'hangs');
  const id = await first.workflows.start(COPY);
  await reached(world, 'c');
  for (const { workflows, jobs } of [first, start()]) await jobs.settled(await workflows.start(MOVE));
  first.workflows.close();
  await first.jobs.settled(id);
  const second = start();
  await second.workflows.recover();
  world.faults.clear();
  await second.workflows.resume(id, 'goOn');
  await second.jobs.settled(await second.workflows.start(MOVE));
  await second.jobs.settled(id);
  assert.equal(second.find(id).state, 'done');
});

/** The same of one that is off, of which b is the last to read. */
const READ = planOf({
  kind: 'clone',
  uuid: null,
  holds: [{ host: 'h', uuid: 'd', name: 'db', until: 'b', reads: true }],
});
const copied = isRefused(
  /^db is being copied to web-1 and has no other job meanwhile: wait for .+ or cancel it/,
);

test('what is only read is read by several jobs, and has no other one, in no program', async () => {
  const { world, start } = await bench();
  const first = start();
  world.faults.set('b', 'hangs');
  await first.workflows.start(READ);
  await reached(world, 'b');
  const other = start();
  for (const { workflows } of [first, other]) {
    await assert.rejects(workflows.start(MOVE), copied);
    // As it would run, it is not only read.
    await assert.rejects(workflows.start(COPY), copied);
    assert.equal((await workflows.holder({ host: 'h', uuid: 'd' }))?.hold.reads, true);
  }
  for (const { workflows, jobs } of [first, other])
    await jobs.settled(await workflows.start({ ...READ, name: 'web-2', steps: [] }));
  first.workflows.close();
});

test('what is on its way back reads no more', async () => {
  const { world, start } = await bench();
  const first = start();
  world.faults.set('c', 'hangs');
  world.mute.add('a');
  const id = await first.workflows.start({
    ...READ,
    holds: [{ host: 'h', uuid: 'd', name: 'db', until: 'c', reads: true }],
  });
  await reached(world, 'c');
  await assert.rejects(first.workflows.start(MOVE), copied);
  first.jobs.cancel(id);
  await until(() => world.removed.includes('b'), 'it goes back');
  for (const { workflows, jobs } of [first, start()]) await jobs.settled(await workflows.start(MOVE));
  first.workflows.close();
});

test('of several machines that one job reads none has another one, and each is free when that has read', async () => {
  const { world, start } = await bench();
  const first = start();
  world.faults.set('c', 'hangs');
  const held = (uuid: string, name: string, until: string) => ({
    host: 'h',
    uuid,
    name,
    until,
    reads: true as const,
  });
  await first.workflows.start({ ...READ, holds: [held('d', 'db', 'b'), held('m', 'mail', 'c')] });
  await reached(world, 'c');
  const mail = isRefused(/^mail is being copied to web-1 and has no other job meanwhile/);
  for (const { workflows, jobs } of [first, start()]) {
    await assert.rejects(workflows.start({ ...MOVE, name: 'mail', uuid: 'm' }), mail);
    await jobs.settled(await workflows.start(MOVE));
  }
  first.workflows.close();
});

test('a journal of an older version names the one machine that it holds', async () => {
  const { world, start, dir } = await bench();
  const first = start();
  world.faults.set('b', 'hangs');
  const id = await first.workflows.start(COPY);
  await reached(world, 'b');
  first.workflows.close();
  await first.jobs.settled(id);
  const name = (await readdir(dir)).find((one) => one.startsWith(id) && !one.endsWith('.lock')) ?? '';
  const file = path.join(dir, name);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/"holds":\[(\{[^}]*\})\]/, '"holds":$1'));
  assert.notEqual(await readFile(file, 'utf8'), text);
  await assert.rejects(start().workflows.start(MOVE), busy);
});
