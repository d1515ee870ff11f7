/** What the engine's tests share: a host of things by name, whose calls fail as a test says, and programs that work on it. */
import { rmSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'node:test';
import { z } from 'zod';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { job as jobSchema } from '../../../main/contract/activity.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { ActivityLog } from '../../../main/jobs/activity.ts';
import { NothingDone, type Plan, type StepKind } from '../../../main/jobs/engine/step.ts';
import { stepKind, StepKinds } from '../../../main/jobs/engine/step-kinds.ts';
import { Workflows } from '../../../main/jobs/engine/workflows.ts';
import type { WorkflowHosts } from '../../../main/jobs/engine/workflows-options.ts';
import { EndedJobs } from '../../../main/jobs/ended-jobs.ts';
import { OpenJobs } from '../../../main/jobs/open-jobs.ts';
import { JobRegistry } from '../../../main/jobs/registry.ts';
import { MemorySecrets } from '../../../main/settings/secrets.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

export const STEPS = ['a', 'b', 'c'] as const;

/** What a fault does to one call of one step. */
type Fault = 'refused' | 'exists' | 'lostBefore' | 'lostAfter' | 'hangs';

/** A host that keeps things by name; what happens to which call is the test's to say. */
export class World {
  readonly things = new Set<string>();
  readonly faults = new Map<string, Fault>();
  connected = true;
  readonly reached: string[] = [];
  /** Things that cannot be taken back while this says so: their host does not answer. */
  readonly mute = new Set<string>();
  readonly removed: string[] = [];
  listed = true;
  /** Which start of the host it is; null: nobody tells. */
  start: string | null = 'start-1';
  #back: (() => void)[] = [];
  #hanging: () => void = () => undefined;

  create(name: string, signal: AbortSignal): Promise<null> {
    this.reached.push(name);
    const fault = this.faults.get(name);
    if (fault === 'hangs')
      return new Promise((_, reject) => {
        this.#hanging = () =>
          reject(new LibvirtError({ code: 'VIR_ERR_OPERATION_FAILED', message: 'refused' }));
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

  remove(name: string): Promise<null> {
    const fault = this.faults.get(name);
    if (fault !== 'lostBefore') this.things.delete(name);
    if (fault !== 'lostBefore' && fault !== 'lostAfter') return Promise.resolve(null);
    this.connected = false;
    return Promise.reject(new LinkError('LINK_CLOSED', 'the link was closed'));
  }

  /** What hangs is answered: by a refusal. */
  refuseHanging(): void {
    this.#hanging();
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

function hostsOf(world: World): WorkflowHosts {
  return {
    find: () => (world.listed ? 'h' : null),
    session: () => {
      world.assertConnected();
      // The steps of this bench ask nothing of it.
      return {} as HostSession;
    },
    connected: (_, signal) => world.untilConnected(signal),
    startOf: async () => {
      world.assertConnected();
      return Promise.resolve(world.start);
    },
  };
}

/** One process: everything that a new start makes anew. What is on the disk and on the host is the bench's. */
export function program(
  dir: string,
  world: World,
  more: readonly StepKind[] = [],
  hosts: WorkflowHosts = hostsOf(world),
) {
  const clock = new FakeClock();
  const activity = new ActivityLog(clock);
  const faults: unknown[] = [];
  const ended = new EndedJobs({ dir: `${dir}-ended`, clock, onFault: (error) => faults.push(error) });
  const hostsAt = planOf().hosts.slice(0, 1);
  const open: OpenJobs = new OpenJobs({
    dir: `${dir}-now`,
    clock,
    by: 'command',
    own: () => jobs.running().map((job) => ({ job, hosts: hostsAt })),
    onFault: (error: unknown) => faults.push(error),
  });
  writers.push(ended, open);
  const jobs = new JobRegistry({
    clock,
    activity,
    onFault: (error) => faults.push(error),
    onEnded: (job) => ended.add({ by: 'command', job, hosts: hostsAt }),
    onChanged: () => open.changed(),
  });
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
  const remove = stepKind({
    name: 'thing.remove',
    params: z.object({ name: z.string() }),
    check: () => Promise.resolve(),
    run: ({ name }) => world.remove(name),
    settle: ({ name }) => {
      world.assertConnected();
      return Promise.resolve(world.things.has(name) ? { done: false } : { done: true, result: null });
    },
    undo: () => Promise.resolve(),
    lasts: true,
    leaves: ({ name }) => `thing ${name}, removed or not`,
  });
  const secrets = new MemorySecrets();
  const workflows = new Workflows({
    clock,
    jobs,
    dir,
    by: 'command',
    ended,
    open,
    secrets,
    kinds: new StepKinds([thing, remove, ...more]),
    hosts,
    onFault: (error) => faults.push(error),
    onUnreadable: ({ file }) => faults.push(path.basename(file)),
  });
  const find = (id: string) => jobSchema.parse(activity.jobs().find((job) => job.id === id));
  return { clock, workflows, jobs, ended, open, activity, find, faults, secrets };
}

const dirs: string[] = [];
const writers: (EndedJobs | OpenJobs)[] = [];
afterEach(async () => {
  await Promise.all(writers.splice(0).map((one) => one.close()));
});
// Many files share this module in one process, and a hook of node:test is that of the first of them alone.
process.on('exit', () => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

export async function bench() {
  const dir = await mkdtemp(path.join(tmpdir(), 'virtlane-jobs-'));
  dirs.push(dir, `${dir}-ended`, `${dir}-now`);
  const world = new World();
  return {
    dir,
    world,
    start: (more?: readonly StepKind[], hosts?: WorkflowHosts) => program(dir, world, more, hosts),
    journals: () => readdir(dir),
  };
}

export function planOf(change: Partial<Plan> = {}): Plan {
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

export const failsWith = (code: string) => (error: unknown) =>
  error instanceof FailureError && error.failure.code === code;
