import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Journal } from '../../../main/jobs/engine/journal.ts';
import { AllStays, NothingDone, type Plan } from '../../../main/jobs/engine/step.ts';
import { stepKind } from '../../../main/jobs/engine/step-kinds.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf } from './engine-bench.ts';

/** Where a machine is that a step moves; `unknown`: only the host can tell, and it is away. */
type Where = 'here' | 'there' | 'unknown' | 'nobody knows';

/** A step that moves a machine, and waits for the host to tell where it is. */
function moving(where: { now: Where; dies?: boolean; asked?: boolean }) {
  return stepKind({
    name: 'machine.move',
    urgent: true,
    params: z.object({}),
    check: () => Promise.resolve(),
    async run(_, step) {
      await step.note('asked');
      where.asked = true;
      if (where.dies === true)
        await new Promise((_resolve, reject) => step.signal.addEventListener('abort', reject));
      while (where.now === 'unknown') await step.settling('h');
      if (where.now === 'here') throw new NothingDone(new Error('it stayed'));
      if (where.now === 'nobody knows') throw new Error('nobody knows');
      return null;
    },
    async settle(_, step) {
      while (where.now === 'unknown') await step.settling('h');
      if (where.now === 'nobody knows') throw new Error('nobody knows');
      return where.now === 'there' ? { done: true, result: null } : { done: false };
    },
    undo: () =>
      where.now === 'here'
        ? Promise.resolve()
        : Promise.reject(new AllStays('the machine', 'it may be in use')),
    leaves: () => 'the machine',
  });
}

function movePlan(): Plan {
  const [a, b] = planOf().steps;
  assert.ok(a !== undefined && b !== undefined);
  const move = { id: 'move', kind: 'machine.move', host: 'h', title: 'Move', params: {}, final: true };
  return planOf({ steps: [a, move, { ...b, optional: true }] });
}

test('while a host must be asked the job is being settled, and nobody can cancel it', async () => {
  const { world, start, journals } = await bench();
  const where: { now: Where } = { now: 'unknown' };
  const { workflows, jobs, find, clock } = start([moving(where)]);
  const id = await workflows.start(movePlan());
  await until(() => find(id).state === 'settling', 'it is being settled');
  world.connected = false;
  assert.throws(() => jobs.cancel(id), /cannot be cancelled/);
  assert.match(JSON.stringify(find(id).log), /Waiting for kvm-a to tell where web-1 is/);
  where.now = 'there';
  world.comeBack();
  await clock.advance(10_000);
  await jobs.settled(id);
  assert.equal(find(id).state, 'done');
  assert.deepEqual([...world.things], ['a', 'b']);
  assert.deepEqual(await journals(), []);
});

test('a step that a person cancels, and that did nothing, is taken back and has not failed', async () => {
  const { start } = await bench();
  const where: { now: Where; asked?: boolean } = { now: 'unknown' };
  const cancelled = stepKind({
    ...moving(where),
    async run(_, step) {
      where.asked = true;
      await new Promise((resolve) => step.signal.addEventListener('abort', resolve));
      throw new NothingDone(step.signal.reason);
    },
  });
  const { workflows, jobs, find } = start([cancelled]);
  const id = await workflows.start(movePlan());
  await until(() => where.asked, 'it moves');
  jobs.cancel(id);
  await jobs.settled(id);
  const { state, steps } = find(id);
  assert.equal(state, 'cancelled');
  assert.deepEqual(
    steps.map((step) => step.state),
    ['undone', 'undone', 'waiting'],
  );
});

test('what is waited for is said once, however often it is looked at', async () => {
  const { start } = await bench();
  const where: { now: Where } = { now: 'unknown' };
  let looks = 0;
  const counted = stepKind({
    ...moving(where),
    async run(_, step) {
      while (where.now === 'unknown') {
        looks += 1;
        await step.settling('h');
      }
      return null;
    },
  });
  const { workflows, jobs, find, clock } = start([counted]);
  const id = await workflows.start(movePlan());
  await until(() => looks === 1, 'it was looked at');
  for (let passes = 0; looks < 3 && passes < 100; passes += 1) {
    await clock.advance(10_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(looks >= 3);
  where.now = 'there';
  await clock.advance(10_000);
  await jobs.settled(id);
  const said = find(id).log.filter(({ text }) => text.startsWith('Waiting for'));
  assert.equal(said.length, 1);
});

test('it stayed, and a host is away that has what was made for it: the job says why and that it stayed, and nobody is kept from it', async () => {
  const { world, start } = await bench();
  const stays = stepKind({
    ...moving({ now: 'here' }),
    run: () => {
      world.mute.add('a');
      return Promise.reject(new NothingDone(new Error('the link was cut')));
    },
  });
  const { workflows, jobs, find, clock } = start([stays]);
  const id = await workflows.start({ ...movePlan(), kind: 'migrate' });
  await until(() => find(id).state === 'waiting', 'it waits');
  const { because, stayed, mayBeLeft } = find(id);
  assert.deepEqual([stayed, mayBeLeft], [true, ['thing a']]);
  assert.equal(because, 'web-1 was not created on kvm-a.');
  assert.equal(await workflows.open('migrate', 'u'), null);
  world.mute.clear();
  await clock.advance(3000);
  await jobs.settled(id);
  assert.equal(find(id).state, 'failed');
});

test('a step that no host was asked of by its program waits for a person’s choice', async () => {
  const { start } = await bench();
  const where: { now: Where; waits?: boolean } = { now: 'there' };
  const kind = stepKind({
    ...moving(where),
    urgent: 'noted',
    run: (_, step) => {
      where.waits = true;
      return new Promise((_resolve, reject) => step.signal.addEventListener('abort', reject));
    },
  });
  const first = start([kind]);
  const id = await first.workflows.start(movePlan());
  await until(() => where.waits, 'it waits for its turn');
  first.workflows.close();
  await first.jobs.settled(id);
  const second = start([kind]);
  await second.workflows.recover();
  assert.equal(second.find(id).state, 'interrupted');
});

test('it stayed: what was made for it is taken back', async () => {
  const { world, start } = await bench();
  const { workflows, jobs, find } = start([moving({ now: 'here' })]);
  const id = await workflows.start(movePlan());
  await jobs.settled(id);
  assert.equal(find(id).state, 'failed');
  assert.deepEqual([...world.things], []);
});

test('where nobody knows, nothing that was made for it is taken back, and that is said', async () => {
  const { world, start, journals } = await bench();
  const { workflows, jobs, find } = start([moving({ now: 'nobody knows' })]);
  const id = await workflows.start(movePlan());
  await jobs.settled(id);
  const { state, mayBeLeft } = find(id);
  assert.equal(state, 'failed');
  assert.deepEqual(mayBeLeft, ['the machine: it may be in use', 'thing a']);
  assert.deepEqual([...world.things], ['a']);
  assert.deepEqual(await journals(), []);
});

for (const now of ['here', 'there'] as const)
  test(`the program ended meanwhile: the next one finds out by itself that it is ${now}`, async () => {
    const { world, start, journals } = await bench();
    const where: { now: Where; dies?: boolean; asked?: boolean } = { now: 'unknown', dies: true };
    const first = start([moving(where)]);
    const id = await first.workflows.start(movePlan());
    await until(() => where.asked, 'it moves');
    first.workflows.close();
    await first.jobs.settled(id);

    where.now = now;
    const second = start([moving(where)]);
    await second.workflows.recover();
    await until(() => second.activity.jobs().some(({ finishedAt }) => finishedAt !== null), 'it is settled');
    const { state, failure } = second.find(id);
    assert.equal(state, now === 'there' ? 'done' : 'failed');
    // Nobody has cancelled it.
    if (now === 'here') assert.match(failure?.message ?? '', /The Virtlane that did it ended in the middle/);
    assert.deepEqual([...world.things], now === 'there' ? ['a', 'b'] : []);
    assert.deepEqual(await journals(), []);
  });

for (const [where, order, state] of [
  ['between the two', ['begin', 'a', 'end'], 'failed'],
  ['after both', ['begin', 'end', 'a'], 'interrupted'],
] as const)
  test(`what a step begins and another one ends: a program that died ${where} leaves it ${state}`, async () => {
    const { world, start } = await bench();
    const undone: string[] = [];
    const plain = (name: string) => ({
      name,
      params: z.object({}),
      check: () => Promise.resolve(),
      run: () => Promise.resolve(null),
      settle: () => Promise.resolve({ done: false } as const),
      undo: () => Promise.resolve(void undone.push(name)),
      leaves: () => null,
    });
    const kinds = [
      stepKind({ ...plain('x.begin'), urgent: { until: 'x.end' } }),
      stepKind({ ...plain('x.end') }),
    ];
    const [thing] = planOf().steps;
    assert.ok(thing !== undefined);
    const steps = order.map((id) => (id === 'a' ? thing : { ...thing, id, kind: `x.${id}`, params: {} }));
    world.faults.set('a', 'hangs');
    const first = start(kinds);
    const id = await first.workflows.start(planOf({ steps }));
    await until(() => world.reached.includes('a'), 'it is in the middle');
    first.workflows.close();
    await first.jobs.settled(id);
    const second = start(kinds);
    await second.workflows.recover();
    await until(() => second.find(id).state === state, state);
    assert.deepEqual(undone, state === 'failed' ? ['x.begin'] : []);
  });

test('a job that is on its way is known to every program that shares the folder, until there is no way back', async () => {
  const { start } = await bench();
  const where: { now: Where; dies?: boolean; asked?: boolean } = { now: 'unknown', dies: true };
  const plan = { ...movePlan(), kind: 'migrate' };
  const first = start([moving(where)]);
  const id = await first.workflows.start(plan);
  await until(() => where.asked, 'it moves');
  const other = start();
  assert.equal((await other.workflows.open('migrate', 'u'))?.plan.name, 'web-1');
  assert.equal(await other.workflows.open('migrate', 'another machine'), null);
  assert.equal(await other.workflows.open('create', 'u'), null);
  first.workflows.close();
  await first.jobs.settled(id);
  assert.equal((await other.workflows.open('migrate', 'u'))?.plan.name, 'web-1');
});

test('a command dies while the app is open: the app settles what cannot wait for a person', async () => {
  const { world, start, journals } = await bench();
  const app = start([moving({ now: 'there' })]);
  await app.workflows.recover();
  const dying = { now: 'unknown' as const, dies: true, asked: false };
  const command = start([moving(dying)]);
  const id = await command.workflows.start(movePlan());
  await until(() => dying.asked, 'the host was asked');
  const isTheApps = (): boolean => app.activity.jobs().some((job) => job.id === id && job.elsewhere !== true);
  // While it lives it is let alone.
  await app.clock.advance(16_000);
  assert.equal(isTheApps(), false);
  command.workflows.close();
  await command.jobs.settled(id);
  // A look reads files, which no clock of a test moves: the next one is due after it.
  await until(async () => {
    await app.clock.advance(6000);
    return isTheApps();
  }, 'the app found it');
  await app.jobs.settled(id);
  assert.equal(app.find(id).state, 'done');
  assert.deepEqual([...world.things], ['a', 'b']);
  assert.deepEqual(await journals(), []);
  app.workflows.close();
});

test('what cannot wait is looked at again where another job of the machine is in its way', async () => {
  const { world, start } = await bench();
  const dying = { now: 'unknown' as const, dies: true, asked: false };
  const first = start([moving(dying)]);
  const id = await first.workflows.start(movePlan());
  await until(() => dying.asked, 'it moves');
  first.workflows.close();
  await first.jobs.settled(id);

  const app = start([moving({ now: 'there' })]);
  world.faults.set('c', 'hangs');
  const [, , c] = planOf().steps;
  assert.ok(c !== undefined);
  const other = await app.workflows.start(planOf({ steps: [c] }));
  await until(() => world.reached.includes('c'), 'the other job runs');
  await app.workflows.recover();
  world.refuseHanging();
  await app.jobs.settled(other);
  assert.equal(
    app.activity.jobs().some((job) => job.id === id),
    false,
  );
  await until(async () => {
    await app.clock.advance(6000);
    return app.activity.jobs().some((job) => job.id === id);
  }, 'it is found again');
  await app.jobs.settled(id);
  assert.equal(app.find(id).state, 'done');
  assert.deepEqual(app.faults, []);
  app.workflows.close();
});

test('a job that needs no choice, and cannot be opened now: it is listed, and tried again at each look', async (t) => {
  const { start } = await bench();
  const where = { now: 'unknown' as Where, dies: true, asked: false };
  const first = start([moving(where)]);
  const id = await first.workflows.start(movePlan());
  await until(() => where.asked, 'it moves');
  first.workflows.close();
  await first.jobs.settled(id);
  where.now = 'there';
  const reopen = t.mock.method(Journal, 'reopen', () =>
    Promise.reject(new Error('EMFILE: too many open files')),
  );
  const next = start([moving(where)]);
  await next.workflows.recover();
  await until(() => next.faults.length > 0, 'it could not be opened');
  assert.equal(next.find(id).state, 'interrupted');
  await next.clock.advance(5000);
  await until(() => reopen.mock.callCount() > 1, 'it is tried again');
  assert.equal(next.faults.length, 1);
  reopen.mock.restore();
  await until(async () => {
    await next.clock.advance(5000);
    return next.find(id).state === 'done';
  }, 'it is settled');
  next.workflows.close();
});
