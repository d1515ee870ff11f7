import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { job as jobSchema, jobBy, type Job } from '../contract/activity.ts';
import type { Clock } from '../hosts/clock.ts';
import { isLocked, tryLock, type Lock } from '../launch/lock.mjs';
import { planHost } from './engine/journal.ts';

/** Jobs of a program, and hosts of a job. */
const MAX_JOBS = 100;
const MAX_HOSTS = 100;

const openJob = z.object({ job: jobSchema, hosts: z.array(planHost).max(MAX_HOSTS) });
const openJobs = z.object({ version: z.literal(1), by: jobBy, jobs: z.array(openJob).max(MAX_JOBS) });

/** A job as its program shows it, and its hosts as they are saved: another program may know them by other ids. */
export type OpenJob = z.infer<typeof openJob> & { readonly by: NonNullable<Job['by']> };

export interface OpenJobsOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly by: NonNullable<Job['by']>;
  /** What this program works on, but for what is no other program's business. */
  readonly own: () => z.infer<typeof openJob>[];
  readonly onFault: (error: unknown) => void;
}

/** A job that takes less is told of when it has ended, and how far one is no more often. */
const WRITE_MS = 1000;
const MAX_BYTES = 4 * 1024 * 1024;
/** Lines of its log, the last ones, and letters of each. */
const MAX_LOG = 50;
const MAX_LINE = 500;

/** Who is killed in writing may leave any of them. */
const NAME = /^([0-9a-f-]{36})\.(?:json|json\.new|lock)$/;

/**
 * What the programs of this user do now and how far that is: a file for each program, with a lock that it holds while it lives. They are for the list alone; what becomes of a job
 * its journal tells.
 */
export class OpenJobs {
  readonly #options: OpenJobsOptions;
  readonly #name = randomUUID();
  #lock: Lock | null = null;
  #written = '';
  #cancel: (() => void) | null = null;
  #writes: Promise<void> = Promise.resolve();

  constructor(options: OpenJobsOptions) {
    this.#options = options;
  }

  /** A job of this program's has begun, has come further, or has ended. */
  changed(): void {
    this.#cancel ??= this.#options.clock.setTimer(() => {
      this.#cancel = null;
      this.#writes = this.#writes.then(() => this.#write()).catch(this.#options.onFault);
    }, WRITE_MS);
  }

  /**
   * Those of other programs that live. What one that died has left is removed, and given once. What cannot be looked at, or removed, tells nothing more.
   * @param cleans false: it stays for whoever does
   */
  async others(cleans: boolean): Promise<{ open: OpenJob[]; died: OpenJob[] }> {
    const open: OpenJob[] = [];
    const died: OpenJob[] = [];
    const files = await readdir(this.#options.dir).catch(() => []);
    for (const name of new Set(files.flatMap((file) => NAME.exec(file)?.[1] ?? []))) {
      if (name === this.#name) continue;
      try {
        const isHeld = isLocked(this.#lockFile(name));
        const jobs = await this.#read(name);
        if (isHeld) open.push(...jobs);
        else if (cleans) {
          died.push(...jobs);
          for (const file of [this.#file(name), this.#freshFile(name), this.#lockFile(name)])
            await rm(file, { force: true });
        }
      } catch {
        // Another user's, or too many files are open: what becomes of jobs does not depend on it.
      }
    }
    return { open, died };
  }

  /** Resolves when nothing tells of this program any more. */
  async close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.#writes;
    await this.#end();
  }

  async #write(): Promise<void> {
    const { dir, by, own } = this.#options;
    const jobs = mostUntold(own()).map(({ job, hosts }) => ({
      job: { ...job, log: shortened(job.log) },
      hosts: hosts.slice(0, MAX_HOSTS),
    }));
    if (jobs.length === 0) return this.#end();
    const text = JSON.stringify({ version: 1, by, jobs } satisfies z.infer<typeof openJobs>);
    if (this.#lock?.isOurs() === false) {
      // This program stood still for so long that others took it for dead, and removed its file.
      this.#lock = null;
      this.#written = '';
    }
    if (text === this.#written || text.length > MAX_BYTES) return;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    this.#lock ??= await tryLock(this.#lockFile(this.#name), () => this.changed());
    // Under a name that nobody reads until it is whole.
    const fresh = this.#freshFile(this.#name);
    await writeFile(fresh, text, { mode: 0o600 });
    await rename(fresh, this.#file(this.#name));
    this.#written = text;
  }

  async #end(): Promise<void> {
    if (this.#lock === null) return;
    await rm(this.#file(this.#name), { force: true });
    this.#lock();
    this.#lock = null;
    this.#written = '';
  }

  /** What cannot be read tells nothing. */
  async #read(name: string): Promise<OpenJob[]> {
    try {
      if ((await stat(this.#file(name))).size > MAX_BYTES) return [];
      const { by, jobs } = openJobs.parse(JSON.parse(await readFile(this.#file(name), 'utf8')));
      return jobs.map((one) => ({ ...one, by }));
    } catch {
      return [];
    }
  }

  #file(name: string): string {
    return path.join(this.#options.dir, `${name}.json`);
  }

  #freshFile(name: string): string {
    return `${this.#file(name)}.new`;
  }

  #lockFile(name: string): string {
    return path.join(this.#options.dir, `${name}.lock`);
  }
}

/** As many as are read, first those of which no journal tells: they have no steps. */
function mostUntold<T extends { readonly job: Pick<Job, 'steps'> }>(jobs: readonly T[]): T[] {
  const isTold = ({ job }: T): boolean => job.steps.length > 0;
  return jobs.toSorted((a, b) => Number(isTold(a)) - Number(isTold(b))).slice(0, MAX_JOBS);
}

function shortened(log: Job['log']): Job['log'] {
  return log.slice(-MAX_LOG).map((line) => ({ ...line, text: line.text.slice(0, MAX_LINE) }));
}
