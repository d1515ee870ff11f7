import { randomUUID } from 'node:crypto';
import type { ActivityEvent, ActivityMessage, Job } from '../contract/activity.ts';
import type { Clock } from '../hosts/clock.ts';
import { ChangeLog } from '../inventory/change-log.ts';

const MAX_EVENTS = 500;
const MAX_JOBS = 100;
const LOG_BOUND = 1000;
/** A job in any other state is still to be seen to an end. */
const OVER: ReadonlySet<Job['state']> = new Set(['done', 'failed', 'cancelled']);
/** A job's progress is told at most this often. */
const PROGRESS_MS = 250;

/** What happened on hosts, and jobs that run or have run: the drawer of the window. */
export class ActivityLog {
  readonly #clock: Clock;
  readonly #events: ActivityEvent[] = [];
  readonly #jobs = new Map<string, Job>();
  readonly #log: ChangeLog<ActivityMessage>;
  readonly #changedJobs = new Set<string>();
  #cancelTick: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#log = new ChangeLog(clock.now(), LOG_BOUND);
  }

  add(event: Omit<ActivityEvent, 'id' | 'time'>): void {
    const full = { ...event, id: randomUUID(), time: this.#clock.now() };
    this.#events.push(full);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
    this.#log.append({ type: 'event', event: full });
  }

  /** Newest last. */
  events(): ActivityEvent[] {
    return [...this.#events];
  }

  jobs(): Job[] {
    return [...this.#jobs.values()];
  }

  /** A new or changed job. A change of its state is told at once, progress at a pace. */
  putJob(job: Job): void {
    const before = this.#jobs.get(job.id);
    this.#jobs.set(job.id, job);
    this.#forgetOldJobs();
    if (before?.state !== job.state) {
      this.#changedJobs.delete(job.id);
      this.#log.append({ type: 'job', job });
      return;
    }
    this.#changedJobs.add(job.id);
    this.#cancelTick ??= this.#clock.setTimer(() => {
      this.#cancelTick = null;
      this.#tellProgress();
    }, PROGRESS_MS);
  }

  /** First everything, then what is added or changes. A reader that lags far behind gets everything again. */
  async *watch(signal: AbortSignal): AsyncGenerator<ActivityMessage, void, void> {
    let seq = -1;
    while (!signal.aborted) {
      const missed = this.#log.since(seq);
      if (missed === null) {
        seq = this.#log.seq;
        yield { type: 'snapshot', jobs: this.jobs(), events: this.events() };
        continue;
      }
      for (const message of missed) {
        seq = message.seq;
        yield message.item;
        if (signal.aborted) return;
      }
      await this.#log.changedSince(seq, signal);
    }
  }

  dispose(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
  }

  #tellProgress(): void {
    const changed = [...this.#changedJobs];
    this.#changedJobs.clear();
    for (const id of changed) {
      const job = this.#jobs.get(id);
      if (job !== undefined) this.#log.append({ type: 'job', job });
    }
  }

  #forgetOldJobs(): void {
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size <= MAX_JOBS) return;
      if (OVER.has(job.state)) this.#jobs.delete(id);
    }
  }
}
