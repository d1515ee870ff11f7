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
const planIn = (...steps: PlannedStep[]) => planOf({ steps, waits: true });

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

async function begin(
  plan: ReturnType<typeof planOf>,
  kinds: (world: World) => readonly StepKind[],
  secrets: Record<string, string> = {},
) {
  const { world, start, journals } = await bench();
  const program = start(kinds(world));
  const id = await program.workflows.start(plan, secrets);
  const job = () => program.find(id);
  return {
    ...program,
    id,
    world,
    start,
    journals,
    job,
    over: () => program.jobs.settled(id),
    /** What was done is taken back, as soon as its host is there. */
    takenBack: async () => {
      await until(() => job().state === 'waiting', 'it waits to take back');
      await program.clock.advance(10_000);
      world.comeBack();
      await program.jobs.settled(id);
    },
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
    const { job, jobs, id, waits, world, takenBack } = await begin(
      planIn(step('a'), step('leave', 'x.leave'), step('b')),
      (world) => [leaving(world)],
    );
    await waits();
    jobs.cancel(id);
    await takenBack();
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

  test('and was started anew meanwhile, has lost what was not on its disk yet: that is said, and taken back', async () => {
    const { job, waits, world, over } = await begin(
      planIn(step('a'), step('leave', 'x.leave'), step('b')),
      (world) => [leaving(world)],
    );
    await waits();
    world.start = 'start-2';
    world.comeBack();
    await over();
    assert.deepEqual([job().state, world.reached, world.removed], ['failed', ['a'], ['a']]);
    assert.match(job().failure?.message ?? '', /kvm-a was started anew since this job began/);
  });

  test('fails where nobody tells whether the host was started anew', async () => {
    const { job, world, takenBack } = await begin(
      planIn(step('a'), step('leave', 'x.leave'), step('b')),
      (world) => {
        world.start = null;
        return [leaving(world)];
      },
    );
    await takenBack();
    assert.deepEqual([job().state, world.removed], ['failed', ['a']]);
  });

  test('fails a job that has done nothing yet', async () => {
    const { world, start } = await bench();
    const { workflows, jobs, find } = start();
    world.connected = false;
    const id = await workflows.start(planOf());
    await jobs.settled(id);
    assert.deepEqual([find(id).state, find(id).failure?.code], ['failed', 'HOST_UNREACHABLE']);
  });

  test('fails a job that does not wait, as one that deletes: nobody expects it any more by then', async () => {
    const { job, world, takenBack } = await begin(
      planOf({ steps: [step('a'), step('leave', 'x.leave'), step('b')] }),
      (world) => [leaving(world)],
    );
    await takenBack();
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
      startOf: () => Promise.resolve('start-1'),
    });
    const [here] = planOf().hosts;
    const id = await program.workflows.start(
      planOf({
        hosts: [here, other],
        waits: true,
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
    const { job, world, takenBack } = await begin(planIn(step('a'), step('ask', 'x.ask')), (world) => [
      asking(world, made, true),
    ]);
    await takenBack();
    assert.deepEqual([job().state, made, world.removed], ['failed', [], ['a']]);
  });

  test('a program that ends while it waits for one that needs a secret which was not kept, leaves a job that is only taken back', async () => {
    const asks = (world: World) => ({ ...asking(world, [], false), asks: () => ['seed-1'] });
    const { waits, workflows, jobs, id, world, start } = await begin(
      planOf({ steps: [step('a'), step('ask', 'x.ask')], secrets: ['seed-1'], waits: true }),
      (world) => [asks(world)],
      { 'seed-1': 'x' },
    );
    await waits();
    workflows.close();
    await jobs.settled(id);
    world.comeBack();
    const next = start([asks(world)]);
    await next.workflows.recover();
    assert.equal(next.find(id).onlyBack, true);
  });

  test('a program that ends while it waits leaves a job that goes on from there, and waits again', async () => {
    const made: string[] = [];
    const { waits, workflows, jobs, id, world, start, journals } = await begin(
      planIn(step('a'), step('ask', 'x.ask'), step('b')),
      (world) => [asking(world, made, false)],
    );
    await waits();
    workflows.close();
    await jobs.settled(id);
    world.comeBack();
    const again = kindOf('x.ask', (context) => {
      context.session('h');
      world.connected = false;
      return Promise.resolve(null);
    });
    const next = start([again]);
    await next.workflows.recover();
    await next.workflows.resume(id, 'goOn');
    await until(() => next.find(id).waitsFor.length > 0, 'it waits again');
    world.comeBack();
    await next.jobs.settled(id);
    assert.deepEqual([next.find(id).state, [...world.things], await journals()], ['done', ['a', 'b'], []]);
  });
});

suite('a host that was started anew', () => {
  test('while no program worked on the job, has lost what was not on its disk yet: that is said, and taken back', async () => {
    const { waits, workflows, jobs, id, world, start } = await begin(
      planIn(step('a'), step('leave', 'x.leave'), step('b')),
      (world) => [leaving(world)],
    );
    await waits();
    workflows.close();
    await jobs.settled(id);
    world.start = 'start-2';
    world.comeBack();
    const next = start([leaving(world)]);
    await next.workflows.recover();
    await next.workflows.resume(id, 'goOn');
    await next.jobs.settled(id);
    assert.match(next.find(id).failure?.message ?? '', /kvm-a was started anew since this job began/);
    assert.deepEqual([next.find(id).state, world.reached, world.removed], ['failed', ['a'], ['a']]);
  });

  test('while a step waited for it by itself, too', async () => {
    const waiting = (world: World) =>
      kindOf('x.wait', async (context) => {
        world.connected = false;
        await context.untilBack(['h']);
        return null;
      });
    const { waits, job, over, world } = await begin(
      planIn(step('a'), step('wait', 'x.wait'), step('b')),
      (world) => [waiting(world)],
    );
    await waits();
    world.start = 'start-2';
    world.comeBack();
    await over();
    assert.match(job().failure?.message ?? '', /kvm-a was started anew since this job began/);
    assert.deepEqual([job().state, world.removed], ['failed', ['a']]);
  });

  test('is not taken for the one of before where nobody told of that while it had nothing of the job', async () => {
    const mute = (world: World) =>
      kindOf('x.mute', () => {
        world.start = 'start-2';
        return Promise.resolve(null);
      });
    const { job, world, takenBack } = await begin(
      planIn(step('a'), step('mute', 'x.mute'), step('leave', 'x.leave'), step('b')),
      (world) => {
        world.start = null;
        return [mute(world), leaving(world)];
      },
    );
    await takenBack();
    assert.deepEqual([job().state, world.removed], ['failed', ['a']]);
  });
});

suite('a link that is closed under the look at a step', () => {
  /** Its first looks meet that, and its host is there each time. */
  const looking = (closed: number) => {
    const looks: number[] = [];
    const look = kindOf('x.look', () => Promise.resolve(null), {
      check: () =>
        looks.push(1) <= closed
          ? Promise.reject(new LinkError('LINK_CLOSED', 'the link was closed'))
          : Promise.resolve(),
    });
    return { looks, look };
  };
  const looksAfter = async (closed: number) => {
    const { looks, look } = looking(closed);
    const { job, clock, over } = await begin(planIn(step('a'), step('look', 'x.look')), () => [look]);
    let isOver = false;
    const ended = over().finally(() => (isOver = true));
    for (let time = 1; !isOver && time <= closed; time += 1) {
      await until(() => isOver || looks.length >= time, `look ${time}`);
      await clock.advance(10_000);
    }
    await ended;
    return [job().state, looks.length];
  };

  test('and back before anybody knew, is no failure', async () => {
    assert.deepEqual(await looksAfter(1), ['done', 2]);
  });

  test('each time, is: a libvirtd that ends of what it is asked is not asked for ever', async () => {
    assert.deepEqual(await looksAfter(20), ['failed', 6]);
  });
});

test('an answer that comes too late is not waited for, whoever is away then', async () => {
  const late = (world: World) =>
    kindOf('x.late', () => Promise.resolve(null), {
      check: () => {
        world.connected = false;
        return Promise.reject(new LinkError('TIMEOUT', 'no answer'));
      },
    });
  const { job, world, takenBack } = await begin(planIn(step('a'), step('late', 'x.late')), (world) => [
    late(world),
  ]);
  await takenBack();
  assert.deepEqual([job().state, world.removed], ['failed', ['a']]);
});
