import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readRecord, type JobRecord } from '../../main/jobs/engine/job-record.ts';
import { findJournals, readLines } from '../../main/jobs/engine/journal.ts';
import type { Lab } from '../lab/lab.ts';
import type { Taken } from './migrate-fault-faults.ts';
import type { Side } from './migrate-fault-hosts.ts';
import type { Row } from './migrate-fault-rows.ts';

/** What proves that a move met its fault in its phase: taken when that has struck, before anything goes on. */
export interface Met {
  /** What its journal ends with; of a move on its way, right before. `over`: it has none. */
  readonly at: string;
  /** It is held there. Of one on its way: it is not over. */
  readonly isHeld: boolean;
  /** As the source's libvirt says it there, of one that goes on by post-copy: a guest that got no time from a busy machine changes nothing, and needs none. */
  readonly paused?: string;
  /** What was there before, with its pid, and is gone; what is there still. */
  readonly taken: readonly Thing[];
  readonly kept: readonly Thing[];
}

/** A process that a move hangs on. */
export interface Thing {
  readonly is: Taken;
  readonly pid: number;
}

/** What the rows hang on, by their names: what lives on a host, and the program that moves them. */
export async function thingsOn(
  lab: Lab,
  at: Side,
  rows: readonly Row[],
): Promise<Map<string, readonly Thing[]>> {
  const qemus = `pgrep -fa '[g]uest=' | sed -n 's/^\\([0-9]*\\) .*[g]uest=\\(f[0-9]*\\),.*/\\2 \\1/p'`;
  const script = `echo login $(pgrep -f '^sshd: root'); echo libvirtd $(pgrep -x libvirtd); ${qemus}`;
  const lines = (await lab.exec(at, 'sh', '-c', script)).trim().split('\n');
  const pids = new Map(
    lines.map((line): [string, number[]] => {
      const [of = '', ...found] = line.split(' ');
      return [of, found.map(Number)];
    }),
  );
  const things = (is: Taken, of: string = is): Thing[] => (pids.get(of) ?? []).map((pid) => ({ is, pid }));
  const common: Thing[] = [...things('libvirtd'), ...things('login'), { is: 'program', pid: process.pid }];
  return new Map(rows.map(({ name }) => [name, [...common, ...things('qemu', name)]]));
}

/** What journals end with, by the rows' names. @param folder of the journals @param jobs by the rows' names */
export async function stationsOf(
  folder: string,
  rows: readonly Row[],
  jobs: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const stations = rows.map(async ({ name }): Promise<[string, string]> => {
    const text = await readFile(path.join(folder, `${jobs.get(name) ?? ''}.jsonl`), 'utf8').catch(() => '');
    return [name, stationIn(readRecord(name, readLines(text)))];
  });
  return new Map(await Promise.all(stations));
}

/** Why the source's libvirt has stopped those that are to go on by post-copy, by their names. */
export async function pausedBy(lab: Lab, rows: readonly Row[]): Promise<Map<string, Pick<Met, 'paused'>>> {
  const found = rows
    .filter(({ way }) => way === 'postCopy')
    .map(async ({ name }): Promise<[string, Pick<Met, 'paused'>]> => {
      const told = await lab.exec(1, 'virsh', 'domstate', '--reason', name);
      return [name, { paused: told.trim() }];
    });
  return new Map(await Promise.all(found));
}

/** How a move ended, and what both hosts show then. */
export interface Outcome {
  readonly state: string;
  readonly message: string | null;
  /** What libvirt said, or a lower layer. */
  readonly detail: string | null;
  readonly mayBeLeft: readonly string[];
  readonly log: readonly string[];
  readonly met: Met;
  /** Each host's word of the machine: libvirt's state, `autostart` where it starts with its host, and how many QEMUs run it; its disk's file. */
  readonly on: Readonly<Record<Side, string>>;
}

export const NOTHING_MET: Met = { at: '', isHeld: false, taken: [], kept: [] };

/** @param before what there was @param after what there is when the fault has struck */
export function metOf(
  { at = '', isHeld }: { readonly at: string | undefined; readonly isHeld: boolean },
  before: readonly Thing[] = [],
  after: readonly Thing[] = [],
): Met {
  const isKept = ({ is, pid }: Thing): boolean => after.some((one) => one.is === is && one.pid === pid);
  return {
    at,
    isHeld,
    taken: before.filter((thing) => !isKept(thing)),
    kept: before.filter(isKept),
  };
}

/** The same of a program that is killed: by the journals that it has left. @param folder of the journals */
export async function metByKilled(
  folder: string,
  rows: readonly Row[],
  killed: {
    readonly pid: number;
    readonly signal: NodeJS.Signals | null;
    readonly isHeld: (row: Row) => boolean;
  },
): Promise<Map<string, Met>> {
  const left = await findJournals(folder);
  const program: Thing[] = [{ is: 'program', pid: killed.pid }];
  return new Map(
    rows.map((row) => {
      const found = left.find(({ record }) => record?.plan.name === row.name);
      const at = stationIn(found?.record ?? null);
      const after = killed.signal === 'SIGKILL' ? [] : program;
      return [row.name, metOf({ at, isHeld: killed.isHeld(row) }, program, after)];
    }),
  );
}

/** The step that is not done, and the phase that it has noted. */
function stationIn(record: JobRecord | null): string {
  if (record === null) return 'over';
  const open = record.plan.steps.findLast(({ id }) => record.begun.has(id));
  if (open === undefined || record.done.has(open.id) || record.undoing !== null) return 'over';
  const noted = record.noted.get(open.id) as { readonly phase?: string } | undefined;
  return noted?.phase === undefined ? open.id : `${open.id} ${noted.phase}`;
}
