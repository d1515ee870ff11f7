import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { FailureError } from '../../../main/hosts/failures.ts';
import { Journal, readLines, type JournalEntry } from '../../../main/jobs/engine/journal.ts';
import { until } from '../../support/wait.ts';
import { settle } from '../hosts/fake-clock.ts';
import { bench, failsWith, planOf } from './engine-bench.ts';

test('a journal cut at any byte of its last line is read; damage before it is an error', async () => {
  const { world, start, dir } = await bench();
  const { workflows, jobs } = start();
  world.faults.set('b', 'hangs');
  const id = await workflows.start(planOf());
  await until(() => world.reached.includes('b'), 'the state of the job');
  workflows.close();
  await jobs.settled(id);
  const text = await readFile(path.join(dir, `${id}.jsonl`), 'utf8');
  const whole = readLines(text);
  const last = text.lastIndexOf('\n', text.length - 2) + 1;
  for (let cut = last; cut < text.length - 1; cut += 1)
    assert.deepEqual(readLines(text.slice(0, cut)), whole.slice(0, -1));
  assert.throws(() => readLines(text.replace('"begin"', '"beg')), /damaged/);
});

test('a journal that cannot be read is told of and stays', async () => {
  const { start, dir, journals } = await bench();
  const name = '00000000-0000-4000-8000-000000000000.jsonl';
  await writeFile(path.join(dir, name), '{"type":"plan","version":9}\n');
  const { workflows, faults, activity } = start();
  await workflows.recover();
  assert.deepEqual(faults, [name]);
  assert.deepEqual(activity.jobs(), []);
  assert.deepEqual(await journals(), [name]);
});

test('a job of another program that is alive is left alone, however long its computer slept', async () => {
  const { world, start } = await bench();
  const { workflows, jobs } = start();
  world.faults.set('a', 'hangs');
  const id = await workflows.start(planOf());
  await until(() => world.reached.includes('a'), 'the state of the job');
  const second = start();
  await second.clock.advance(3_600_000);
  await second.workflows.recover();
  assert.deepEqual([second.find(id).state, second.find(id).elsewhere], ['running', true]);
  jobs.cancel(id);
  await jobs.settled(id);
});

test('of two programs that found one job, the first to choose has it; the other is told, and touches nothing', async () => {
  const { world, start } = await bench();
  const first = start();
  world.faults.set('b', 'hangs');
  const id = await first.workflows.start(planOf());
  await until(() => world.reached.includes('b'), 'the state of the job');
  first.workflows.close();
  await first.jobs.settled(id);
  const [second, third] = [start(), start()];
  await second.workflows.recover();
  await third.workflows.recover();
  world.reached.length = 0;
  await second.workflows.resume(id, 'goOn');
  await until(() => world.reached.includes('b'), 'the second program');
  await assert.rejects(third.workflows.resume(id, 'undo'), failsWith('CONFLICT'));
  assert.equal(third.find(id).state, 'interrupted');
  world.faults.clear();
  second.workflows.close();
  await second.jobs.settled(id);
  const fourth = start();
  await fourth.workflows.recover();
  await fourth.workflows.resume(id, 'goOn');
  await fourth.jobs.settled(id);
  assert.equal(fourth.find(id).state, 'done');
  await assert.rejects(third.workflows.resume(id, 'undo'), failsWith('NOT_FOUND'));
  assert.equal(third.find(id).state, 'failed');
  assert.deepEqual([...world.things], ['a', 'b', 'c']);
});

test('a choice that is refused while another job of the machine runs can be made again', async () => {
  const { world, start } = await bench();
  const first = start();
  world.faults.set('b', 'hangs');
  const id = await first.workflows.start(planOf());
  await until(() => world.reached.includes('b'), 'the state of the job');
  first.workflows.close();
  await first.jobs.settled(id);
  const second = start();
  await second.workflows.recover();
  world.faults.clear();
  let end: () => void = () => undefined;
  const host = { id: 'h', name: 'kvm-a' };
  const spec = { kind: 'save', host, uuid: 'u', name: 'web-1', cancelled: null, failed: '', unsure: '' };
  const other = second.jobs.start({ ...spec, run: () => new Promise<void>((resolve) => (end = resolve)) });
  await assert.rejects(second.workflows.resume(id, 'goOn'), failsWith('CONFLICT'));
  await settle();
  end();
  await second.jobs.settled(other);
  await second.workflows.resume(id, 'goOn');
  await second.jobs.settled(id);
  assert.equal(second.find(id).state, 'done');
});

test('a job of another program is listed, as what it left behind when that dies, and as it ended in a third', async () => {
  const { world, start } = await bench();
  const app = start();
  await app.workflows.recover();
  const command = start();
  world.faults.set('b', 'hangs');
  const id = await command.workflows.start(planOf());
  await until(() => world.reached.includes('b'), 'the command works');
  await until(async () => {
    await app.clock.advance(5000);
    return app.activity.jobs().length > 0;
  }, 'it is listed');
  const listed = app.find(id);
  assert.deepEqual(
    [listed.state, listed.elsewhere, listed.by, listed.cancellable],
    ['running', true, 'command', false],
  );
  assert.deepEqual(
    listed.steps.map(({ state }) => state),
    ['done', 'running', 'waiting'],
  );
  await assert.rejects(app.workflows.resume(id, 'undo'), failsWith('NOT_FOUND'));
  command.workflows.close();
  await command.jobs.settled(id);
  await until(async () => {
    await app.clock.advance(5000);
    return app.activity.jobs().some((job) => job.id === id && job.state === 'interrupted');
  }, 'it is listed');
  world.faults.clear();
  const other = start();
  await other.workflows.recover();
  await other.workflows.resume(id, 'goOn');
  await other.jobs.settled(id);
  await until(async () => {
    await app.clock.advance(5000);
    return app.find(id).state === 'done';
  }, 'it is told how it ended');
  assert.equal(app.find(id).elsewhere, true);
  assert.deepEqual(app.faults, []);
});

test('a host taken out of the list while a job waits for it is waited for until it is added again', async () => {
  const { world, start } = await bench();
  const { workflows, jobs, find, clock } = start();
  world.faults.set('b', 'lostAfter');
  const id = await workflows.start(planOf());
  await until(() => find(id).state === 'waiting', 'the state of the job');
  world.listed = false;
  world.comeBack();
  await clock.advance(60_000);
  assert.equal(find(id).state, 'waiting');
  world.listed = true;
  await clock.advance(10_000);
  await jobs.settled(id);
  assert.equal(find(id).state, 'failed');
  assert.deepEqual(find(id).mayBeLeft, []);
  assert.deepEqual([...world.things], []);
});

test('what is older is not taken back before what is newer, whose host does not answer', async () => {
  const { world, start } = await bench();
  const { workflows, jobs, find, clock } = start();
  world.faults.set('c', 'lostAfter');
  world.mute.add('c');
  const id = await workflows.start(planOf());
  await until(() => find(id).state === 'waiting', 'the state of the job');
  world.comeBack();
  await clock.advance(10_000);
  assert.deepEqual(world.removed, []);
  world.mute.clear();
  await clock.advance(10_000);
  await jobs.settled(id);
  assert.deepEqual(world.removed, ['c', 'b', 'a']);
});

test('an optional step whose end nobody saw is not passed over', async () => {
  const { world, start } = await bench();
  const { workflows, jobs, find, clock } = start();
  world.faults.set('c', 'lostAfter');
  const plan = planOf();
  const steps = plan.steps.map((step) => (step.id === 'c' ? { ...step, optional: true } : step));
  const id = await workflows.start({ ...plan, steps });
  await until(() => find(id).state === 'waiting', 'the state of the job');
  world.comeBack();
  await clock.advance(10_000);
  await jobs.settled(id);
  assert.equal(find(id).state, 'failed');
  assert.deepEqual([...world.things], []);
});

test('a journal that cannot be written any more: what was done is taken back all the same', async (t) => {
  const { world, start } = await bench();
  const { workflows, jobs, find } = start();
  const full = new FailureError({ code: 'CONFLICT', message: 'no space left on device' });
  t.mock.method(Journal.prototype, 'append', ({ type }: JournalEntry) =>
    type === 'plan' || type === 'begin' ? Promise.resolve() : Promise.reject(full),
  );
  const id = await workflows.start(planOf());
  await jobs.settled(id);
  assert.equal(find(id).state, 'failed');
  assert.match(find(id).failure?.message ?? '', /no space left/);
  assert.deepEqual(find(id).mayBeLeft, []);
  assert.deepEqual([...world.things], []);
});

test('a journal that cannot be written when there is no way back any more: what follows is done, and nothing is called failed', async (t) => {
  const { world, start } = await bench();
  const { workflows, jobs, find } = start();
  const full = new FailureError({ code: 'CONFLICT', message: 'no space left on device' });
  let isFull = false;
  t.mock.method(Journal.prototype, 'append', ({ type }: JournalEntry) => {
    isFull ||= type === 'done';
    return isFull ? Promise.reject(full) : Promise.resolve();
  });
  const steps = planOf().steps.map((step, index) => ({ ...step, final: index === 0 }));
  const id = await workflows.start(planOf({ steps }));
  await jobs.settled(id);
  assert.equal(find(id).state, 'done', JSON.stringify(find(id)));
  assert.deepEqual([...world.things], ['a', 'b', 'c']);
  assert.match(JSON.stringify(find(id).log), /no space left/);
});

test('a line that was cut by a full disk does not spoil the next ones', async () => {
  const { world, start, dir } = await bench();
  const { workflows, jobs } = start();
  world.faults.set('b', 'hangs');
  const id = await workflows.start(planOf());
  await until(() => world.reached.includes('b'), 'the state of the job');
  workflows.close();
  await jobs.settled(id);
  const file = path.join(dir, `${id}.jsonl`);
  await writeFile(file, `${await readFile(file, 'utf8')}{"type":"done","st`);
  const { journal } = await Journal.reopen(dir, id);
  await journal.append({ type: 'undone', step: 'a' });
  await journal.close();
  assert.deepEqual(
    readLines(await readFile(file, 'utf8')).map(({ type }) => type),
    ['plan', 'begin', 'done', 'begin', 'again', 'undone'],
  );
});

test('secrets are not kept where there can be no journal', async () => {
  const { start, dir } = await bench();
  const { workflows, secrets } = start();
  await writeFile(path.join(dir, 'file'), '');
  const set = secrets.set.bind(secrets);
  const kept: string[] = [];
  secrets.set = (key, value) => (kept.push(key), set(key, value));
  await rm(dir, { recursive: true });
  await writeFile(dir, 'not a folder');
  await assert.rejects(workflows.start(planOf({ secrets: ['password'] }), { password: 'tomato soup' }));
  assert.deepEqual(kept, []);
});
