import type { Job } from '../contract/activity.ts';
import { namedInShort } from '../contract/named-in-short.ts';
import { hasGone, neverGoes } from '../contract/migrate-steps.ts';
import type { MigrateInput, MigratePlan } from '../contract/migrate.ts';
import { pause } from '../hosts/clock.ts';
import type { JobContext } from '../jobs/registry.ts';
import { FailureError, toFailure } from './errors.ts';
import { staysWords } from './left-behind.ts';
import { notBegunLines, notMovedReason, roundCancelled, roundFailed, withReason } from './round-words.ts';
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
  /** Starts the move of one; gives its job, and what it does. Aborted, nothing of it is begun. */
  readonly begin: (
    move: MigrateInput,
    signal: AbortSignal,
  ) => Promise<{ job: string; plan: Pick<MigratePlan, 'stays' | 'ejected'> }>;
  /** One that was begun is where it was, for good. */
  readonly stayed?: (move: MigrateInput) => Promise<void>;
}

/** So long a host that is away is waited for, before those that were to go there are given up. */
const PATIENCE_MS = 30_000;

/**
 * Starts a round; gives the id of its job. What is taken back of one machine, and waits for a host, is for that one's own job to see to: the round goes on without it.
 * Cancelled, it begins no more, cancels those that are on their way, and ends when each of these has stopped or waits for a host.
 */
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
    cancelled: failed,
    run: (job) => new Running(services, round, job).run(),
  });
}

class Running {
  readonly #services: Services;
  readonly #round: Round;
  readonly #job: JobContext;
  readonly #moved: string[] = [];
  readonly #notMoved: string[] = [];
  readonly #notBegun: string[] = [];
  /** Names of machines by the host that is away. */
  readonly #hostAway = new Map<string, string[]>();
  /** Jobs of those that are on their way. */
  readonly #underWay = new Set<string>();
  /** Hosts that were away before one was begun, by their ids: whether they come back. One that did has no entry any more: it is waited for anew when it goes again. */
  readonly #awaited = new Map<string, Promise<boolean>>();
  /** Names of those of them that are waited for now. */
  readonly #waitsFor = new Set<string>();
  /** As the machines are called while all of them are where they were. */
  readonly #names: ReadonlyMap<string, string>;
  #over = 0;
  /** The program ends: what is on its way is found by its next start. */
  #ends = false;

  constructor(services: Services, round: Round, job: JobContext) {
    this.#services = services;
    this.#round = round;
    this.#job = job;
    this.#names = new Map(round.moves.map((move) => [move.uuid, nameOf(services, move)]));
  }

  async run(): Promise<void> {
    const { moves, atOnce, stays = [], host } = this.#round;
    if (stays.length > 0) {
      const words = `${stays.length === 1 ? 'stays' : 'stay'} on ${host.name}`;
      this.#job.log(`${namedInShort(stays)} ${words}: it is not empty`, 'remark');
      this.#job.log(`${stays.join(', ')} ${words}`);
    }
    const lanes = new Map<string, MigrateInput[]>();
    for (const move of moves) {
      const pair = `${move.host}\n${move.to}`;
      lanes.set(pair, [...(lanes.get(pair) ?? []), move]);
    }
    const workers = [...lanes.values()].flatMap((queue) =>
      Array.from({ length: Math.min(atOnce, queue.length) }, () => this.#work(queue)),
    );
    const over = new AbortController();
    const telling = this.#tell(over.signal);
    await Promise.all(workers);
    over.abort();
    await telling;
    if (this.#moved.length === moves.length) return;
    this.#notBegun.push(...[...lanes.values()].flat().map((move) => this.#nameOf(move)));
    const end = {
      all: moves.length,
      moved: this.#moved,
      notMoved: this.#notMoved,
      hostAway: this.#hostAway,
      notBegun: this.#notBegun,
    };
    for (const line of notBegunLines(end)) this.#job.log(line);
    throw new FailureError(this.#job.signal.aborted ? roundCancelled(end) : roundFailed(end));
  }

  /** Takes one after another from a queue that several share. */
  async #work(queue: MigrateInput[]): Promise<void> {
    for (;;) {
      if (this.#ends || this.#job.signal.aborted) return;
      const move = queue.shift();
      if (move === undefined) return;
      await this.#move(move);
      this.#over += 1;
    }
  }

  async #move(move: MigrateInput): Promise<void> {
    const { signal } = this.#job;
    const name = this.#nameOf(move);
    for (const host of [move.host, move.to])
      if (!(await this.#answers(host))) return this.#leave(move, signal.aborted ? null : host);
    try {
      const { job: id, plan } = await this.#round.begin(move, signal);
      const job = await this.#followed(id);
      if (job?.state === 'interrupted') this.#ends = true;
      if (job !== undefined && (job.state === 'done' || hasGone(job))) return this.#arrived(move, job, plan);
      if (job !== undefined && (job.stayed === true || (job.finishedAt !== null && neverGoes(job))))
        await this.#round.stayed?.(move);
      this.#failed(notMovedReason(job, name));
    } catch (error) {
      await this.#round.stayed?.(move);
      const why = withReason(toFailure(error, { message: `${name} was not moved.` }));
      if (!signal.aborted) return this.#failed(why);
      // A medium may be out of its drive by then, which nothing else tells.
      this.#job.log(why);
      this.#leave(move, null);
    }
  }

  #arrived(move: MigrateInput, { failure }: Job, plan: Pick<MigratePlan, 'stays' | 'ejected'>): void {
    const name = this.#nameOf(move);
    this.#moved.push(name);
    const out = (plan.ejected ?? []).map(({ target, path }) => `${path} is out of its drive ${target}`);
    const words = [...out, ...staysWords(plan.stays, this.#hostName(move.host))];
    this.#job.log([`${name} is on ${this.#hostName(move.to)}`, ...words].join('; '));
    if (failure !== null) this.#job.log(`${name}: ${failure.message}`, 'remark');
  }

  #failed(why: string): void {
    this.#notMoved.push(why);
    this.#job.log(why);
  }

  /** One is not begun. @param host that is away; null: it was cancelled */
  #leave(move: MigrateInput, host: string | null): void {
    const name = this.#nameOf(move);
    if (host === null) {
      this.#notBegun.push(name);
      return;
    }
    const hostName = this.#hostName(host);
    this.#hostAway.set(hostName, [...(this.#hostAway.get(hostName) ?? []), name]);
  }

  /** Its job as it ended, or where the round does not wait for it any more. */
  async #followed(id: string): Promise<Job | undefined> {
    const { signal } = this.#job;
    this.#underWay.add(id);
    try {
      await this.#until(id, ({ state, stayed }) => state === 'waiting' && stayed === true, signal);
      if (signal.aborted) {
        const now = this.#find(id);
        // One that waits is taken back already: to cancel it would be to leave what it made.
        if (now?.state === 'running' && now.cancellable) this.#services.jobs.cancel(id);
        await this.#until(id, isSilent);
      }
    } finally {
      this.#underWay.delete(id);
    }
    return this.#find(id);
  }

  /** Resolves when a job is over, or as it is asked for, or when it is stopped. */
  async #until(id: string, holds: (job: Job) => boolean, stop?: AbortSignal): Promise<void> {
    const { fleet, jobs } = this.#services;
    const over = new AbortController();
    const settled = jobs.settled(id).then(() => over.abort());
    const ends = stop === undefined ? over.signal : AbortSignal.any([over.signal, stop]);
    for await (const message of fleet.activity.watch(ends)) {
      if (message.type === 'event') continue;
      const job = this.#find(id);
      if (job !== undefined && holds(job)) return;
    }
    if (stop?.aborted !== true) await settled;
  }

  /** Whether there is a link to a host, or there is one again before long. */
  #answers(host: string): Promise<boolean> {
    const { store } = this.#services.fleet;
    const isAway = (): boolean => (store.host(host)?.state ?? 'connected') !== 'connected';
    if (!isAway()) {
      this.#awaited.delete(host);
      return Promise.resolve(true);
    }
    const wait = async (): Promise<boolean> => {
      const over = new AbortController();
      const signal = AbortSignal.any([over.signal, this.#job.signal]);
      const { clock, fleet } = this.#services;
      const name = this.#hostName(host);
      this.#waitsFor.add(name);
      this.#job.log(`Waiting for ${name}`);
      await Promise.race([pause(clock, PATIENCE_MS, signal), fleet.connected(host, signal)]);
      over.abort();
      this.#waitsFor.delete(name);
      if (isAway()) return false;
      this.#awaited.delete(host);
      return true;
    };
    // All that are to go there wait the same half a minute.
    const waits = this.#awaited.get(host) ?? wait();
    this.#awaited.set(host, waits);
    return waits;
  }

  /** Says for which hosts it waits and how far it is, until it is aborted. */
  async #tell(signal: AbortSignal): Promise<void> {
    const { activity } = this.#services.fleet;
    let told = '';
    for await (const message of activity.watch(signal)) {
      if (message.type === 'event') continue;
      const jobs = activity.jobs().filter(({ id }) => this.#underWay.has(id));
      const waitsFor = [...new Set([...jobs.flatMap((job) => job.waitsFor), ...this.#waitsFor])];
      const parts = jobs.reduce((sum, { progress }) => sum + (progress ?? 0), this.#over);
      const fraction = Math.floor((100 * parts) / this.#round.moves.length) / 100;
      const now = [fraction, ...waitsFor].join('\n');
      if (now === told) continue;
      told = now;
      this.#job.show({ waitsFor });
      this.#job.progress({ fraction });
    }
  }

  #find(id: string): Job | undefined {
    return this.#services.fleet.activity.jobs().find((job) => job.id === id);
  }

  #nameOf(move: MigrateInput): string {
    return this.#names.get(move.uuid) ?? move.uuid;
  }

  #hostName(id: string): string {
    return this.#services.fleet.store.host(id)?.name ?? id;
  }
}

/** What it does next is for a host to say. */
function isSilent({ state, waitsFor }: Job): boolean {
  return state === 'waiting' || state === 'settling' || waitsFor.length > 0;
}

function nameOf({ fleet }: Services, move: MigrateInput | undefined): string {
  return move === undefined ? '' : (fleet.store.domain(move.host, move.uuid)?.name ?? move.uuid);
}
