import { FailureError } from '../../hosts/failures.ts';
import type { RunnerOptions } from './runner-options.ts';
import type { Json, PlannedStep } from './step.ts';

type Options = Pick<RunnerOptions, 'plan' | 'startOf' | 'journal'>;

/**
 * By which start of each host a job works. What libvirt says is written it has handed to its host, whose disk may not have it yet: a host that has lost its power
 * since may have lost that, however well it was compared before.
 */
export class HostStarts {
  readonly #options: Options;
  readonly #known: Map<string, Promise<string | null>>;
  /** A host was away since they were compared, or this program goes on for another one. */
  #isDoubted: boolean;

  /** @param known as an earlier program has noted them; null: there was none */
  constructor(options: Options, known: ReadonlyMap<string, string> | null) {
    this.#options = options;
    this.#known = new Map([...(known ?? [])].map(([host, start]) => [host, Promise.resolve(start)]));
    this.#isDoubted = known !== null;
  }

  /** Asks, once, the host of a step that is begun, and notes it; waits for nothing. Of a host that has something of the job already it is too late to ask. */
  ask({ host }: PlannedStep, done: ReadonlyMap<string, Json>, signal: AbortSignal): void {
    if (this.#known.has(host) || this.#hostsOf(done).includes(host)) return;
    const asked = this.#told(host, signal).catch(() => {
      this.#known.delete(host);
      return null;
    });
    this.#known.set(host, asked);
  }

  /** A host that is waited for may be started anew meanwhile. */
  doubtedBy(wait: Promise<void>): Promise<void> {
    this.#isDoubted = true;
    return wait;
  }

  /** Whether it can be told of all hosts with something of the job that they were not started anew. */
  async areKnown(done: ReadonlyMap<string, Json>): Promise<boolean> {
    const starts = this.#hostsOf(done).map((host) => this.#known.get(host) ?? Promise.resolve(null));
    return !(await Promise.all(starts)).includes(null);
  }

  /** Compares them where that is due. @throws FailureError CONFLICT where a host was started anew; where it does not answer */
  async assertSame(signal: AbortSignal): Promise<void> {
    if (!this.#isDoubted) return;
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
    this.#isDoubted = false;
  }

  async #told(host: string, signal: AbortSignal): Promise<string | null> {
    const start = await this.#options.startOf(host, signal);
    // A program that goes on with the job compares it, too.
    if (start !== null) await this.#options.journal.append({ type: 'start', host, start });
    return start;
  }

  #hostsOf(done: ReadonlyMap<string, Json>): string[] {
    return this.#options.plan.steps.filter(({ id }) => done.has(id)).map(({ host }) => host);
  }
}
