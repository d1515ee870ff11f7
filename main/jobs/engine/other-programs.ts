import type { Job } from '../../contract/activity.ts';
import type { EndedJobs } from '../ended-jobs.ts';
import type { JobRegistry } from '../registry.ts';
import { overError, findJournals, journalIds, type JobRecord } from './journal.ts';
import type { PlanHost } from './step.ts';

export interface OtherProgramsOptions {
  readonly dir: string;
  readonly jobs: JobRegistry;
  readonly ended: EndedJobs;
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

  /** @returns the ids of those that others work on now */
  async look(): Promise<string[]> {
    const { dir, jobs, ended, told, isOwn, find } = this.#options;
    const held: string[] = [];
    for (const { id, record } of await findJournals(dir, 'held', isOwn)) {
      // The demo of another program is another demo.
      if (record === null || record.plan.hosts.some(isDemo)) continue;
      const job = told(id, record);
      if (job === null) continue;
      held.push(id);
      const now = underWay(hostsNamed(job, record.plan.hosts, find), record);
      const text = JSON.stringify(now);
      if (this.#listed.get(id) !== text) jobs.listElsewhere(now);
      this.#listed.set(id, text);
    }
    for (const { job, hosts, by } of await ended.news()) {
      this.#listed.delete(job.id);
      jobs.listElsewhere({ ...hostsNamed(job, hosts, find), by });
    }
    await this.#endGone(new Set(await journalIds(dir)));
    return held;
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

/** By the ids that the hosts have here; one that is not in the list is called by its name. */
function hostsNamed(job: Job, known: readonly PlanHost[], find: (host: PlanHost) => string | null): Job {
  const here = (id: string): string => {
    const host = known.find((one) => one.id === id);
    return host === undefined ? id : (find(host) ?? host.name);
  };
  const { host, hosts } = job;
  return { ...job, host: here(host), ...(hosts === undefined ? {} : { hosts: hosts.map(here) }) };
}
