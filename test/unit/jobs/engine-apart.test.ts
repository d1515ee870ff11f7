import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { stepKind } from '../../../main/jobs/engine/step-kinds.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf } from './engine-bench.ts';

/** A machine that is no host of the plan: what a step does there is taken back when it answers. */
class Outside {
  readonly things = new Set<string>();
  #back: () => void = () => undefined;
  isAway = false;

  readonly kind = stepKind({
    name: 'outside.make',
    params: z.object({ name: z.string() }),
    check: () => Promise.resolve(),
    run: ({ name }) => {
      this.things.add(name);
      return Promise.resolve(null);
    },
    settle: () => Promise.resolve({ done: false }),
    undo: async ({ name }, _result, step) => {
      if (this.isAway) {
        step.outside('cellar');
        await new Promise<void>((resolve, reject) => {
          this.#back = resolve;
          step.signal.addEventListener('abort', () => reject(step.signal.reason as Error), { once: true });
        });
        step.outside(null);
      }
      this.things.delete(name);
    },
    leaves: ({ name }) => `thing ${name} on cellar`,
    namesHosts: true,
    apart: true,
  });

  comeBack(): void {
    this.isAway = false;
    this.#back();
  }
}

const PLAN = planOf({
  steps: [
    { id: 'out', kind: 'outside.make', host: 'h', title: 'Make out', params: { name: 'out' } },
    { id: 'a', kind: 'thing.create', host: 'h', title: 'Create a', params: { name: 'a' } },
    { id: 'b', kind: 'thing.create', host: 'h', title: 'Create b', params: { name: 'b' } },
  ],
});

test('what was done on no host of the plan is taken back while the plan’s host is away', async () => {
  const { start, world } = await bench();
  const outside = new Outside();
  const { workflows, jobs, find, clock } = start([outside.kind]);
  world.faults.set('b', 'lostAfter');
  const id = await workflows.start(PLAN);
  await until(() => find(id).state === 'waiting', 'it waits');
  assert.deepEqual([...outside.things], []);
  assert.deepEqual([...world.things], ['a', 'b']);
  assert.deepEqual(find(id).mayBeLeft, ['thing b', 'thing a']);
  world.comeBack();
  await clock.advance(4000);
  await jobs.settled(id);
  assert.deepEqual([...world.things], []);
  assert.deepEqual(find(id).mayBeLeft, []);
});

test('its machine is waited for by its name, and what may be left there is told meanwhile', async () => {
  const { start, world } = await bench();
  const outside = new Outside();
  const { workflows, jobs, find } = start([outside.kind]);
  world.faults.set('b', 'refused');
  outside.isAway = true;
  const id = await workflows.start(PLAN);
  await until(() => find(id).state === 'waiting', 'it waits');
  assert.deepEqual([find(id).waitsFor, find(id).mayBeLeft], [['cellar'], ['thing out on cellar']]);
  outside.comeBack();
  await jobs.settled(id);
  assert.deepEqual([...outside.things, ...world.things], []);
  assert.deepEqual([find(id).state, find(id).mayBeLeft], ['failed', []]);
});

test('who gives up waiting for it is told what stays there; all else is taken back', async () => {
  const { start, world, journals } = await bench();
  const outside = new Outside();
  const { workflows, jobs, find } = start([outside.kind]);
  world.faults.set('b', 'refused');
  outside.isAway = true;
  const id = await workflows.start(PLAN);
  await until(() => find(id).state === 'waiting', 'it waits');
  jobs.cancel(id);
  await jobs.settled(id);
  assert.deepEqual([...world.things], []);
  assert.deepEqual([find(id).state, find(id).mayBeLeft], ['failed', ['thing out on cellar']]);
  assert.match(
    find(id)
      .log.map(({ text }) => text)
      .join('\n'),
    /thing out on cellar: not waited for/,
  );
  assert.deepEqual(await journals(), []);
});
