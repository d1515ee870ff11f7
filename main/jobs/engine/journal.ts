import { mkdir, open, readdir, rm, utimes, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Plan } from './step.ts';

const json: z.ZodType<Plan['steps'][number]['params']> = z.json();

const planHost = z.object({ id: z.string(), name: z.string(), uri: z.string() });
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
      optional: z.boolean().optional(),
    }),
  ),
  secrets: z.array(z.string()),
  failed: z.string(),
});

/** One line of a journal. `begin` is on the disk before the host is asked, `done` after it answered. */
const entry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('plan'), version: z.literal(1), startedAt: z.number(), plan: planSchema }),
  z.object({ type: z.literal('owner'), pid: z.number().int() }),
  z.object({ type: z.literal('begin'), step: z.string() }),
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
/** A running job says that often that it is alive. */
export const HEARTBEAT_MS = 10_000;
/** After this long without a word its program has died, even if another one has its process id now. */
const SILENT_MS = 60_000;

/**
 * The journal of one job: JSON lines, appended and synced one by one, so that after a crash it says what was begun and what was done. A last line
 * that is cut is not there: what it would have said did not happen yet.
 */
export class Journal {
  readonly id: string;
  readonly #file: string;
  readonly #handle: FileHandle;
  #writes: Promise<void> = Promise.resolve();

  private constructor(id: string, file: string, handle: FileHandle) {
    this.id = id;
    this.#file = file;
    this.#handle = handle;
  }

  /** @throws the file system's error; nothing of the job may be begun then */
  static async create(dir: string, id: string, plan: Plan, startedAt: number): Promise<Journal> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const file = path.join(dir, `${id}.jsonl`);
    const journal = new Journal(id, file, await open(file, 'ax', 0o600));
    await journal.append({ type: 'plan', version: 1, startedAt, plan });
    await journal.append({ type: 'owner', pid: process.pid });
    return journal;
  }

  /** Takes over the journal of a program that died. */
  static async reopen(dir: string, id: string): Promise<Journal> {
    const file = path.join(dir, `${id}.jsonl`);
    const journal = new Journal(id, file, await open(file, 'a', 0o600));
    // The line that was cut by the end of its program must not swallow the next one.
    await journal.#handle.appendFile('\n');
    await journal.append({ type: 'owner', pid: process.pid });
    return journal;
  }

  /** Resolves when the entry is on the disk. */
  append(line: JournalEntry): Promise<void> {
    const written = this.#writes.then(async () => {
      await this.#handle.appendFile(`${JSON.stringify(line)}\n`);
      await this.#handle.datasync();
    });
    this.#writes = written.catch(() => undefined);
    return written;
  }

  async beat(now: number): Promise<void> {
    await utimes(this.#file, now / 1000, now / 1000);
  }

  /** Closes the file; it stays for the next start. */
  async close(): Promise<void> {
    await this.#writes;
    await this.#handle.close();
  }

  /** The job is over and has left nothing: nobody needs its journal any more. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.#file, { force: true });
  }
}

/** What a journal says of its job. */
export interface JobRecord {
  readonly id: string;
  readonly plan: Plan;
  readonly startedAt: number;
  readonly begun: ReadonlySet<string>;
  readonly done: ReadonlyMap<string, Plan['steps'][number]['params']>;
  readonly undoing: { readonly reason: 'failed' | 'cancelled'; readonly message: string } | null;
  readonly undone: ReadonlySet<string>;
  readonly left: readonly string[];
}

export interface FoundJournal {
  readonly id: string;
  /** Null: it could not be read, for `reason`. */
  readonly record: JobRecord | null;
  readonly reason: string | null;
}

/**
 * Journals whose programs are not there any more.
 * @param now milliseconds since the epoch
 */
export async function findJournals(dir: string, now: number): Promise<FoundJournal[]> {
  const names = await readdir(dir).catch(() => []);
  const found: FoundJournal[] = [];
  for (const name of names) {
    if (!/^[0-9a-f-]{36}\.jsonl$/.test(name)) continue;
    const id = name.slice(0, -'.jsonl'.length);
    try {
      const { entries, touched } = await readEntries(path.join(dir, name));
      if (isAlive(entries, now - touched)) continue;
      const record = readRecord(id, entries);
      // A program that died before its first line was whole had not begun anything.
      if (record === null) await rm(path.join(dir, name), { force: true });
      else found.push({ id, record, reason: null });
    } catch (error) {
      found.push({ id, record: null, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return found.toSorted((a, b) => (a.record?.startedAt ?? 0) - (b.record?.startedAt ?? 0));
}

/** Folds the entries; null when there is no plan among them. */
export function readRecord(id: string, entries: readonly JournalEntry[]): JobRecord | null {
  const [first] = entries;
  if (first?.type !== 'plan') return null;
  const begun = new Set<string>();
  const done = new Map<string, Plan['steps'][number]['params']>();
  const undone = new Set<string>();
  const left: string[] = [];
  let undoing: JobRecord['undoing'] = null;
  for (const line of entries) {
    if (line.type === 'begin') begun.add(line.step);
    if (line.type === 'done') done.set(line.step, line.result);
    if (line.type === 'undo') undoing ??= { reason: line.reason, message: line.message };
    if (line.type === 'undone') undone.add(line.step);
    if (line.type === 'left') {
      undone.add(line.step);
      left.push(line.what);
    }
  }
  return { id, plan: first.plan, startedAt: first.startedAt, begun, done, undoing, undone, left };
}

async function readEntries(file: string): Promise<{ entries: JournalEntry[]; touched: number }> {
  const handle = await open(file, 'r');
  try {
    const { size, mtimeMs } = await handle.stat();
    if (size > MAX_BYTES) throw new Error(`the journal is larger than ${MAX_BYTES} bytes`);
    const text = await handle.readFile('utf8');
    return { entries: readLines(text), touched: mtimeMs };
  } finally {
    await handle.close();
  }
}

/** @throws for a line that is neither whole nor the last that its program wrote */
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
    if (cut && next.type !== 'owner') throw new Error('a line in the middle of the journal is damaged');
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

/** Whether the program that wrote last still works on the job. */
function isAlive(entries: readonly JournalEntry[], silentMs: number): boolean {
  const owner = entries.findLast((line) => line.type === 'owner');
  if (owner === undefined || owner.pid === process.pid || silentMs > SILENT_MS) return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
