import { enterWork } from './call-watch.ts';
import { Journal, type JournalEntry } from '../../main/jobs/engine/journal.ts';

/**
 * `begun`: it is in the journal, and the host is not asked yet; `answered`: the host has done it, and the journal does not know. `noting` and
 * `noted`: before, and after, what the step notes holds the word `note`.
 */
export type JobPoint =
  | { readonly moment: 'begun' | 'answered'; readonly step: string }
  | { readonly moment: 'noting' | 'noted'; readonly step: string; readonly note: string };

/** Holds the jobs of this process, each at a point of its own, until all of them are let go. */
export class JobGate {
  readonly #points: ReadonlyMap<string, JobPoint>;
  readonly #names = new WeakMap<Journal, string>();
  readonly #held = new Set<string>();
  readonly #open: Promise<void>;
  #letGo: () => void = () => undefined;
  readonly #restore: () => void;

  /** @param points by the names of the jobs' things, which are unique */
  constructor(points: ReadonlyMap<string, JobPoint>) {
    this.#points = points;
    this.#open = new Promise((resolve) => (this.#letGo = resolve));
    // eslint-disable-next-line typescript/unbound-method -- it is called on its journal
    const append = Journal.prototype.append;
    const pass = this.#pass.bind(this);
    const workOf = this.#workOf.bind(this);
    Journal.prototype.append = function (this: Journal, entry: JournalEntry): Promise<void> {
      const name = workOf(this, entry);
      if (name !== null) enterWork(name);
      return pass(this, entry, () => append.call(this, entry));
    };
    this.#restore = () => (Journal.prototype.append = append);
  }

  holds(name: string): boolean {
    return this.#held.has(name);
  }

  letGo(): void {
    this.#restore();
    this.#letGo();
  }

  /** Whose step is begun here, as the work that comes then; null: none that is held. */
  #workOf(journal: Journal, entry: JournalEntry): string | null {
    const name = this.#names.get(journal) ?? '';
    return entry.type === 'begin' && this.#points.get(name)?.step === entry.step ? name : null;
  }

  async #pass(journal: Journal, entry: JournalEntry, write: () => Promise<void>): Promise<void> {
    if (entry.type === 'plan') this.#names.set(journal, entry.plan.name);
    const name = this.#names.get(journal) ?? '';
    const point = this.#points.get(name);
    const side = point === undefined ? null : sideOf(entry, point);
    if (side === 'before') await this.#hold(name);
    await write();
    if (side === 'after') await this.#hold(name);
  }

  async #hold(name: string): Promise<void> {
    this.#held.add(name);
    await this.#open;
  }
}

/** On which side of an entry's writing a job is held; null: it goes on. */
function sideOf(entry: JournalEntry, point: JobPoint): 'before' | 'after' | null {
  if (!('step' in entry) || entry.step !== point.step) return null;
  switch (point.moment) {
    case 'begun':
      return entry.type === 'begin' ? 'after' : null;
    case 'answered':
      return entry.type === 'done' ? 'before' : null;
    case 'noting':
    case 'noted': {
      const isIt = entry.type === 'note' && JSON.stringify(entry.value).includes(`"${point.note}"`);
      if (!isIt) return null;
      return point.moment === 'noting' ? 'before' : 'after';
    }
  }
}
