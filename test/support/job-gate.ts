import { Journal, type JournalEntry } from '../../main/jobs/engine/journal.ts';

/** `begun`: it is in the journal, and the host is not asked yet; `answered`: the host has done it, and the journal does not know. */
export interface JobPoint {
  readonly moment: 'begun' | 'answered';
  readonly step: string;
}

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
    Journal.prototype.append = function (this: Journal, entry: JournalEntry): Promise<void> {
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

  async #pass(journal: Journal, entry: JournalEntry, write: () => Promise<void>): Promise<void> {
    if (entry.type === 'plan') this.#names.set(journal, entry.plan.name);
    const name = this.#names.get(journal) ?? '';
    const point = this.#points.get(name);
    const isAt = point !== undefined && 'step' in entry && entry.step === point.step;
    if (isAt && point.moment === 'answered' && entry.type === 'done') await this.#hold(name);
    await write();
    if (isAt && point.moment === 'begun' && entry.type === 'begin') await this.#hold(name);
  }

  async #hold(name: string): Promise<void> {
    this.#held.add(name);
    await this.#open;
  }
}
