import type { Job } from '../contract/activity.ts';
import type { Failure } from '../contract/failure.ts';
import type { MigrateInput, MigratePlan } from '../contract/migrate.ts';
import type { JobContext } from '../jobs/registry.ts';
import { FailureError, toFailure } from './errors.ts';
import { staysWords } from './left-behind.ts';
import type { Services } from './services.ts';

/** Machines that go one after another, each as a job of its own. */
export interface Round {
  readonly kind: 'migrateMany' | 'evacuate' | 'bringHome';
  /** The host that it is listed under. */
  readonly host: { readonly id: string; readonly name: string };
  readonly moves: readonly MigrateInput[];
  /** Names of machines of the host that do not go. */
  readonly stays?: readonly string[];
  /** So many at once between the same two hosts, in one direction. */
  readonly atOnce: number;
  /** Starts the move of one; gives its job, and what it does. */
  readonly begin: (move: MigrateInput) => Promise<{ job: string; plan: Pick<MigratePlan, 'stays'> }>;
  /** One is on its new host. */
  readonly moved?: (move: MigrateInput) => Promise<void>;
}

/** Starts a round; gives the id of its job. Cancelled, it begins no more, and what is on its way goes on. */
export function startRound(services: Services, round: Round): string {
  const { host, kind, moves } = round;
  const name = moves.length === 1 ? nameOf(services, moves[0]) : `${moves.length} machines`;
  const failed = `Not all of ${name} were moved.`;
  return services.jobs.start({
    kind,
    host,
    uuid: null,
    name,
    failed,
    unsure: failed,
    cancelled: `${failed} The others were not begun.`,
    run: (job) => new Running(services, round, job).run(),
  });
}

class Running {
  readonly #services: Services;
  readonly #round: Round;
  readonly #job: JobContext;
  readonly #failed: string[] = [];
  #over = 0;
  /** The program ends: what is on its way is found by its next start. */
  #ends = false;

  constructor(services: Services, round: Round, job: JobContext) {
    this.#services = services;
    this.#round = round;
    this.#job = job;
  }

  async run(): Promise<void> {
    const { moves, atOnce, stays = [], host } = this.#round;
    if (stays.length > 0)
      this.#job.log(`${stays.join(', ')} ${stays.length === 1 ? 'stays' : 'stay'} on ${host.name}`);
    const lanes = new Map<string, MigrateInput[]>();
    for (const move of moves) {
      const pair = `${move.host}\n${move.to}`;
      lanes.set(pair, [...(lanes.get(pair) ?? []), move]);
    }
    const workers = [...lanes.values()].flatMap((queue) =>
      Array.from({ length: Math.min(atOnce, queue.length) }, () => this.#work(queue)),
    );
    await Promise.all(workers);
    const count = this.#failed.length;
    if (count > 0)
      throw new FailureError({
        code: 'CONFLICT',
        message: `${count} of ${moves.length} machines were not moved.`,
        detail: this.#failed.join('\n'),
      });
    this.#job.signal.throwIfAborted();
  }

  /** Takes one after another from a queue that several share. */
  async #work(queue: MigrateInput[]): Promise<void> {
    for (;;) {
      if (this.#ends || this.#job.signal.aborted) return;
      const move = queue.shift();
      if (move === undefined) return;
      await this.#move(move);
      this.#over += 1;
      this.#job.progress({ fraction: this.#over / this.#round.moves.length });
    }
  }

  async #move(move: MigrateInput): Promise<void> {
    const { fleet, jobs } = this.#services;
    const name = nameOf(this.#services, move);
    const hostName = (host: string): string => fleet.store.host(host)?.name ?? host;
    try {
      const { job: id, plan } = await this.#round.begin(move);
      await jobs.settled(id);
      const job = fleet.activity.jobs().find((one) => one.id === id);
      if (job?.state === 'interrupted') this.#ends = true;
      if (job?.state !== 'done') throw new FailureError(whyOf(job, name));
      await this.#round.moved?.(move);
      this.#job.log(
        [`${name} is on ${hostName(move.to)}`, ...staysWords(plan.stays, hostName(move.host))].join('; '),
      );
    } catch (error) {
      const { message, detail } = toFailure(error, { message: `${name} was not moved.` });
      this.#failed.push(detail === undefined || detail === message ? message : `${message} ${detail}`);
      this.#job.log(this.#failed.at(-1) ?? message);
    }
  }
}

/** With the words of libvirt, or of the layer below: where the machine is says not why. */
function whyOf(job: Job | undefined, name: string): Failure {
  const failure = job?.failure ?? null;
  if (failure === null) return { code: 'CONFLICT', message: `${name} was not moved.` };
  const detail = failure.libvirt?.message ?? failure.detail;
  return { code: 'CONFLICT', message: failure.message, ...(detail === undefined ? {} : { detail }) };
}

function nameOf({ fleet }: Services, move: MigrateInput | undefined): string {
  return move === undefined ? '' : (fleet.store.domain(move.host, move.uuid)?.name ?? move.uuid);
}
