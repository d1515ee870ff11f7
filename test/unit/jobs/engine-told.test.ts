import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { Job } from '../../../main/contract/activity.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { AllStays, NothingDone, type Plan } from '../../../main/jobs/engine/step.ts';
import { stepKind } from '../../../main/jobs/engine/step-kinds.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf } from './engine-bench.ts';

/** What is gone is gone, then two things are made. */
function afterADeletion(): Plan {
  const [a, b] = planOf().steps;
  assert.ok(a !== undefined && b !== undefined);
  const deletion = {
    id: 'old',
    kind: 'thing.remove',
    host: 'h',
    title: 'Remove old',
    params: { name: 'old' },
  };
  return planOf({ steps: [deletion, a, b] });
}

const statesOf = ({ steps }: Job) => steps.map(({ id, state }) => `${id} ${state}`);

test('a step that lasts is not called taken back, and the log says of each what became of it', async () => {
  const { world, start } = await bench();
  world.things.add('old');
  world.faults.set('b', 'refused');
  const { workflows, jobs, find } = start();
  const id = await workflows.start(afterADeletion());
  await jobs.settled(id);
  assert.deepEqual(statesOf(find(id)), ['old done', 'a undone', 'b undone']);
  assert.deepEqual(
    find(id)
      .log.slice(-3)
      .map(({ text }) => text),
    ['Taken back: Create b', 'Taken back: Create a', 'Remove old: that is done, and cannot be taken back'],
  );
});

test('nor by the program that goes on with it', async () => {
  const { world, start } = await bench();
  world.things.add('old');
  world.faults.set('b', 'refused');
  world.mute.add('a');
  const first = start();
  const plan = afterADeletion();
  const [deletion, a, b] = plan.steps;
  assert.ok(deletion !== undefined && a !== undefined && b !== undefined);
  const id = await first.workflows.start({ ...plan, steps: [a, deletion, b] });
  await until(() => first.find(id).state === 'waiting', 'it waits for its host');
  first.workflows.close();
  await first.jobs.settled(id);
  const second = start();
  const [job] = await second.workflows.left();
  assert.ok(job !== undefined);
  assert.deepEqual(statesOf(job), ['a done', 'old done', 'b undone']);
});

/** A machine moves at the end, with no way back. */
function move(fails: Error) {
  return stepKind({
    name: 'machine.move',
    params: z.object({}),
    check: () => Promise.resolve(),
    run: () => Promise.reject(fails),
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.reject(fails),
    leaves: () => 'the machine',
  });
}

function movePlan(): Plan {
  const [a] = planOf().steps;
  assert.ok(a !== undefined);
  return planOf({
    steps: [a, { id: 'move', kind: 'machine.move', host: 'h', title: 'Move', params: {}, final: true }],
    failed: 'web-1 was not moved.',
    stayed: 'web-1 is on kvm-a as before.',
  });
}

test('whatever goes wrong, where the machine is is said, once that is certain', async () => {
  const cut = new FailureError({ code: 'CONFLICT', message: 'The link was cut.' });
  const ends = [
    [new NothingDone(cut), 'web-1 was not moved. The link was cut. web-1 is on kvm-a as before.'],
    [new NothingDone(new Error('a fault')), 'web-1 was not moved. web-1 is on kvm-a as before.'],
    [
      new AllStays('The machine', 'nobody knows'),
      'web-1 was not moved. This is left: the machine: nobody knows, thing a.',
    ],
  ] as const;
  for (const [error, told] of ends) {
    const { start } = await bench();
    const { workflows, jobs, find } = start([move(error)]);
    const id = await workflows.start(movePlan());
    await jobs.settled(id);
    assert.equal(find(id).failure?.message, told);
  }
});

test('also when an earlier step failed, and what could not be taken back is named with it', async () => {
  const { world, start } = await bench();
  world.faults.set('a', 'refused');
  const { workflows, jobs, find } = start([move(new Error('never'))]);
  const id = await workflows.start(movePlan());
  await jobs.settled(id);
  const { failure } = find(id);
  assert.equal(failure?.message, 'web-1 was not moved. web-1 is on kvm-a as before.');
  assert.equal(failure?.libvirt?.message, 'disk full');
});

test('while the rest waits to be taken back, that is said, and why', async () => {
  const { world, start } = await bench();
  world.mute.add('a');
  const { workflows, jobs, find, clock } = start([move(new NothingDone(new Error('cut')))]);
  const id = await workflows.start(movePlan());
  await until(() => find(id).state === 'waiting', 'it waits for its host');
  assert.equal(find(id).because, 'web-1 was not moved. web-1 is on kvm-a as before.');
  world.mute.clear();
  await clock.advance(3000);
  await jobs.settled(id);
  assert.equal(find(id).log.at(-1)?.text, 'Taken back: Create a');
});
