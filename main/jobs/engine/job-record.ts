import type { Job } from '../../contract/activity.ts';
import type { JournalEntry } from './journal.ts';
import type { Plan } from './step.ts';

/** What a journal says of its job. */
export interface JobRecord {
  readonly id: string;
  readonly plan: Plan;
  readonly startedAt: number;
  readonly by?: Job['by'];
  readonly begun: ReadonlySet<string>;
  /** The last note of each step. */
  readonly noted: ReadonlyMap<string, Plan['steps'][number]['params']>;
  readonly done: ReadonlyMap<string, Plan['steps'][number]['params']>;
  readonly undoing: { readonly reason: 'failed' | 'cancelled'; readonly message: string } | null;
  readonly undone: ReadonlySet<string>;
  readonly left: readonly string[];
  /** By which start of each host it works, where that is known. */
  readonly starts: ReadonlyMap<string, string>;
}

/** Folds the entries; null when there is no plan among them. */
export function readRecord(id: string, entries: readonly JournalEntry[]): JobRecord | null {
  const [first] = entries;
  if (first?.type !== 'plan') return null;
  const begun = new Set<string>();
  const noted = new Map<string, Plan['steps'][number]['params']>();
  const done = new Map<string, Plan['steps'][number]['params']>();
  const undone = new Set<string>();
  const starts = new Map<string, string>();
  const left: string[] = [];
  let undoing: JobRecord['undoing'] = null;
  for (const line of entries) {
    if (line.type === 'start') starts.set(line.host, line.start);
    if (line.type === 'begin') {
      begun.add(line.step);
      // It had done nothing before, and is begun anew.
      undone.delete(line.step);
      noted.delete(line.step);
    }
    if (line.type === 'note') noted.set(line.step, line.value);
    if (line.type === 'done') done.set(line.step, line.result);
    if (line.type === 'undo') undoing ??= { reason: line.reason, message: line.message };
    if (line.type === 'undone') undone.add(line.step);
    if (line.type === 'left') {
      undone.add(line.step);
      left.push(line.what);
    }
  }
  const { plan, startedAt, by } = first;
  return { id, plan, startedAt, by, begun, noted, done, undoing, undone, left, starts };
}
