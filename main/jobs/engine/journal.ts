import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { jobBy } from '../../contract/activity.ts';
import { FailureError } from '../../hosts/failures.ts';
import { isLocked, tryLock, type Lock } from '../../launch/lock.mjs';
import { readRecord, type JobRecord } from './job-record.ts';
import type { Plan } from './step.ts';

const json: z.ZodType<Plan['steps'][number]['params']> = z.json();

export const planHost = z.object({ id: z.string(), name: z.string(), uri: z.string() });
const hold = z.object({
  host: z.string(),
  uuid: z.string(),
  name: z.string(),
  until: z.string(),
  reads: z.literal(true).optional(),
});
/** Older versions kept one alone. */
const holds = z.preprocess(
  (kept) => (kept === undefined || Array.isArray(kept) ? kept : [kept]),
  z.array(hold).optional(),
);
const planSchema: z.ZodType<Plan> = z.object({
  kind: z.string(),
  name: z.string(),
  uuid: z.string().nullable(),
  hosts: z.tuple([planHost], planHost),
  steps: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      host: z.string(),
      title: z.string(),
      params: json,
      weight: z.number().optional(),
      final: z.boolean().optional(),
      optional: z.boolean().optional(),
      ifRefused: z.string().optional(),
    }),
  ),
  secrets: z.array(z.string()),
  holds,
  failed: z.string(),
  cancelled: z.string().optional(),
  stayed: z.string().optional(),
  waits: z.literal(true).optional(),
});

/** One line of a journal. `begin` is on the disk before the host is asked, `done` after it answered. */
const entry = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('plan'),
    version: z.literal(1),
    startedAt: z.number(),
    plan: planSchema,
    /** What began it; left out by older versions. */
    by: jobBy.optional(),
  }),
  /** The line before may be cut: its program died, or the disk had no room for all of it. */
  z.object({ type: z.literal('again') }),
  /** By which start of a host the job works (host-starts.ts). */
  z.object({ type: z.literal('start'), host: z.string(), start: z.string() }),
  z.object({ type: z.literal('begin'), step: z.string() }),
  /** What the step keeps for its undo while it runs. */
  z.object({ type: z.literal('note'), step: z.string(), value: json }),
  z.object({ type: z.literal('done'), step: z.string(), result: json }),
  /** From here on the job goes backwards, and never forwards again. */
  z.object({ type: z.literal('undo'), reason: z.enum(['failed', 'cancelled']), message: z.string() }),
  z.object({ type: z.literal('undone'), step: z.string() }),
  /** It cannot be taken back: `what` stays. */
  z.object({ type: z.literal('left'), step: z.string(), what: z.string() }),
]);
export type JournalEntry = z.infer<typeof entry>;

/** A file is bounded: a plan of many machines is a few hundred KiB. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The journal of one job: JSON lines, appended and synced one by one, so that after a crash it says what was begun and what was done. A
 * line that is cut is not there: what it would have said did not happen yet. A lock beside it says that a living program works on the
 * job; several may share the folder.
 */
export class Journal {
  readonly id: string;
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #lock: Lock;
  readonly #lost: AbortController;
  #writes: Promise<void> = Promise.resolve();
  /** The end of the file is not the end of a line. */
  #torn: boolean;

  private constructor(id: string, file: string, handle: FileHandle, { lock, lost }: Held, torn: boolean) {
    this.id = id;
    this.#file = file;
    this.#handle = handle;
    this.#lock = lock;
    this.#lost = lost;
    this.#torn = torn;
  }

  /** Aborted when another program has taken the job over, since this one stood still for too long: see lock.mjs. It must leave the job to that. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @throws the file system's error; nothing of the job may be begun then */
  static async create(
    dir: string,
    id: string,
    { plan, startedAt, by }: Pick<JobRecord, 'plan' | 'startedAt' | 'by'>,
  ): Promise<Journal> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const file = journalFile(dir, id);
    const held = await lockOf(dir, id);
    // Under a name that nobody reads until its first line is whole.
    const fresh = `${file}.new`;
    try {
      const handle = await open(fresh, 'ax', 0o600);
      const journal = new Journal(id, file, handle, held, false);
      try {
        await journal.append({ type: 'plan', version: 1, startedAt, plan, by });
        await rename(fresh, file);
      } catch (error) {
        await handle.close();
        throw error;
      }
      return journal;
    } catch (error) {
      await rm(fresh, { force: true });
      held.lock();
      throw error;
    }
  }

  /**
   * Takes over the journal of a program that died, and reads what it says now: another program may have taken it over, and gone on with
   * the job, since it was found.
   * @throws FailureError CONFLICT while another program works on the job; NOT_FOUND when the job is over
   */
  static async reopen(dir: string, id: string): Promise<{ journal: Journal; record: JobRecord }> {
    const file = journalFile(dir, id);
    const held = await lockOf(dir, id);
    try {
      const handle = await open(file, constants.O_RDWR | constants.O_APPEND);
      try {
        const record = readRecord(id, await readEntries(handle));
        if (record === null) throw new Error('the journal has no plan');
        return { journal: new Journal(id, file, handle, held, true), record };
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      held.lock();
      if (isMissing(error)) throw overError();
      throw error;
    }
  }

  /** Resolves when the entry is on the disk. @throws FailureError CONFLICT when it cannot be written: no room, no permission; or when it is `lost` */
  append(line: JournalEntry): Promise<void> {
    const written = this.#writes.then(() =>
      this.#write(line).catch((error: unknown) => {
        if (error instanceof FailureError) throw error;
        throw new FailureError({
          code: 'CONFLICT',
          message: `The job’s journal cannot be written (${error instanceof Error ? error.message : String(error)}).`,
        });
      }),
    );
    this.#writes = written.catch(() => undefined);
    return written;
  }

  async #write(line: JournalEntry): Promise<void> {
    if (!this.#lock.isOurs()) {
      this.#lost.abort(takenOver());
      throw takenOver();
    }
    const again = this.#torn ? `\n${JSON.stringify({ type: 'again' } satisfies JournalEntry)}\n` : '';
    this.#torn = true;
    await this.#handle.appendFile(`${again}${JSON.stringify(line)}\n`);
    await this.#handle.datasync();
    this.#torn = false;
  }

  /** Closes the file; it stays for the next start. */
  async close(): Promise<void> {
    await this.#writes;
    await this.#handle.close();
    this.#lock();
  }

  /** The job is over and has left nothing: nobody needs its journal any more. */
  async remove(): Promise<void> {
    await this.#writes;
    await this.#handle.close();
    if (this.#lock.isOurs()) await rm(this.#file, { force: true });
    this.#lock();
  }
}

export function journalFile(dir: string, id: string): string {
  return path.join(dir, `${id}.jsonl`);
}

function lockFileOf(dir: string, id: string): string {
  return path.join(dir, `${id}.lock`);
}

interface Held {
  readonly lock: Lock;
  readonly lost: AbortController;
}

async function lockOf(dir: string, id: string): Promise<Held> {
  const lost = new AbortController();
  const lock = await tryLock(lockFileOf(dir, id), () => lost.abort(takenOver()));
  if (lock !== null) return { lock, lost };
  throw new FailureError({ code: 'CONFLICT', message: 'Another Virtlane works on this job.' });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function takenOver(): FailureError {
  return new FailureError({
    code: 'CONFLICT',
    message: 'Another Virtlane has taken this job over, as this one stood still for more than half a minute.',
  });
}

/** The journal has gone. */
export function overError(): FailureError {
  return new FailureError({ code: 'NOT_FOUND', message: 'This job is over: another Virtlane ended it.' });
}

/** What a job is about. */
export type PlanHead = Pick<Plan, 'kind' | 'name' | 'uuid' | 'hosts' | 'holds'>;
const planHead: z.ZodType<{ plan: PlanHead }> = z.object({
  plan: z.object({
    kind: z.string(),
    name: z.string(),
    uuid: z.string().nullable(),
    hosts: z.tuple([planHost], planHost),
    holds,
  }),
});

export interface FoundJournal {
  readonly id: string;
  /** Null: it could not be read, for `reason`. */
  readonly record: JobRecord | null;
  /** Of one that could not be read, where its first line tells it. */
  readonly head: PlanHead | null;
  readonly reason: string | null;
  /** A living program works on it. */
  readonly isHeld: boolean;
}

/** The ids of all jobs that are not over, whoever works on them. */
export async function journalIds(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.flatMap((name) => /^([0-9a-f-]{36})\.jsonl$/.exec(name)?.[1] ?? []);
}

/**
 * Journals whose programs are not there any more; `held`: those that a living program works on; `all`: both.
 * @param isKnown those whose ids are are not read
 */
export async function findJournals(
  dir: string,
  which: 'left' | 'held' | 'all' = 'left',
  isKnown: (id: string) => boolean = () => false,
): Promise<FoundJournal[]> {
  const found: FoundJournal[] = [];
  for (const id of await journalIds(dir)) {
    if (isKnown(id)) continue;
    const isHeld = isLocked(lockFileOf(dir, id));
    if (which !== 'all' && isHeld !== (which === 'held')) continue;
    try {
      found.push({ id, record: await recordOf(dir, id), head: null, reason: null, isHeld });
    } catch (error) {
      // It was ended by another program in this moment.
      if (isMissing(error)) continue;
      const reason = error instanceof Error ? error.message : String(error);
      found.push({ id, record: null, head: await headIn(dir, id), reason, isHeld });
    }
  }
  return found.toSorted((a, b) => (a.record?.startedAt ?? 0) - (b.record?.startedAt ?? 0));
}

async function recordOf(dir: string, id: string): Promise<JobRecord> {
  const handle = await open(journalFile(dir, id), 'r');
  try {
    const record = readRecord(id, await readEntries(handle));
    if (record === null) throw new Error('the journal has no plan');
    return record;
  } finally {
    await handle.close();
  }
}

/** What the first line says, whichever version wrote the rest; null: it does not tell. */
async function headIn(dir: string, id: string): Promise<PlanHead | null> {
  try {
    const handle = await open(journalFile(dir, id), 'r');
    try {
      if ((await handle.stat()).size > MAX_BYTES) return null;
      const [first = ''] = (await handle.readFile('utf8')).split('\n', 1);
      return planHead.safeParse(parsed(first)).data?.plan ?? null;
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
}

async function readEntries(handle: FileHandle): Promise<JournalEntry[]> {
  const { size } = await handle.stat();
  if (size > MAX_BYTES) throw new Error(`the journal is larger than ${MAX_BYTES} bytes`);
  return readLines(await handle.readFile('utf8'));
}

/** @throws for a line that is neither whole nor cut */
export function readLines(text: string): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let cut = false;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const value = parsed(line);
    if (value === undefined) {
      cut = true;
      continue;
    }
    const next = entry.parse(value);
    if (cut && next.type !== 'again') throw new Error('a line in the middle of the journal is damaged');
    cut = false;
    entries.push(next);
  }
  return entries;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
