import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, test } from 'node:test';
import { z } from 'zod';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { job as jobSchema } from '../../../main/contract/activity.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { ActivityLog } from '../../../main/jobs/activity.ts';
import { Journal, readLines, type JournalEntry } from '../../../main/jobs/engine/journal.ts';
import { NothingDone, type Plan } from '../../../main/jobs/engine/step.ts';
import { stepKind, StepKinds } from '../../../main/jobs/engine/step-kinds.ts';
import { Workflows } from '../../../main/jobs/engine/workflows.ts';
import { JobRegistry } from '../../../main/jobs/registry.ts';
import { MemorySecrets } from '../../../main/settings/secrets.ts';
import { until } from '../../support/wait.ts';
import { FakeClock, settle } from '../hosts/fake-clock.ts';

const STEPS = ['a', 'b', 'c'] as const;

/** What a fault does to one call of one step. */
type Fault = 'refused' | 'exists' | 'lostBefore' | 'lostAfter' | 'hangs';

/** A host that keeps things by name; what happens to which call is the test's to say. */
class World {
  readonly things = new Set<string>();
  readonly faults = new Map<string, Fault>();
  connected = true;
  readonly reached: string[] = [];
  /** Things that cannot be taken back while this says so: their host does not answer. */
  readonly mute = new Set<string>();
  readonly removed: string[] = [];
  listed = true;
  #back: (() => void)[] = [];

  create(name: string, signal: AbortSignal): Promise<null> {
    this.reached.push(name);
    const fault = this.faults.get(name);
    if (fault === 'hangs')
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new LinkError('CANCELLED', 'cancelled')));
      });
    if (fault === 'refused')
      return Promise.reject(new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message: 'disk full' }));
    if (fault === 'lostBefore' || fault === 'lostAfter') {
      if (fault === 'lostAfter') this.things.add(name);
      this.connected = false;
      return Promise.reject(new LinkError('LINK_CLOSED', 'the link was closed'));
    }
    if (this.things.has(name))
      return Promise.reject(
        new NothingDone(new LibvirtError({ code: 'VIR_ERR_STORAGE_VOL_EXIST', message: 'exists' })),
      );
    this.things.add(name);
    return Promise.resolve(null);
  }

  assertConnected(): void {
    if (!this.connected) throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'not connected' });
  }

  comeBack(): void {
    this.connected = true;
    for (const resolve of this.#back.splice(0)) resolve();
  }

  untilConnected(signal: AbortSignal): Promise<void> {
    if (this.connected || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#back.push(resolve);
      signal.addEventListener('abort', () => resolve());
    });
  }
}

/** One process: everything that a new start makes anew. What is on the disk and on the host is the bench's. */
function program(dir: string, world: World) {
  const clock = new FakeClock();
  const activity = new ActivityLog(clock);
  const faults: unknown[] = [];
  const jobs = new JobRegistry({ clock, activity, onFault: (error) => faults.push(error) });
  const thing = stepKind({
    name: 'thing.create',
    params: z.object({ name: z.string() }),
    check: ({ name }) => {
      world.assertConnected();
      if (world.things.has(name) && world.faults.get(name) !== 'exists')
        throw new FailureError({ code: 'CONFLICT', message: `${name} exists already.` });
      return Promise.resolve();
    },
    run: ({ name }, step) => world.create(name, step.signal),
    settle: ({ name }) => {
      world.assertConnected();
      return Promise.resolve(world.things.has(name) ? { done: true, result: null } : { done: false });
    },
    undo: ({ name }) => {
      world.assertConnected();
      if (world.mute.has(name)) throw new LinkError('LINK_CLOSED', 'the link was closed');
      if (world.things.delete(name)) world.removed.push(name);
      return Promise.resolve();
    },
    leaves: ({ name }) => `thing ${name}`,
  });
  const secrets = new MemorySecrets();
  const workflows = new Workflows({
    clock,
    jobs,
    dir,
    secrets,
    kinds: new StepKinds([thing]),
    hosts: {
      find: () => (world.listed ? 'h' : null),
      session: () => {
        throw new Error('the steps of this test use no session');
      },
      connected: (_, signal) => world.untilConnected(signal),
    },
    onFault: (error) => faults.push(error),
    onUnreadable: ({ file }) => faults.push(path.basename(file)),
  });
  const find = (id: string) => jobSchema.parse(activity.jobs().find((job) => job.id === id));
  return { clock, workflows, jobs, activity, find, faults, secrets };
}

const dirs: string[] = [];
afterEach(async () => {
  await Promise.all(dirs.splice(0).map((dir) => rm(dir, { recursive: true })));
});

async function bench() {
  const dir = await mkdtemp(path.join(tmpdir(), 'virtlane-jobs-'));
  dirs.push(dir);
  const world = new World();
  return { dir, world, start: () => program(dir, world), journals: () => readdir(dir) };
}

function planOf(change: Partial<Plan> = {}): Plan {
  return {
    kind: 'create',
    name: 'web-1',
    uuid: 'u',
    hosts: [{ id: 'h', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' }],
    steps: STEPS.map((id) => ({
      id,
      kind: 'thing.create',
      host: 'h',
      title: `Create ${id}`,
      params: { name: id },
    })),
    secrets: [],
    failed: 'web-1 was not created on kvm-a.',
    ...change,
  };
}

const failsWith = (code: string) => (error: unknown) =>
  error instanceof FailureError && error.failure.code === code;

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
  assert.match(
    find(id)
      .log.map(({ text }) => text)
      .join('\n'),
    /Create c: not done \(disk full\)/,
  );
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
  assert.deepEqual(second.activity.jobs(), []);
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
