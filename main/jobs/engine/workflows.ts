import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { pause } from '../../hosts/clock.ts';
import type { Job } from '../../contract/activity.ts';
import { FailureError, isExpected } from '../../hosts/failures.ts';
import type { HostSession } from '../../hosts/session.ts';
import type { JobContext } from '../registry.ts';
import { findJournals, Journal, journalFile, journalIds, overError, type FoundJournal } from './journal.ts';
import type { JobRecord } from './job-record.ts';
import {
  assertUnique,
  failedError,
  headOf,
  hostsToGo,
  isUnreachable,
  isUrgent,
  secretsToCome,
  cancelledWords,
  currentId,
  leftError,
} from './job-parts.ts';
import { listenerOf } from './job-listener.ts';
import { JobSecrets } from './job-secrets.ts';
import { MachineJobs, type Holder, type OpenJob } from './machine-jobs.ts';
import { OtherPrograms } from './other-programs.ts';
import { Runner } from './runner.ts';
import type { Outcome } from './runner-options.ts';
import { Starts } from './starts.ts';
import type { Hold, Plan, PlanHost } from './step.ts';
import { foundJob, StepBoard } from './step-board.ts';
import { toldOnce } from './told-once.ts';
import type { WorkflowsOptions } from './workflows-options.ts';

/** A host that answers calls with errors of its link is asked again after this time. */
const RETRY_MS = 3000;

/** How often is looked whether another program has left a job behind, or ended one that was left. */
const LOOK_MS = 5000;

interface Run {
  readonly plan: Plan;
  readonly journal: Journal;
  readonly record: JobRecord | undefined;
  readonly choice: 'goOn' | 'undo';
  /** By a person; else by what was found when its program had died. */
  readonly isAsked: boolean;
  readonly givenUp: AbortSignal;
  readonly whenFinal: WhenFinal | undefined;
}

/**
 * What this program keeps of a job as soon as there is no way back from it, before its later steps; where no step is final, when it is done. A process
 * that goes on with the job does not.
 */
export type WhenFinal = (job: Pick<JobContext, 'log'>) => Promise<void>;

/** Runs plans as jobs, and finds those again whose program died. */
export class Workflows {
  readonly #options: WorkflowsOptions;
  readonly #closing = new AbortController();
  readonly #secrets: JobSecrets;
  readonly #interrupted = new Map<string, JobRecord>();
  /** What needs no choice is begun when it is found. */
  #settles = false;
  /** Journals that were found, each told of once. */
  readonly #seen = new Set<string>();
  /** Those that could not be opened, each told of once. */
  readonly #faulty = new Set<string>();
  readonly #tryToLook: () => Promise<void>;
  readonly #others: OtherPrograms;
  readonly #machines: MachineJobs;
  readonly #starts: Starts;
  /** Jobs whose journals this program has opened to start them. */
  readonly #starting = new Set<string>();

  constructor(options: WorkflowsOptions) {
    this.#options = options;
    this.#secrets = new JobSecrets(options.secrets);
    const { dir, jobs, ended, open, hosts } = options;
    const isOwn = (id: string): boolean => jobs.has(id) || this.#starting.has(id);
    const find = (host: PlanHost): string | null => hosts.find(host);
    const told = (id: string, record: JobRecord): Job | null => this.#elsewhere(id, record);
    this.#others = new OtherPrograms({ dir, jobs, ended, open, told, isOwn, find });
    // One that is about to begin is in no list yet, and has its journal.
    this.#machines = new MachineJobs({ dir, find, isOwn: (id) => jobs.has(id) });
    this.#starts = new Starts(dir);
    this.#tryToLook = toldOnce(() => this.#look(), options.onFault);
    // Every job that waits for something listens to it.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Starts a plan that a person approved; gives the job's id.
   * @param secrets what the plan's steps ask for by name; never in the journal
   * @throws FailureError CONFLICT while another job works on one of its machines; the file system's error when there can be no journal
   */
  async start(
    plan: Plan,
    secrets: Readonly<Record<string, string>> = {},
    whenFinal?: WhenFinal,
  ): Promise<string> {
    const { kinds } = this.#options;
    assertUnique(plan);
    for (const step of plan.steps) kinds.bind(step);
    const id = randomUUID();
    this.#starting.add(id);
    try {
      const journal = await this.#starts.alone(() => this.#begin(plan, id));
      try {
        // Where they are kept a person may be asked, for whom no other start waits.
        await this.#secrets.keep(id, plan, secrets);
        this.#launch(plan, { id, journal, record: undefined, choice: 'goOn', isAsked: true, whenFinal });
      } catch (error) {
        await journal.remove();
        await this.#secrets.forget(id, plan);
        throw error;
      }
    } finally {
      this.#starting.delete(id);
    }
    return id;
  }

  async #begin(plan: Plan, id: string): Promise<Journal> {
    const { dir, clock, by, jobs } = this.#options;
    jobs.assertFree(headOf(plan));
    await this.#machines.assertFree(plan, null);
    return Journal.create(dir, id, { plan, startedAt: clock.now(), by });
  }

  /**
   * Lists the jobs whose program died, now and as long as this one lives: each waits for a person to say whether it goes on or is undone. And
   * those of other programs, which go on or have ended. What keeps it from looking now is told, and it looks again.
   */
  async recover(): Promise<void> {
    this.#settles = true;
    await this.#tryToLook();
    this.#follow().catch(this.#options.onFault);
  }

  /**
   * Lists them once, and begins none that `recover` has not: also what needs no choice waits for one. After them those that other programs
   * work on.
   */
  async left(): Promise<Job[]> {
    await this.#look();
    return [...this.#options.jobs.interrupted(), ...(await this.#others.now())];
  }

  #elsewhere(id: string, record: JobRecord): Job | null {
    const state = record.undoing === null ? 'running' : 'undoing';
    return this.#options.jobs.elsewhere(id, foundJob(record, this.#options), state);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await pause(this.#options.clock, LOOK_MS, signal);
      if (signal.aborted) return;
      await this.#tryToLook();
    }
  }

  async #look(): Promise<void> {
    const { dir } = this.#options;
    // One that was left and has another program now is left again when that dies, too.
    for (const id of this.#settles ? await this.#others.look() : []) {
      this.#interrupted.delete(id);
      this.#seen.delete(id);
    }
    for (const found of await findJournals(dir)) if (!this.#seen.has(found.id)) await this.#found(found);
    const open = await journalIds(dir);
    for (const id of this.#interrupted.keys()) if (!open.includes(id)) this.#isOver(id);
  }

  /**
   * @throws FailureError NOT_FOUND; UNSUPPORTED when it can only be undone; HOST_UNREACHABLE where it cannot go on now; CONFLICT while another
   * job of the same machine runs, or another Virtlane works on this one
   */
  resume(id: string, choice: 'goOn' | 'undo'): Promise<void> {
    return this.#resume(id, choice, true);
  }

  async #resume(id: string, choice: 'goOn' | 'undo', isAsked: boolean): Promise<void> {
    const found = this.#interrupted.get(id);
    if (found === undefined)
      throw new FailureError({ code: 'NOT_FOUND', message: 'This job does not wait for a choice.' });
    await this.#starts.alone(async () => {
      this.#options.jobs.assertFree(headOf(found.plan));
      await this.#machines.assertFree(found.plan, id);
      this.#starting.add(id);
      try {
        await this.#goOn(id, choice, isAsked);
      } finally {
        this.#starting.delete(id);
      }
    });
  }

  async #goOn(id: string, choice: 'goOn' | 'undo', isAsked: boolean): Promise<void> {
    const { journal, record } = await this.#reopen(id);
    try {
      if (choice === 'goOn' && !(await this.#hasSecrets(record)))
        throw new FailureError({
          code: 'UNSUPPORTED',
          message: `${record.plan.name}: what only a person knows (a password, keys, what its first boot is told) was not kept when the program ended. This job can only be taken back.`,
        });
      if (choice === 'goOn' && record.undoing !== null)
        throw new FailureError({
          code: 'UNSUPPORTED',
          message: `${record.plan.name}: this job can only be undone.`,
        });
      if (choice === 'goOn')
        for (const host of hostsToGo(record))
          this.#options.hosts.session(currentId(record.plan, host, this.#options.hosts));
      this.#launch(record.plan, { id, journal, record, choice, isAsked, whenFinal: undefined });
      this.#interrupted.delete(id);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** See `MachineJobs.open`. */
  open(kind: string, uuid: string): Promise<OpenJob | null> {
    return this.#machines.open(kind, uuid);
  }

  /** See `MachineJobs.holder`. */
  holder(machine: Pick<Hold, 'host' | 'uuid'>): Promise<Holder | null> {
    return this.#machines.holder(machine);
  }

  /** @throws FailureError CONFLICT while there is a `holder` of the machine */
  assertNotHeld(machine: Pick<Hold, 'host' | 'uuid' | 'name'>): Promise<void> {
    return this.#machines.assertNotHeld(machine);
  }

  /** Stops every job where it is; the journals tell the next start. */
  close(): void {
    this.#closing.abort();
  }

  async #found({ id, record, reason }: FoundJournal): Promise<void> {
    const { jobs, onFault, onUnreadable, dir } = this.#options;
    this.#seen.add(id);
    if (record === null) {
      onUnreadable({ id, file: journalFile(dir, id), reason: reason ?? '' });
      return;
    }
    this.#interrupted.set(id, record);
    // What was on its way back needs no choice, nor what cannot wait for one: it goes on when its host is there.
    if (this.#settles && (record.undoing !== null || isUrgent(record, this.#options.kinds))) {
      await this.#resume(id, 'undo', false).catch((error: unknown) => {
        // Another job of the machine runs, or another program was quicker, and may die as well; or there is no file to be had: it is looked at again.
        this.#seen.delete(id);
        const code = error instanceof FailureError ? error.failure.code : null;
        if (code === 'CONFLICT') this.#interrupted.delete(id);
        // By `NOT_FOUND` it is over, and told to be.
        if (code === 'CONFLICT' || code === 'NOT_FOUND') return;
        jobs.listInterrupted(id, foundJob(record, this.#options));
        if (!this.#faulty.has(id)) onFault(error);
        this.#faulty.add(id);
      });
      return;
    }
    // As it was when it was found: by now another program may have it.
    const onlyBack = !(await this.#hasSecrets(record));
    if (this.#interrupted.has(id)) jobs.listInterrupted(id, { ...foundJob(record, this.#options), onlyBack });
  }

  #hasSecrets(record: JobRecord): Promise<boolean> {
    return this.#secrets.has(record.id, secretsToCome(record, this.#options.kinds));
  }

  async #reopen(id: string): Promise<{ journal: Journal; record: JobRecord }> {
    try {
      return await Journal.reopen(this.#options.dir, id);
    } catch (error) {
      if (error instanceof FailureError && error.failure.code === 'NOT_FOUND') this.#isOver(id);
      throw error;
    }
  }

  #isOver(id: string): void {
    this.#interrupted.delete(id);
    this.#options.jobs.endInterrupted(id, overError().failure);
  }

  #launch(plan: Plan, { id, ...how }: Omit<Run, 'plan' | 'givenUp'> & { readonly id: string }): void {
    const givenUp = new AbortController();
    this.#options.jobs.start(
      {
        ...headOf(plan, how.record),
        cancelled: cancelledWords(plan, []),
        failed: plan.failed,
        // The engine finds out what became of every call before the job ends.
        unsure: plan.failed,
        run: (job) => this.#run({ plan, ...how, givenUp: givenUp.signal }, job),
        giveUp: () => givenUp.abort(),
      },
      id,
    );
  }

  async #run(run: Run, job: JobContext): Promise<void> {
    const { plan, journal, record, choice, givenUp, whenFinal } = run;
    const { clock, kinds, hosts, onFault } = this.#options;
    const board = new StepBoard(plan, { clock, kinds }, record);
    job.show({ steps: board.steps() });
    const closing = AbortSignal.any([this.#closing.signal, journal.lost]);
    const current = (planned: string): string => currentId(plan, planned, hosts);
    const session = (host: string): HostSession => hosts.session(current(host));
    const connected = async (host: string, signal: AbortSignal): Promise<void> => {
      // One that was taken out of the list is waited for as well: a person may add it again.
      const id = await this.#listed(plan, host, signal);
      if (id !== null) await hosts.connected(id, signal);
    };
    const runner = new Runner(
      {
        plan,
        kinds,
        journal,
        cancelled: job.signal,
        closing,
        givenUp,
        access: {
          session,
          client: (host): LibvirtClient => session(host).client,
          secret: (name) => this.#secrets.get(journal.id, name),
        },
        isAway: (host) => isUnreachable(() => session(host)),
        connected,
        startOf: async (host, signal) => hosts.startOf(current(host), signal),
        hostBack: async (host, signal) => {
          await pause(clock, RETRY_MS, signal);
          await connected(host, signal);
        },
        listener: listenerOf(plan, job, board),
        whenFinal: async () => whenFinal?.(job).catch(onFault),
      },
      record,
    );
    const outcome = choice === 'undo' ? await this.#undo(runner, run) : await runner.run();
    await this.#end(run, outcome, job);
  }

  #undo(runner: Runner, { record, isAsked }: Run): Promise<Outcome> {
    const reason = record?.undoing?.reason ?? (isAsked ? 'cancelled' : 'failed');
    const message = record?.undoing?.message ?? 'The Virtlane that did it ended in the middle of it.';
    const code = reason === 'cancelled' ? 'CANCELLED' : 'CONFLICT';
    return runner.undo(reason, new FailureError({ code, message }));
  }

  async #end({ plan, journal }: Run, outcome: Outcome, job: JobContext): Promise<void> {
    const { onFault } = this.#options;
    if (outcome.type === 'suspended') {
      await journal.close();
      job.show({ state: 'interrupted', cancellable: false });
      return;
    }
    await journal.remove();
    await this.#secrets.forget(journal.id, plan);
    if (outcome.type === 'done') return;
    job.show({ mayBeLeft: [...outcome.left] });
    if (outcome.type === 'cancelled')
      throw new FailureError({
        code: 'CANCELLED',
        message: cancelledWords(plan, outcome.left),
      });
    const told = outcome.left.length === 0 ? failedError(plan, outcome) : leftError(plan, outcome);
    // In other words nobody would see that it is a fault of ours.
    if (told !== outcome.error && !isExpected(outcome.error)) onFault(outcome.error);
    throw told;
  }

  /** Resolves with the id of a host of the plan when it is in the list; with null when the signal is aborted. */
  async #listed(plan: Plan, planned: string, signal: AbortSignal): Promise<string | null> {
    const { clock, hosts } = this.#options;
    const host = plan.hosts.find(({ id }) => id === planned);
    while (host !== undefined && !signal.aborted) {
      const id = hosts.find(host);
      if (id !== null) return id;
      await pause(clock, RETRY_MS, signal);
    }
    return null;
  }
}
