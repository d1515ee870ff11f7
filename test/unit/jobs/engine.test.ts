import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { until } from '../../support/wait.ts';
import { bench, planOf, STEPS } from './engine-bench.ts';

test('a plan runs, shows its steps, and leaves no journal', async () => {
  const { world, start, journals } = await bench();
  const { workflows, jobs, find } = start();
  const id = await workflows.start(planOf());
  assert.deepEqual(await journals(), [`${id}.jsonl`, `${id}.lock`]);
  await jobs.settled(id);
  const { state, steps, failure } = find(id);
  assert.deepEqual({ state, failure }, { state: 'done', failure: null });
  assert.deepEqual(
    steps.map(({ state: done }) => done),
    ['done', 'done', 'done'],
  );
  assert.deepEqual([...world.things], ['a', 'b', 'c']);
  assert.deepEqual(await journals(), []);
});

test('a plan with two steps of one id is not begun: what one has done would be taken for the other’s', async () => {
  const { world, start, journals } = await bench();
  const { workflows } = start();
  const { steps, ...plan } = planOf();
  const [a, b] = steps;
  assert.ok(a !== undefined && b !== undefined);
  await assert.rejects(workflows.start({ ...plan, steps: [a, b, a] }), /two steps called a/);
  assert.deepEqual([world.reached, await journals()], [[], []]);
});

for (const step of STEPS)
  test(`refused at ${step}: what was done is taken back, newest first`, async () => {
    const { world, start, journals } = await bench();
    const { workflows, jobs, find } = start();
    world.faults.set(step, 'refused');
    const id = await workflows.start(planOf());
    await jobs.settled(id);
    const { state, failure, mayBeLeft } = find(id);
    assert.deepEqual({ state, mayBeLeft }, { state: 'failed', mayBeLeft: [] });
    assert.equal(failure?.libvirt?.message, 'disk full');
    assert.deepEqual([...world.things], []);
    assert.deepEqual(await journals(), []);
  });

test('refused where the plan has another way: that is gone, and what was refused leaves nothing to take back', async () => {
  const { world, start, journals } = await bench();
  const { workflows, jobs, find } = start();
  const { steps, ...plan } = planOf();
  const [a, b, c] = steps;
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  // What is there by the time that it is asked for is refused, and certainly not made.
  world.faults.set('b', 'exists');
  world.things.add('b');
  const id = await workflows.start({ ...plan, steps: [a, b, { ...c, ifRefused: 'b' }] });
  assert.equal(find(id).steps.length, 2, 'the other way is not shown before');
  await jobs.settled(id);
  assert.deepEqual([find(id).state, find(id).failure], ['done', null]);
  assert.equal(find(id).steps.length, 3);
  assert.match(JSON.stringify(find(id).log), /libvirt refuses that \(exists\): it is done in another way/);
  assert.deepEqual([...world.things].toSorted(), ['a', 'b', 'c']);
  assert.deepEqual(await journals(), []);
});

test('not refused: the other way is neither gone nor shown', async () => {
  const { world, start } = await bench();
  const { workflows, jobs, find } = start();
  const { steps, ...plan } = planOf();
  const id = await workflows.start({
    ...plan,
    steps: steps.map((step, at) => (at === 1 ? { ...step, ifRefused: 'a' } : step)),
  });
  await jobs.settled(id);
  assert.equal(find(id).state, 'done');
  assert.equal(find(id).steps.length, 2);
  assert.deepEqual([...world.things], ['a', 'c']);
});

for (const step of STEPS)
  for (const fault of ['lostBefore', 'lostAfter'] as const)
    test(`host ${fault} at ${step}: says what may be left, and clears it when the host is back`, async () => {
      const { world, start, journals } = await bench();
      const { workflows, jobs, find, clock } = start();
      world.faults.set(step, fault);
      const id = await workflows.start(planOf());
      await until(() => find(id).state === 'waiting', 'the state of the job');
      assert.deepEqual(
        find(id).mayBeLeft,
        STEPS.slice(0, STEPS.indexOf(step) + 1)
          .toReversed()
          .map((name) => `thing ${name}`),
      );
      await clock.advance(10_000);
      assert.equal(find(id).state, 'waiting');
      world.comeBack();
      await jobs.settled(id);
      assert.equal(find(id).state, 'failed');
      assert.deepEqual(find(id).mayBeLeft, []);
      assert.deepEqual([...world.things], []);
      assert.deepEqual(await journals(), []);
    });

for (const step of STEPS)
  test(`cancelled at ${step}: nothing is left`, async () => {
    const { world, start, journals } = await bench();
    const { workflows, jobs, find } = start();
    world.faults.set(step, 'hangs');
    const id = await workflows.start(planOf());
    await until(() => world.reached.includes(step), 'the state of the job');
    jobs.cancel(id);
    await jobs.settled(id);
    assert.equal(find(id).state, 'cancelled');
    assert.deepEqual([...world.things], []);
    assert.deepEqual(await journals(), []);
  });

for (const step of STEPS)
  for (const choice of ['goOn', 'undo'] as const)
    for (const wasDone of [false, true])
      test(`program ended at ${step} (${wasDone ? 'after' : 'before'} the host did it), then ${choice}`, async () => {
        const { world, start, journals } = await bench();
        const first = start();
        world.faults.set(step, 'hangs');
        const id = await first.workflows.start(planOf());
        await until(() => world.reached.includes(step), 'the state of the job');
        if (wasDone) world.things.add(step);
        first.workflows.close();
        await first.jobs.settled(id);
        assert.deepEqual(await journals(), [`${id}.jsonl`]);

        world.faults.clear();
        const second = start();
        await second.workflows.recover();
        assert.equal(second.find(id).state, 'interrupted');
        await second.workflows.resume(id, choice);
        await second.jobs.settled(id);
        assert.equal(second.find(id).state, choice === 'goOn' ? 'done' : 'cancelled');
        assert.deepEqual([...world.things], choice === 'goOn' ? ['a', 'b', 'c'] : []);
        assert.deepEqual(await journals(), []);
      });

test('program ended while it waited to take things back: the next start goes on with that by itself', async () => {
  const { world, start, journals } = await bench();
  const first = start();
  world.faults.set('b', 'lostAfter');
  const id = await first.workflows.start(planOf());
  await until(() => first.find(id).state === 'waiting', 'the state of the job');
  first.workflows.close();
  await first.jobs.settled(id);
  world.faults.clear();
  world.comeBack();
  const second = start();
  await second.workflows.recover();
  await until(() => second.activity.jobs().length === 1, 'the state of the job');
  await second.jobs.settled(id);
  assert.equal(second.find(id).state, 'failed');
  assert.deepEqual([...world.things], []);
  assert.deepEqual(await journals(), []);
});

test('what was there before is never taken back', async () => {
  const { world, start } = await bench();
  world.things.add('b');
  for (const raced of [false, true]) {
    // Raced: it appears between the check and the call, which then refuses.
    if (raced) world.faults.set('b', 'exists');
    const { workflows, jobs, find } = start();
    const id = await workflows.start(planOf());
    await jobs.settled(id);
    assert.equal(find(id).state, 'failed');
    assert.deepEqual([...world.things], ['b']);
  }
});

test('a person who does not want to wait for the host is told what stays', async () => {
  const { world, start, journals } = await bench();
  const { workflows, jobs, find } = start();
  world.faults.set('b', 'lostAfter');
  const id = await workflows.start(planOf());
  await until(() => find(id).state === 'waiting', 'the state of the job');
  jobs.cancel(id);
  await jobs.settled(id);
  const { state, mayBeLeft, failure } = find(id);
  assert.deepEqual({ state, mayBeLeft }, { state: 'failed', mayBeLeft: ['thing b', 'thing a'] });
  assert.match(failure?.message ?? '', /This is left: thing b, thing a/);
  assert.deepEqual(await journals(), []);
});

test('a step that is optional does not undo the others', async () => {
  const { world, start } = await bench();
  const { workflows, jobs, find } = start();
  world.faults.set('c', 'refused');
  const plan = planOf();
  const steps = plan.steps.map((step) => (step.id === 'c' ? { ...step, optional: true } : step));
  const id = await workflows.start({ ...plan, steps });
  await jobs.settled(id);
  assert.equal(find(id).state, 'done');
  assert.deepEqual([...world.things], ['a', 'b']);
  // Who sees that it is done is to see that this is not.
  const remarks = find(id).log.filter(({ remark }) => remark === true);
  assert.match(remarks.map(({ text }) => text).join('\n'), /Create c: not done \(disk full\)/);
});

test('secrets are not in the journal, and are forgotten with the job', async () => {
  const { world, start, journals, dir } = await bench();
  const { workflows, jobs, secrets } = start();
  world.faults.set('a', 'hangs');
  const id = await workflows.start(planOf({ secrets: ['password'] }), { password: 'tomato soup' });
  await until(() => world.reached.includes('a'), 'the state of the job');
  for (const name of await journals())
    assert.doesNotMatch(await readFile(path.join(dir, name), 'utf8'), /tomato soup/);
  assert.equal(await secrets.get(`job:${id}:password`), 'tomato soup');
  jobs.cancel(id);
  await jobs.settled(id);
  assert.equal(await secrets.get(`job:${id}:password`), null);
});

/** Makes `a`, removes `old`, makes `b`. */
const removal = () => {
  const { steps } = planOf();
  const at = (id: string) => steps.filter((step) => step.id === id);
  const params = { name: 'old' };
  const old = { id: 'old', kind: 'thing.remove', host: 'h', title: 'Remove old', params, final: true };
  return planOf({ steps: [...at('a'), old, ...at('b')] });
};

for (const fault of ['lostBefore', 'lostAfter'] as const)
  test(`no way back, and the host ${fault}: it is asked when it is back`, async () => {
    const { world, start } = await bench();
    const { workflows, jobs, find, clock } = start();
    world.things.add('old');
    world.faults.set('old', fault);
    const id = await workflows.start(removal());
    await until(() => find(id).state === 'waiting', 'the state of the job');
    assert.ok(find(id).mayBeLeft.includes('thing old, removed or not'));
    await clock.advance(10_000);
    world.comeBack();
    await jobs.settled(id);
    const wasDone = fault === 'lostAfter';
    assert.equal(find(id).state, wasDone ? 'done' : 'failed', JSON.stringify(find(id)));
    assert.deepEqual([...world.things], wasDone ? ['a', 'b'] : ['old']);
    assert.deepEqual(find(id).mayBeLeft, []);
  });

test('no way back: a cancel comes too late, and an interrupted one is not undone', async () => {
  const { world, start } = await bench();
  world.things.add('old');
  const first = start();
  world.faults.set('b', 'hangs');
  const id = await first.workflows.start(removal());
  await until(() => world.reached.includes('b'), 'b is begun');
  first.jobs.cancel(id);
  first.workflows.close();
  await first.jobs.settled(id);
  world.faults.clear();
  const { workflows, jobs, find } = start();
  await workflows.recover();
  await workflows.resume(id, 'undo');
  await jobs.settled(id);
  assert.equal(find(id).state, 'done', JSON.stringify(find(id)));
  assert.deepEqual([...world.things], ['a', 'b']);
});

test('no way back, and a later step fails: it is told once, and what was made before stays', async () => {
  const { world, start } = await bench();
  const { workflows, jobs, find } = start();
  world.things.add('old');
  world.faults.set('b', 'refused');
  const id = await workflows.start(removal());
  await jobs.settled(id);
  assert.equal(find(id).state, 'failed');
  assert.match(find(id).failure?.message ?? '', /^The main part is done, and stays so; what should follow/);
  assert.equal(world.reached.filter((name) => name === 'b').length, 1);
  assert.deepEqual([...world.things], ['a']);
});

test('no way back, and what is optional fails after a cancel that came too late: the job is done', async () => {
  const { world, start } = await bench();
  const { workflows, jobs, find } = start();
  world.things.add('old');
  world.faults.set('b', 'hangs');
  const { steps, ...rest } = removal();
  const plan = { ...rest, steps: steps.map((step) => ({ ...step, optional: step.id === 'b' })) };
  const id = await workflows.start(plan);
  await until(() => world.reached.includes('b'), 'b is begun');
  jobs.cancel(id);
  world.refuseHanging();
  await jobs.settled(id);
  assert.equal(find(id).state, 'done', JSON.stringify(find(id)));
  assert.deepEqual([...world.things], ['a']);
});

test('what is kept of a job is kept once there is no way back, before what comes after; without such a step at its end', async () => {
  const { world, start } = await bench();
  const { workflows, jobs, find } = start();
  world.things.add('old');
  world.faults.set('b', 'hangs');
  const kept: string[][] = [];
  const keep = (): Promise<void> => Promise.resolve(void kept.push([...world.things]));
  const id = await workflows.start(removal(), {}, keep);
  await until(() => world.reached.includes('b'), 'b is begun');
  assert.deepEqual(kept, [['a']]);
  world.refuseHanging();
  await jobs.settled(id);
  assert.deepEqual([find(id).state, kept.length], ['failed', 1]);
  world.things.clear();
  world.faults.clear();
  await jobs.settled(await workflows.start(planOf(), {}, keep));
  assert.deepEqual(kept.slice(1), [['a', 'b', 'c']]);
});
