import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { job as jobSchema, jobBy } from '../contract/activity.ts';
import type { Clock } from '../hosts/clock.ts';
import { planHost } from './engine/journal.ts';

const ended = z.object({
  version: z.literal(1),
  by: jobBy,
  job: jobSchema,
  hosts: z.array(planHost).max(100),
});

/** A job that has ended, by what, and its hosts as they are saved: another program may know them by other ids. */
export type EndedJob = Omit<z.infer<typeof ended>, 'version'>;

/** So many are kept, and for so long. */
const MOST = 50;
const MAX_AGE_MS = 24 * 60 * 60 * 1000;
const MAX_BYTES = 1024 * 1024;
/** Lines of its log, the last ones, and letters of each. */
const MAX_LOG = 100;
const MAX_LINE = 2000;

const NAME = /^(\d{13})-([0-9a-f-]{36})\.json$/;

/**
 * Jobs that have ended, in a file each, by whichever program of this user that shares the folder: so that a window tells of those of a command. They are for the
 * list alone, and who keeps one more removes what is too old or too many.
 */
export class EndedJobs {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #onFault: (error: unknown) => void;
  /** Names of files that are this program's own, or were told. */
  readonly #seen = new Set<string>();
  #writes: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly dir: string;
    readonly clock: Clock;
    readonly onFault: (error: unknown) => void;
  }) {
    this.#dir = options.dir;
    this.#clock = options.clock;
    this.#onFault = options.onFault;
  }

  /** This program has ended one. */
  add({ by, job, hosts }: EndedJob): void {
    const log = job.log.slice(-MAX_LOG).map((line) => ({ ...line, text: line.text.slice(0, MAX_LINE) }));
    const name = `${String(job.finishedAt ?? this.#clock.now()).padStart(13, '0')}-${job.id}.json`;
    this.#seen.add(name);
    const text = JSON.stringify({ version: 1, by, job: { ...job, log }, hosts });
    if (text.length > MAX_BYTES) return;
    this.#writes = this.#writes.then(() => this.#write(name, text)).catch(this.#onFault);
  }

  /** Those that other programs have ended, oldest first, each once. What cannot be read is left out. */
  async news(): Promise<EndedJob[]> {
    const found: EndedJob[] = [];
    for (const name of this.#seen) if (this.#isOld(name)) this.#seen.delete(name);
    const isNew = (name: string): boolean => !this.#seen.has(name) && !this.#isOld(name);
    for (const name of (await this.#names()).filter(isNew).slice(-MOST)) {
      this.#seen.add(name);
      const read = await readEnded(path.join(this.#dir, name)).catch(() => null);
      if (read !== null) found.push(read);
    }
    return found;
  }

  /** Resolves when what was added is written. */
  async close(): Promise<void> {
    await this.#writes;
  }

  async #write(name: string, text: string): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const file = path.join(this.#dir, name);
    // Under a name that nobody reads until it is whole.
    await writeFile(`${file}.new`, text, { mode: 0o600 });
    await rename(`${file}.new`, file);
    const names = await this.#names();
    const gone = names.filter((one, index) => index < names.length - MOST || this.#isOld(one));
    await Promise.all(gone.map((one) => rm(path.join(this.#dir, one), { force: true })));
  }

  #isOld(name: string): boolean {
    return Number(name.slice(0, 13)) < this.#clock.now() - MAX_AGE_MS;
  }

  /** Oldest first. */
  async #names(): Promise<string[]> {
    const names = await readdir(this.#dir).catch(() => []);
    return names.filter((name) => NAME.test(name)).toSorted();
  }
}

async function readEnded(file: string): Promise<EndedJob | null> {
  if ((await stat(file)).size > MAX_BYTES) return null;
  const handle = await open(file, 'r');
  try {
    const { success, data } = ended.safeParse(JSON.parse(await handle.readFile('utf8')));
    return success ? data : null;
  } finally {
    await handle.close();
  }
}
