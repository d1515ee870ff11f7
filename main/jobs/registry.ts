import { setMaxListeners } from 'node:events';
import { randomUUID } from 'node:crypto';
import { LinkError } from '../../drivers/rpc/errors.ts';
import type { Failure } from '../contract/failure.ts';
import type { Job, JobMigration } from '../contract/activity.ts';
import type { Clock } from '../hosts/clock.ts';
import { FailureError, isExpected, toFailure } from '../hosts/failures.ts';
import type { ActivityLog } from './activity.ts';
import type { Hold } from './engine/step.ts';
import { SpeedSeries } from './speed-series.ts';

/** What a running job says of itself. */
export interface JobContext {
  /** Aborted when a person cancels. */
  readonly signal: AbortSignal;
  log(text: string, as?: 'remark'): void;
  progress(now: JobProgress): void;
  /** It works no more on those of the machines that it holds. */
  release(isFree: (held: Hold) => boolean): void;
  /** Other things of the job that a person sees. */
  show(
    change: Partial<
      Pick<
        Job,
        'state' | 'steps' | 'mayBeLeft' | 'waitsFor' | 'waitsWhy' | 'cancellable' | 'because' | 'stayed'
      >
    >,
  ): void;
}

export interface JobProgress {
  /** 0 to 1; null while it is not known. */
  fraction: number | null;
  bytesPerSecond?: number | null;
  secondsLeft?: number | null;
  /** What is new of a migration's figures; the others stay. */
  migration?: Partial<JobMigration>;
}

export interface JobSpec {
  /** `save`, `restore`, `delete`… */
  kind: string;
  host: { id: string; name: string };
  /** Ids of all hosts that it is about, that one first; left out: it alone. */
  hosts?: string[];
  uuid: string | null;
  name: string;
  /** Other machines that it works on. */
  holds?: readonly Hold[] | undefined;
  /** The sentence for when it was cancelled, with what is left of it; null for a job that cannot be cancelled. */
  cancelled: string | null;
  /** One sentence for when it fails: what did not happen and where. */
  failed: string;
  /** The sentence for when the host did not answer: it may have done it. */
  unsure: string;
  run: (context: JobContext) => Promise<void>;
  /** Cancelling while it waits for a host: it ends, and what may be left stays. */
  giveUp?: () => void;
}

/** Whether a call may have been done all the same: it was on its way when the link went, or its answer did not come in time. */
export function isUnsure(error: unknown): boolean {
  return error instanceof LinkError && error.code !== 'CANCELLED';
}

/** What a journal tells of a job. */
export type FoundJob = Pick<JobSpec, 'kind' | 'host' | 'hosts' | 'uuid' | 'name'> &
  Pick<Job, 'startedAt' | 'steps' | 'mayBeLeft' | 'by' | 'onlyBack'>;

interface Running {
  job: Job;
  abort: AbortController;
  giveUp: (() => void) | undefined;
  holds: readonly Hold[];
  done: Promise<void>;
}

const NO_FIGURES: JobMigration = {
  memoryTotal: 0,
  memoryLeft: 0,
  diskTotal: 0,
  diskLeft: 0,
  dirtyRate: null,
  memoryRate: null,
  iteration: 0,
  canPostCopy: false,
  expectedDowntimeMs: null,
  downtimeMs: null,
  memoryLefts: [],
  dirtyRates: [],
};

/** Lines of a job's log that are kept. */
const MAX_LOG = 500;

/** Long work: runs it, and tells of it through the activity log. A machine has one job at a time. */
export class JobRegistry {
  readonly #clock: Clock;
  readonly #activity: ActivityLog;
  readonly #onFault: (error: unknown) => void;
  readonly #onEnded: (job: Job) => void;
  readonly #onChanged: () => void;
  readonly #running = new Map<string, Running>();

  constructor(options: {
    clock: Clock;
    activity: ActivityLog;
    onFault: (error: unknown) => void;
    /** One is over, and was told so. */
    onEnded?: (job: Job) => void;
    /** One of those that run is another one, or not as it was. */
    onChanged?: () => void;
  }) {
    this.#clock = options.clock;
    this.#activity = options.activity;
    this.#onFault = options.onFault;
    this.#onEnded = options.onEnded ?? (() => undefined);
    this.#onChanged = options.onChanged ?? (() => undefined);
  }

  /**
   * Starts a job; gives its id.
   * @param id of a job that was interrupted and goes on; a new one when left out
   * @throws FailureError CONFLICT while another job of the same machine runs
   */
  start(spec: JobSpec, id: string = randomUUID()): string {
    this.assertFree(spec);
    const abort = new AbortController();
    // Many calls to a host wait on it at one time.
    setMaxListeners(0, abort.signal);
    const { giveUp, holds = [] } = spec;
    const entry = { job: this.#first(id, spec), abort, giveUp, holds, done: Promise.resolve() };
    this.#running.set(id, entry);
    this.#put(entry.job);
    entry.done = this.#run(id, spec);
    return id;
  }

  /** @throws FailureError CONFLICT while another job works on one of its machines */
  assertFree({ host, uuid, name, holds = [] }: Pick<JobSpec, 'host' | 'uuid' | 'name' | 'holds'>): void {
    const own: Omit<Hold, 'until'>[] = uuid === null ? [] : [{ host: host.id, uuid, name }];
    for (const machine of [...own, ...holds]) {
      const isIt = (other: { host: string; uuid: string | null }): boolean =>
        other.host === machine.host && other.uuid === machine.uuid;
      for (const { job, holds: others } of this.#running.values()) {
        if (isIt(job)) throw isBusy(machine.name, job);
        const held = others.find((one) => isIt(one) && !(machine.reads === true && one.reads === true));
        if (held !== undefined) throw isBusy(machine.name, job, held);
      }
    }
  }

  /** Lists a job whose program died; it does not run until somebody starts it again under the same id. */
  listInterrupted(id: string, job: FoundJob): void {
    this.#activity.putJob(this.#found(id, job, 'interrupted'));
  }

  /** A job that another program works on, as it is told here; it is not listed. Null: this one does. */
  elsewhere(id: string, job: FoundJob, state: 'running' | 'undoing'): Job | null {
    return this.#running.has(id) ? null : { ...this.#found(id, job, state), elsewhere: true };
  }

  /** Those that this program works on now. */
  running(): Job[] {
    return [...this.#running.values()].map(({ job }) => job);
  }

  /** Somebody has set a limit to the move of a machine, if this program does it. */
  limited(uuid: string): void {
    for (const { job } of this.#running.values())
      if (job.kind === 'migrate' && job.uuid === uuid) this.#changeMigration(job.id, { limited: true });
  }

  /** Whether this program works on it now. */
  has(id: string): boolean {
    return this.#running.has(id);
  }

  /** Lists a job of another program, as it is now; one that this program works on is told of by itself. */
  listElsewhere(job: Job): void {
    if (!this.#running.has(job.id)) this.#activity.putJob({ ...job, elsewhere: true });
  }

  /** One of another program that is not there any more, and nobody tells how it ended. */
  endElsewhere(id: string, failure: Failure): void {
    const job = this.#activity.jobs().find((listed) => listed.id === id);
    if (job?.elsewhere !== true || job.finishedAt !== null || this.#running.has(id)) return;
    this.#activity.putJob({ ...job, state: 'failed', failure, mayBeLeft: [], finishedAt: this.#clock.now() });
  }

  #found(
    id: string,
    { startedAt, steps, mayBeLeft, by, onlyBack, ...spec }: FoundJob,
    state: Job['state'],
  ): Job {
    return {
      ...this.#first(id, { ...spec, cancelled: null }),
      startedAt,
      steps,
      mayBeLeft,
      state,
      ...(by === undefined ? {} : { by }),
      ...(onlyBack === true ? { onlyBack } : {}),
    };
  }

  /** Those that wait for a choice. */
  interrupted(): Job[] {
    return this.#activity.jobs().filter(({ state }) => state === 'interrupted');
  }

  /** An interrupted job that does not wait for a choice any more: another program saw to it. */
  endInterrupted(id: string, failure: Failure): void {
    const job = this.#activity.jobs().find((listed) => listed.id === id);
    if (job?.state !== 'interrupted') return;
    this.#activity.putJob({ ...job, state: 'failed', failure, mayBeLeft: [], finishedAt: this.#clock.now() });
  }

  /** @throws FailureError NOT_FOUND, or CONFLICT when it cannot be cancelled */
  cancel(id: string): void {
    const entry = this.#running.get(id);
    if (entry === undefined)
      throw new FailureError({ code: 'NOT_FOUND', message: 'This job does not run any more.' });
    if (!entry.job.cancellable)
      throw new FailureError({
        code: 'CONFLICT',
        message: `${entry.job.name}: this job cannot be cancelled.`,
      });
    if (entry.job.state === 'waiting') {
      entry.giveUp?.();
      return;
    }
    this.#change(id, { cancelling: true, log: this.#logged(entry.job, 'Cancelling') });
    entry.abort.abort();
  }

  /** Resolves when the job is over; for tests and the end of the program. */
  async settled(id: string): Promise<void> {
    await this.#running.get(id)?.done;
  }

  /** Resolves when no job runs. */
  async idle(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async #run(id: string, spec: JobSpec): Promise<void> {
    // What `start` returns is known to the caller before anything of the job is told.
    await Promise.resolve();
    const signal = this.#running.get(id)?.abort.signal ?? AbortSignal.abort();
    const series = new SpeedSeries();
    try {
      await spec.run({
        signal,
        log: (text, as) => this.#log(id, text, as),
        progress: ({ fraction, bytesPerSecond = null, secondsLeft = null, migration }) => {
          if (bytesPerSecond !== null) series.add(this.#clock.now(), bytesPerSecond);
          const speeds = [...series.values()];
          this.#change(id, { progress: fraction, bytesPerSecond, speeds, secondsLeft });
          if (migration !== undefined) this.#changeMigration(id, migration);
        },
        release: (isFree) => {
          const entry = this.#running.get(id);
          if (entry !== undefined) entry.holds = entry.holds.filter((held) => !isFree(held));
        },
        show: (change) => this.#change(id, change),
      });
      if (this.#running.get(id)?.job.state !== 'interrupted') this.#end(id, 'done', null);
    } catch (error) {
      if (!isExpected(error)) this.#onFault(error);
      const failure = failureOf(error, spec);
      this.#end(id, failure.code === 'CANCELLED' ? 'cancelled' : 'failed', failure);
    } finally {
      this.#running.delete(id);
    }
  }

  #first(id: string, spec: Pick<JobSpec, 'kind' | 'host' | 'hosts' | 'uuid' | 'name' | 'cancelled'>): Job {
    return {
      id,
      kind: spec.kind,
      host: spec.host.id,
      ...(spec.hosts === undefined ? {} : { hosts: spec.hosts }),
      uuid: spec.uuid,
      name: spec.name,
      state: 'running',
      steps: [],
      mayBeLeft: [],
      waitsFor: [],
      progress: null,
      bytesPerSecond: null,
      speeds: [],
      secondsLeft: null,
      startedAt: this.#clock.now(),
      finishedAt: null,
      cancellable: spec.cancelled !== null,
      log: [],
      failure: null,
    };
  }

  #end(id: string, state: Job['state'], failure: Failure | null): void {
    const progress = state === 'done' ? { progress: 1 } : {};
    const rest = { bytesPerSecond: null, secondsLeft: null, cancellable: false, waitsFor: [] };
    this.#change(id, { state, failure, finishedAt: this.#clock.now(), ...progress, ...rest });
    const over = this.#running.get(id)?.job;
    if (over !== undefined) this.#onEnded(over);
  }

  #log(id: string, text: string, as?: 'remark'): void {
    const entry = this.#running.get(id);
    if (entry !== undefined) this.#change(id, { log: this.#logged(entry.job, text, as) });
  }

  #logged(job: Job, text: string, as?: 'remark'): Job['log'] {
    const line = { time: this.#clock.now(), text, ...(as === 'remark' ? { remark: true as const } : {}) };
    return [...job.log, line].slice(-MAX_LOG);
  }

  #changeMigration(id: string, change: Partial<JobMigration>): void {
    const before = this.#running.get(id)?.job.migration ?? NO_FIGURES;
    this.#change(id, { migration: { ...before, ...change } });
  }

  #change(id: string, change: Partial<Job>): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    entry.job = { ...entry.job, ...change };
    this.#put(entry.job);
  }

  #put(job: Job): void {
    this.#activity.putJob(job);
    this.#onChanged();
  }
}

/** Why a machine has no second job: which one it has, or is in the middle of. @param holds it is held by that job */
export function isBusy(
  machine: string,
  { kind, name }: Pick<Job, 'kind' | 'name'>,
  holds?: Hold,
): FailureError {
  if (holds?.reads === true)
    return new FailureError({ code: 'CONFLICT', message: copiedWords(machine, name, 'has no other job') });
  const job = name === machine ? kind : `${kind} of ${machine} to ${name}`;
  return new FailureError({
    code: 'CONFLICT',
    message: `${machine} has a job that is not done yet (${job}).`,
  });
}

/** @param to what is made of the machine. @param isNot “is not started”: until it is read */
export function copiedWords(machine: string, to: string, isNot: string): string {
  return `${machine} is being copied to ${to} and ${isNot} meanwhile: wait for the end of that job, or cancel it (undo it, where its Virtlane has ended).`;
}

function failureOf(error: unknown, { host, failed, unsure, cancelled }: JobSpec): Failure {
  const failure = toFailure(error, { message: isUnsure(error) ? unsure : failed, host });
  const hasOwnWords = error instanceof FailureError;
  return failure.code === 'CANCELLED' && cancelled !== null && !hasOwnWords
    ? { ...failure, message: cancelled }
    : failure;
}
