import { FailureError } from '../../hosts/failures.ts';
import type { RunnerOptions } from './runner-options.ts';
import type { Json, PlannedStep } from './step.ts';

/**
 * By which start of each host a job works. What libvirt says is written it has handed to its host, whose disk may not have it yet: a host that has lost its power
 * since may have lost that, however well it was compared before.
 */
export class HostStarts {
  readonly #options: Pick<RunnerOptions, 'plan' | 'startOf'>;
  readonly #known = new Map<string, Promise<string | null>>();

  constructor(options: Pick<RunnerOptions, 'plan' | 'startOf'>) {
    this.#options = options;
  }

  /** Asks, once, the host of a step that is begun, and those with something of the job; waits for nothing. */
  ask(step: PlannedStep, done: ReadonlyMap<string, Json>, signal: AbortSignal): void {
    for (const host of [step.host, ...this.#hostsOf(done)]) {
      if (this.#known.has(host)) continue;
      const asked = this.#options.startOf(host, signal).catch(() => {
        this.#known.delete(host);
        return null;
      });
      this.#known.set(host, asked);
    }
  }

  /** Whether it can be told of all hosts with something of the job that they were not started anew. */
  async areKnown(done: ReadonlyMap<string, Json>): Promise<boolean> {
    const starts = this.#hostsOf(done).map((host) => this.#known.get(host) ?? Promise.resolve(null));
    return !(await Promise.all(starts)).includes(null);
  }

  /** @throws FailureError CONFLICT where a host was started anew; where it does not answer */
  async assertSame(signal: AbortSignal): Promise<void> {
    const { plan, startOf } = this.#options;
    for (const [host, asked] of this.#known) {
      const before = await asked;
      if (before === null || (await startOf(host, signal)) === before) continue;
      const name = plan.hosts.find(({ id }) => id === host)?.name ?? host;
      throw new FailureError({
        code: 'CONFLICT',
        message: `${name} was started anew since this job began: what it had taken may not be on its disks. Begin anew.`,
      });
    }
  }

  #hostsOf(done: ReadonlyMap<string, Json>): string[] {
    return this.#options.plan.steps.filter(({ id }) => done.has(id)).map(({ host }) => host);
  }
}
