import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { FailureError } from '../../../main/hosts/failures.ts';
import { LinkError } from '../../../drivers/rpc/errors.ts';
import type { PlannedStep, StepContext, StepKind } from '../../../main/jobs/engine/step.ts';
import { stepKind } from '../../../main/jobs/engine/step-kinds.ts';
import { until } from '../../support/wait.ts';
import { bench, planOf, type World } from './engine-bench.ts';

const step = (id: string, kind = 'thing.create', more: Partial<PlannedStep> = {}): PlannedStep => ({
  id,
  kind,
  host: 'h',
  title: `Do ${id}`,
  params: kind === 'thing.create' ? { name: id } : {},
  ...more,
});
const planIn = (...steps: PlannedStep[]) => planOf({ steps });

/** A kind of step that does what a test says, and has nothing to take back. */
const kindOf = (
  name: string,
  run: (step: StepContext) => Promise<null>,
  more: Partial<StepKind> = {},
): StepKind =>
  stepKind({
    name,
    params: z.object({}),
    check: () => Promise.resolve(),
    run: (_, context) => run(context),
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.resolve(),
    leaves: () => null,
    ...more,
  });

/** When it is done its host is away. */
const leaving = (world: World): StepKind =>
  kindOf('x.leave', () => {
    world.connected = false;
    return Promise.resolve(null);
  });

async function begin(plan: ReturnType<typeof planOf>, kinds: (world: World) => readonly StepKind[]) {
  const { world, start, journals } = await bench();
  const program = start(kinds(world));
  const id = await program.workflows.start(plan);
  const job = () => program.find(id);
  return {
    ...program,
    id,
    world,
    start,
    journals,
    job,
    over: () => program.jobs.settled(id),
    waits: () => until(() => job().waitsFor.length > 0, 'it waits'),
  };
}

suite('a host that is away as a step begins', () => {
  test('is waited for, and nothing that was done is taken back', async () => {
    const { job, waits, world, over, journals } = await begin(
      planIn(step('a'), step('leave', 'x.leave'), step('b')),
      (world) => [leaving(world)],
    );
    await waits();
    assert.deepEqual([job().state, job().waitsFor, job().cancellable], ['running', ['kvm-a'], true]);
    assert.match(
      job().log.at(-1)?.text ?? '',
      /The link to kvm-a was lost: it goes on when the link is back/,
    );
    world.comeBack();
    await over();
    assert.deepEqual([job().state, job().waitsFor], ['done', []]);
    assert.deepEqual([[...world.things], world.removed, await journals()], [['a', 'b'], [], []]);
  });

  test('and cancelled meanwhile, takes back what was done as soon as it is back', async () => {
    const { job, jobs, id, waits, world, over, clock } = await begin(
      planIn(step('a'), step('leave', 'x.leave'), step('b')),
      (world) => [leaving(world)],
    );
    await waits();
    jobs.cancel(id);
    await until(() => job().state === 'waiting', 'it waits to take back');
    await clock.advance(10_000);
    world.comeBack();
    await over();
    assert.deepEqual([job().state, [...world.things], world.removed], ['cancelled', [], ['a']]);
  });

  test('what another one has made meanwhile is refused, and stays', async () => {
    const { job, waits, world, over } = await begin(
      planIn(step('a'), step('leave', 'x.leave'), step('b')),
      (world) => [leaving(world)],
    );
    await waits();
    world.things.add('b');
    world.comeBack();
    await over();
    assert.equal(job().state, 'failed');
    assert.match(job().failure?.message ?? '', /b exists already/);
    assert.deepEqual([[...world.things], world.removed], [['b'], ['a']]);
  });

  test('fails a job that has done nothing yet', async () => {
    const { world, start } = await bench();
    const { workflows, jobs, find } = start();
    world.connected = false;
    const id = await workflows.start(planOf());
    await jobs.settled(id);
    assert.deepEqual([find(id).state, find(id).failure?.code], ['failed', 'HOST_UNREACHABLE']);
  });

  test('fails what there is no way back from: nobody expects it any more by then', async () => {
    const gone = kindOf('x.final', (context) => Promise.resolve(context.session('h') && null));
    const { job, world, over, clock } = await begin(
      planIn(step('a'), step('leave', 'x.leave'), step('end', 'x.final', { final: true })),
      (world) => [leaving(world), gone],
    );
    await until(() => job().state === 'waiting', 'it waits to take back');
    await clock.advance(10_000);
    world.comeBack();
    await over();
    assert.deepEqual([job().state, [...world.things]], ['failed', []]);
  });

  test('fails where what is out of reach is no host of the plan', async () => {
    const place = kindOf('x.place', () =>
      Promise.reject(new FailureError({ code: 'HOST_UNREACHABLE', message: 'files01 does not answer.' })),
    );
    const { job, over, world } = await begin(planIn(step('a'), step('place', 'x.place')), () => [place]);
    await over();
    assert.deepEqual([job().state, world.removed], ['failed', ['a']]);
    assert.match(job().failure?.message ?? '', /files01 does not answer/);
  });

  test('fails while a machine stands still on another one that is there', async () => {
    const still = kindOf('x.still', () => Promise.resolve(null), { urgent: { until: 'x.move-on' } });
    const other = { id: 'o', name: 'kvm-b', uri: 'qemu+ssh://kvm-b/system' };
    const { start } = await bench();
    const far = kindOf('x.far', (context) => Promise.resolve(context.session('o') && null));
    const program = start([still, far], {
      find: ({ uri }) => uri,
      session: (id) => {
        if (id === other.uri) throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'kvm-b is away.' });
        return {} as ReturnType<StepContext['session']>;
      },
      connected: () => Promise.resolve(),
    });
    const [here] = planOf().hosts;
    const id = await program.workflows.start(
      planOf({
        hosts: [here, other],
        steps: [step('still', 'x.still'), step('far', 'x.far', { host: 'o' })],
      }),
    );
    await program.clock.advance(10_000);
    await program.jobs.settled(id);
    assert.equal(program.find(id).state, 'failed');
  });
});

suite('a host that goes away between the look and the first question of a step', () => {
  /** Its session is asked for when its host has just gone; `asks`: it had one before. */
  const asking = (world: World, made: string[], asks: boolean): StepKind => {
    let time = 0;
    return kindOf('x.ask', (context) => {
      time += 1;
      if (asks) context.session('h');
      if (time === 1) world.connected = false;
      context.session('h');
      made.push(`at time ${time}`);
      return Promise.resolve(null);
    });
  };

  test('is waited for, and the step begun anew', async () => {
    const made: string[] = [];
    const { job, waits, world, over, journals } = await begin(
      planIn(step('a'), step('ask', 'x.ask')),
      (world) => [asking(world, made, false)],
    );
    await waits();
    assert.deepEqual(
      job().steps.map(({ state }) => state),
      ['done', 'running'],
    );
    world.comeBack();
    await over();
    assert.deepEqual([job().state, made, world.removed, await journals()], ['done', ['at time 2'], [], []]);
  });

  test('what was asked for something is not begun anew: it may have been done', async () => {
    const made: string[] = [];
    const { job, world, over, clock } = await begin(planIn(step('a'), step('ask', 'x.ask')), (world) => [
      asking(world, made, true),
    ]);
    await until(() => job().state === 'waiting', 'it waits to take back');
    await clock.advance(10_000);
    world.comeBack();
    await over();
    assert.deepEqual([job().state, made, world.removed], ['failed', [], ['a']]);
  });

  test('a program that ends while it waits leaves a job that goes on from there', async () => {
    const made: string[] = [];
    const { waits, workflows, jobs, id, world, start, journals } = await begin(
      planIn(step('a'), step('ask', 'x.ask'), step('b')),
      (world) => [asking(world, made, false)],
    );
    await waits();
    workflows.close();
    await jobs.settled(id);
    world.comeBack();
    const next = start([kindOf('x.ask', (context) => Promise.resolve(context.session('h') && null))]);
    await next.workflows.recover();
    await next.workflows.resume(id, 'goOn');
    await next.jobs.settled(id);
    assert.deepEqual([next.find(id).state, [...world.things], await journals()], ['done', ['a', 'b'], []]);
  });
});

test('a link that is closed under the look at a step, and back before anybody knew, is no failure', async () => {
  let looks = 0;
  const looked = kindOf('x.look', () => Promise.resolve(null), {
    check: () => {
      looks += 1;
      return looks === 1
        ? Promise.reject(new LinkError('LINK_CLOSED', 'the link was closed'))
        : Promise.resolve();
    },
  });
  const { job, clock, over } = await begin(planIn(step('a'), step('look', 'x.look')), () => [looked]);
  await until(() => looks === 1, 'it is looked at');
  await clock.advance(10_000);
  await over();
  assert.deepEqual([job().state, looks], ['done', 2]);
});
