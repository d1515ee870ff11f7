import type { JobStep } from '../../contract/activity.ts';
import type { Clock } from '../../hosts/clock.ts';
import type { FoundJob } from '../registry.ts';
import { headOf, mayBeLeftBy } from './job-parts.ts';
import type { JobRecord } from './job-record.ts';
import type { Plan } from './step.ts';
import type { StepKinds } from './step-kinds.ts';
import type { WorkflowsOptions } from './workflows-options.ts';

/** The steps of a job as a person sees them, and the progress of all of them together. */
export class StepBoard {
  readonly #plan: Plan;
  readonly #clock: Clock;
  #steps: JobStep[];
  /** Of another way that was not gone (`ifRefused`). */
  readonly #hidden: Set<string>;

  constructor(plan: Plan, { clock, kinds }: { clock: Clock; kinds: StepKinds }, record?: JobRecord) {
    this.#plan = plan;
    this.#clock = clock;
    this.#steps = plan.steps.map((step) => ({
      id: step.id,
      title: step.title,
      state: stateIn(record, step.id, kinds.lasts(step)),
      startedAt: null,
      finishedAt: null,
    }));
    this.#hidden = new Set(
      plan.steps
        .filter(({ id, ifRefused }) => ifRefused !== undefined && record?.begun.has(id) !== true)
        .map(({ id }) => id),
    );
  }

  steps(): JobStep[] {
    return this.#steps.filter(({ id }) => !this.#hidden.has(id));
  }

  set(id: string, state: JobStep['state']): JobStep[] {
    const now = this.#clock.now();
    if (state === 'running') this.#hidden.delete(id);
    this.#steps = this.#steps.map((step) => {
      if (step.id !== id) return step;
      if (state === 'running') return { ...step, state, startedAt: now, finishedAt: null };
      return { ...step, state, finishedAt: state === 'undoing' ? step.finishedAt : now };
    });
    return this.steps();
  }

  /** Progress of the whole job while a step is at `fraction` of itself. */
  fraction(id: string, fraction: number | null): number {
    const steps = this.#plan.steps.filter((step) => !this.#hidden.has(step.id));
    const total = steps.reduce((sum, { weight = 1 }) => sum + weight, 0);
    let done = 0;
    for (const step of steps) {
      const weight = step.weight ?? 1;
      if (step.id === id) done += weight * (fraction ?? 0);
      else if (this.#steps.find((shown) => shown.id === step.id)?.state === 'done') done += weight;
    }
    return total === 0 ? 0 : Math.min(1, done / total);
  }
}

function stateIn(record: JobRecord | undefined, id: string, lasts: boolean): JobStep['state'] {
  const isDone = record?.done.has(id) === true;
  if (record?.undone.has(id) === true && !(lasts && isDone)) return 'undone';
  return isDone ? 'done' : 'waiting';
}

/** What a journal tells of its job, for the list. Its hosts have their ids of now; one that is not in the list is called by its name. */
export function foundJob(
  record: JobRecord,
  { hosts: known, ...options }: Pick<WorkflowsOptions, 'clock' | 'kinds' | 'hosts'>,
): FoundJob {
  const { plan, startedAt, by } = record;
  const head = headOf(plan);
  const hosts = plan.hosts.map((host) => known.find(host) ?? host.name);
  return {
    ...head,
    host: { ...head.host, id: hosts[0] ?? head.host.id },
    hosts,
    startedAt,
    by,
    steps: new StepBoard(plan, options, record).steps(),
    mayBeLeft: mayBeLeftBy(record, options.kinds),
  };
}
