import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { FailureError } from '../../../main/hosts/failures.ts';
import { hostsToGo, leftBy } from '../../../main/jobs/engine/job-parts.ts';
import type { Plan, PlannedStep } from '../../../main/jobs/engine/step.ts';
import { stepKind, StepKinds } from '../../../main/jobs/engine/step-kinds.ts';
import { until } from '../../support/wait.ts';
import { bench, failsWith, planOf, STEPS } from './engine-bench.ts';

/** A program that dies while the second step of its job is under way. */
async function died() {
  const { world, start } = await bench();
  const first = start();
  world.faults.set('b', 'hangs');
  const id = await first.workflows.start(planOf());
  await until(() => world.reached.includes('b'), 'the second step');
  first.workflows.close();
  await first.jobs.settled(id);
  world.faults.clear();
  return { world, start, id };
}

test('what a program has left is listed with what may be left of it, and none of it is begun', async () => {
  const { world, start, id } = await died();
  const second = start();
  const [job, ...others] = await second.workflows.left();
  assert.deepEqual([job?.id, job?.state, others], [id, 'interrupted', []]);
  assert.deepEqual(job?.mayBeLeft, ['thing b', 'thing a']);
  await second.workflows.resume(id, 'undo');
  await second.jobs.settled(id);
  assert.deepEqual([...world.things], []);
  assert.deepEqual(await second.workflows.left(), []);
});

test('its host has the id of now; one that is not in the list is called by its name', async () => {
  const { world, start } = await died();
  const [job] = await start().workflows.left();
  assert.deepEqual([job?.host, job?.hosts], ['h', ['h']]);
  world.listed = false;
  const [away] = await start().workflows.left();
  const { name } = planOf().hosts[0];
  assert.deepEqual([away?.host, away?.hosts], [name, [name]]);
});

test('it does not go on while its host is not in the list, which is said as that: by which URI it is added', async () => {
  const { world, start, id } = await died();
  const second = start();
  await second.workflows.left();
  world.listed = false;
  const { name, uri } = planOf().hosts[0];
  await assert.rejects(second.workflows.resume(id, 'goOn'), (error) => {
    assert.ok(error instanceof FailureError);
    assert.deepEqual(error.failure, {
      code: 'HOST_UNREACHABLE',
      message: `${name} is not in the list of hosts: add ${uri} first.`,
      notListed: { uri },
    });
    return true;
  });
  world.listed = true;
  await second.workflows.resume(id, 'goOn');
  await second.jobs.settled(id);
  assert.equal(second.find(id).state, 'done');
});

test('what another program works on is told after them, and cannot be chosen for', async () => {
  const { world, start, id } = await died();
  const second = start();
  await second.workflows.left();
  world.faults.set('b', 'hangs');
  const other = start();
  const goesOn = await other.workflows.start(planOf({ uuid: 'v', steps: planOf().steps.slice(1) }));
  await until(() => world.reached.filter((name) => name === 'b').length === 2, 'its step');
  const jobs = await second.workflows.left();
  const told = jobs.map((job) => [job.id, job.state, job.elsewhere === true]);
  assert.deepEqual(told, [
    [id, 'interrupted', false],
    [goesOn, 'running', true],
  ]);
  await assert.rejects(second.workflows.resume(goesOn, 'undo'), failsWith('NOT_FOUND'));
  assert.deepEqual(
    (await other.workflows.left()).map(({ elsewhere }) => elsewhere === true),
    [false],
  );
  other.workflows.close();
  await other.jobs.settled(goesOn);
});

test('one that was being taken back is listed and waits, too: a command that lists settles nothing', async () => {
  const { world, start, id } = await died();
  const second = start();
  await second.workflows.left();
  world.mute.add('a');
  await second.workflows.resume(id, 'undo');
  await until(() => second.find(id).state === 'waiting', 'it waits for its host');
  second.workflows.close();
  await second.jobs.settled(id);
  world.mute.clear();
  const third = start();
  const [job] = await third.workflows.left();
  assert.deepEqual([job?.state, job?.mayBeLeft], ['interrupted', ['thing a']]);
  assert.deepEqual([...world.things], ['a']);
  await assert.rejects(third.workflows.resume(id, 'goOn'), failsWith('UNSUPPORTED'));
  await third.workflows.resume(id, 'undo');
  await third.jobs.settled(id);
  assert.deepEqual([...world.things], []);
});

test('while a host is away that is needed to go on, it is refused and stays as it is: it would be taken back', async () => {
  const { world, start, id } = await died();
  const second = start();
  await second.workflows.recover();
  world.connected = false;
  await assert.rejects(second.workflows.resume(id, 'goOn'), failsWith('HOST_UNREACHABLE'));
  assert.equal(second.find(id).state, 'interrupted');
  assert.deepEqual([...world.things], ['a']);
  world.comeBack();
  await second.workflows.resume(id, 'goOn');
  await second.jobs.settled(id);
  assert.deepEqual([...world.things].toSorted(), STEPS);
});

test('of a plan with two hosts what may be left names its own, but for who names them itself', () => {
  const hosts: Plan['hosts'] = [
    { id: 'a', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' },
    { id: 'b', name: 'kvm-b', uri: 'qemu+ssh://kvm-b/system' },
  ];
  const kind = (name: string, namesHosts?: true) =>
    stepKind({
      name,
      params: z.object({}),
      check: () => Promise.resolve(),
      run: () => Promise.resolve(null),
      settle: () => Promise.resolve({ done: false }),
      undo: () => Promise.resolve(),
      leaves: () => name,
      ...(namesHosts === undefined ? {} : { namesHosts }),
    });
  const kinds = new StepKinds([kind('disk'), kind('machine, on kvm-a or on kvm-b', true)]);
  const left = (name: string, at: Plan['hosts']) =>
    leftBy({ id: 'x', kind: name, host: 'b', title: 'Make it', params: {} }, { plan: { hosts: at }, kinds });
  assert.equal(left('disk', hosts), 'disk on kvm-b');
  assert.equal(left('disk', [hosts[0]]), 'disk');
  assert.equal(left('machine, on kvm-a or on kvm-b', hosts), 'machine, on kvm-a or on kvm-b');
  assert.equal(left('of another version', hosts), 'Make it on kvm-b');
});

test('a host is needed to go on by what is not done yet: as a step’s own, or as the one that it copies to', () => {
  const hosts: Plan['hosts'] = [
    { id: 'a', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' },
    { id: 'b', name: 'kvm-b', uri: 'qemu+ssh://kvm-b/system' },
    { id: 'c', name: 'kvm-c', uri: 'qemu+ssh://kvm-c/system' },
  ];
  const step = (id: string, host: string, params: PlannedStep['params']): PlannedStep => ({
    id,
    kind: 'thing.make',
    host,
    title: id,
    params,
  });
  const plan = {
    ...planOf(),
    hosts,
    steps: [step('read', 'c', {}), step('send', 'b', { from: { host: 'a' } }), step('define', 'b', {})],
  };
  const toGo = (...done: string[]): readonly string[] =>
    hostsToGo({ plan, done: new Map(done.map((id) => [id, null])) });
  assert.deepEqual(toGo(), ['a', 'b', 'c']);
  assert.deepEqual(toGo('read'), ['a', 'b']);
  assert.deepEqual(toGo('read', 'send'), ['b']);
});

test('a job that needs what only a person knows, and was not kept, is not gone on with: nothing of it is lost by asking', async () => {
  const { world, start } = await bench();
  const asking = stepKind({
    name: 'thing.ask',
    params: z.object({ secret: z.string() }),
    asks: ({ secret }) => [secret],
    check: () => Promise.resolve(),
    run: async ({ secret }, step) => ((await step.secret(secret)) === '' ? 'none' : 'some'),
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
  const steps = planOf().steps;
  const ask = { id: 'seed-1', kind: 'thing.ask', host: 'h', title: 'Ask', params: { secret: 'seed-1' } };
  for (const [order, only] of [
    [[...steps.slice(0, 2), ask], true],
    [[ask, ...steps.slice(0, 2)], undefined],
  ] as const) {
    world.faults.set('b', 'hangs');
    const first = start([asking]);
    const plan = planOf({ secrets: ['seed-1'], steps: [...order] });
    const id = await first.workflows.start(plan, { 'seed-1': 'x' });
    await until(() => world.reached.includes('b'), 'it is at b');
    first.workflows.close();
    await first.jobs.settled(id);
    world.faults.clear();
    const second = start([asking]);
    await second.workflows.recover();
    assert.equal(second.find(id).onlyBack, only);
    if (only === true) {
      await assert.rejects(second.workflows.resume(id, 'goOn'), failsWith('UNSUPPORTED'));
      assert.equal(second.find(id).state, 'interrupted');
      assert.ok(world.things.has('a'));
      await second.workflows.resume(id, 'undo');
    } else await second.workflows.resume(id, 'goOn');
    await second.jobs.settled(id);
    assert.equal(second.find(id).state, only === true ? 'cancelled' : 'done');
    world.reached.splice(0);
    second.workflows.close();
  }
});
