import type { Job } from '../../contract/activity.ts';
import type { Failure } from '../../contract/failure.ts';
import type { EndedJobs } from '../ended-jobs.ts';
import type { OpenJob, OpenJobs } from '../open-jobs.ts';
import type { JobRegistry } from '../registry.ts';
import type { JobRecord } from './job-record.ts';
import { overError, findJournals, journalIds } from './journal.ts';
import type { PlanHost } from './step.ts';

export interface OtherProgramsOptions {
  readonly dir: string;
  readonly jobs: JobRegistry;
  readonly ended: EndedJobs;
  readonly open: OpenJobs;
  /** A job of another program as its journal tells it; null: this one works on it. */
  readonly told: (id: string, record: JobRecord) => Job | null;
  /** Whether this program works on it, or is about to. */
  readonly isOwn: (id: string) => boolean;
  /** The id that a host has here; null when it is not in the list. */
  readonly find: (host: PlanHost) => string | null;
}

/** Lists what other programs that share the folder do, and have done. Nothing of it is begun or ended here. */
export class OtherPrograms {
  readonly #options: OtherProgramsOptions;
  /** What was listed of each that is not over. */
  readonly #listed = new Map<string, string>();
  /** Those whose journal had gone at the look before, and whose end was not told then. */
  readonly #gone = new Set<string>();

  constructor(options: OtherProgramsOptions) {
    this.#options = options;
  }

  /** @returns the ids of those that others work on now, and that have journals */
  async look(): Promise<string[]> {
    const { dir, jobs, ended, open } = this.#options;
    const told = await open.others(true);
    const held = await this.#held(told.open);
    const now = [...held, ...this.#without(held, told.open)];
    for (const job of now) {
      const text = JSON.stringify(job);
      if (this.#listed.get(job.id) !== text) jobs.listElsewhere(job);
      this.#listed.set(job.id, text);
    }
    for (const { job, hosts, by } of await ended.news()) {
      this.#listed.delete(job.id);
      jobs.listElsewhere({ ...this.#named(job, hosts), by });
    }
    const journals = await journalIds(dir);
    // What of it can go on, or back, a journal of its own tells.
    for (const { job } of told.died)
      if (this.#listed.delete(job.id) && !journals.includes(job.id)) jobs.endElsewhere(job.id, DIED);
    await this.#endGone(new Set([...journals, ...now.map(({ id }) => id)]));
    return held.map(({ id }) => id);
  }

  /** Those that others work on now, the ones with journals first. Nothing is listed or removed. */
  async now(): Promise<Job[]> {
    const { open } = await this.#options.open.others(false);
    const held = await this.#held(open);
    return [...held, ...this.#without(held, open)];
  }

  /** By their journals, and as their programs tell them where these do. */
  async #held(open: readonly OpenJob[]): Promise<Job[]> {
    const { dir, told, isOwn } = this.#options;
    const found = await findJournals(dir, 'held', isOwn);
    return found.flatMap(({ id, record }) => {
      // The demo of another program is another demo.
      if (record === null || record.plan.hosts.some(isDemo)) return [];
      const job = told(id, record);
      if (job === null) return [];
      const own = open.find((one) => one.job.id === id);
      return [own === undefined ? underWay(this.#named(job, record.plan.hosts), record) : this.#shown(own)];
    });
  }

  #without(held: readonly Job[], open: readonly OpenJob[]): Job[] {
    const { isOwn } = this.#options;
    return open
      .filter(({ job: { id } }) => !isOwn(id) && held.every((job) => job.id !== id))
      .map((one) => this.#shown(one));
  }

  /** It can be cancelled where it runs. */
  #shown({ job, hosts, by }: OpenJob): Job {
    return { ...this.#named(job, hosts), by, elsewhere: true, cancellable: false };
  }

  /** By the ids that the hosts have here; one that is not in the list is called by its name. */
  #named(job: Job, known: readonly PlanHost[]): Job {
    const { find } = this.#options;
    const here = (id: string): string => {
      const host = known.find((one) => one.id === id);
      return host === undefined ? id : (find(host) ?? host.name);
    };
    const { host, hosts } = job;
    return { ...job, host: here(host), ...(hosts === undefined ? {} : { hosts: hosts.map(here) }) };
  }

  /** How it ended is written after its journal has gone: it is waited for until the next look. */
  async #endGone(open: ReadonlySet<string>): Promise<void> {
    for (const id of this.#listed.keys()) {
      if (open.has(id)) this.#gone.delete(id);
      else if (!this.#gone.has(id)) this.#gone.add(id);
      else {
        this.#gone.delete(id);
        this.#listed.delete(id);
        this.#options.jobs.endElsewhere(id, overError().failure);
      }
    }
  }
}

const DIED: Failure = {
  code: 'CONFLICT',
  message: 'The Virtlane that did it ended in the middle of it.',
};

export function isDemo({ uri }: Pick<PlanHost, 'uri'>): boolean {
  return uri.startsWith('demo:');
}

/** A journal says what was begun; that it is left is nobody's question while its program is there. */
function underWay(job: Job, { begun, undoing }: JobRecord): Job {
  const isOn = undoing === null;
  const steps = job.steps.map((step) =>
    isOn && step.state === 'waiting' && begun.has(step.id) ? { ...step, state: 'running' as const } : step,
  );
  return { ...job, steps, mayBeLeft: [] };
}
