import { isBusy } from '../registry.ts';
import { hasStayed, isReleased } from './job-parts.ts';
import type { JobRecord } from './job-record.ts';
import { findJournals, journalFile, type FoundJournal, type PlanHead } from './journal.ts';
import { isDemo } from './other-programs.ts';
import type { Hold, Plan, PlanHost } from './step.ts';

export interface MachineJobsOptions {
  /** Where the journals are. */
  readonly dir: string;
  /** The id that a host has here; null when it is not in the list. */
  readonly find: (host: PlanHost) => string | null;
  /** Whether this program works on the job: it knows those by itself. */
  readonly isOwn: (id: string) => boolean;
}

export interface OpenJob {
  readonly plan: PlanHead;
  /** Its journal, where this version cannot read what became of it; null: it can. */
  readonly unreadable: string | null;
  /** A living program works on it. */
  readonly isHeld: boolean;
}

type Machine = Pick<Hold, 'host' | 'uuid' | 'name'>;

/** A job that works on a machine which it is not about. */
export type Holder = PlanHead & { readonly hold: Hold };

/** What the journals say of one machine, those of other programs that share the folder and of those that died among them. */
export class MachineJobs {
  readonly #options: MachineJobsOptions;

  constructor(options: MachineJobsOptions) {
    this.#options = options;
  }

  /**
   * The plan of a job of a kind about a machine that is not over, has not passed its last way back, and may yet; null: there is none. Of a journal that
   * cannot be read, as one of a newer version, only the machine is known: it counts.
   */
  async open(kind: string, uuid: string): Promise<OpenJob | null> {
    for (const found of await findJournals(this.#options.dir, 'all')) {
      const head = headOf(found);
      if (head?.kind !== kind || head.uuid !== uuid) continue;
      const { isHeld } = found;
      if (found.record === null)
        return { plan: head, unreadable: journalFile(this.#options.dir, found.id), isHeld };
      if (mayMove(found.record)) return { plan: head, unreadable: null, isHeld };
    }
    return null;
  }

  /** The plan of a job about another machine that works on this one, and is not done with it; null: there is none. */
  async holder(machine: Pick<Machine, 'host' | 'uuid'>): Promise<Holder | null> {
    return this.#holderAmong(await findJournals(this.#options.dir, 'all'), machine);
  }

  /** @throws FailureError CONFLICT while there is a `holder` of the machine */
  async assertNotHeld(machine: Machine): Promise<void> {
    const holder = await this.holder(machine);
    if (holder !== null) throw isBusy(machine.name, holder, holder.hold);
  }

  /**
   * That no program has a job which may not be at one time with this one. What this program itself works on its own list knows.
   * @param own id of the job, whose own journal does not count; null: it has none yet
   * @throws FailureError CONFLICT
   */
  async assertFree({ kind, uuid, name, hosts, holds = [] }: Plan, own: string | null): Promise<void> {
    const all = await findJournals(this.#options.dir, 'all', (id) => id === own);
    const machine = uuid === null ? [] : [{ host: hosts[0].id, uuid, name }];
    for (const one of [...machine, ...holds]) {
      const holder = this.#holderAmong(all, one);
      if (holder !== null) throw isBusy(one.name, holder, holder.hold);
      const other = this.#otherAmong(all, one, { kind, isNew: own === null });
      if (other !== null) throw isBusy(one.name, other);
    }
  }

  /** @param machine or how another job would hold it */
  #holderAmong(all: readonly FoundJournal[], machine: Pick<Hold, 'host' | 'uuid' | 'reads'>): Holder | null {
    const { find } = this.#options;
    for (const found of all) {
      const { record } = found;
      const plan = headOf(found);
      const hold = plan?.holds?.find(
        (one) =>
          one.uuid === machine.uuid &&
          !(machine.reads === true && one.reads === true) &&
          !(record !== null && isReleased(one, record)) &&
          plan.hosts.some((at) => at.id === one.host && find(at) === machine.host),
      );
      if (plan !== null && hold !== undefined) return { ...plan, hold };
    }
    return null;
  }

  /** Of a living program any job of the machine; a move of it wherever it goes, for a new move also one whose program died: of two of those one can be taken back. */
  #otherAmong(
    all: readonly FoundJournal[],
    { host, uuid }: Machine,
    { kind, isNew }: { readonly kind: string; readonly isNew: boolean },
  ): PlanHead | null {
    const { find, isOwn } = this.#options;
    for (const found of all) {
      const head = headOf(found);
      // The demo of another program is another demo.
      if (head?.uuid !== uuid || isOwn(found.id) || head.hosts.some(isDemo)) continue;
      const isMove = kind === 'migrate' && head.kind === 'migrate' && (isNew || found.isHeld);
      if (isMove && (found.record === null || mayMove(found.record))) return head;
      if (found.isHeld && find(head.hosts[0]) === host) return head;
    }
    return null;
  }
}

function headOf({ record, head }: FoundJournal): PlanHead | null {
  return record?.plan ?? head;
}

/** There is a way back still, and it is not gone yet. */
function mayMove({ plan, begun, done, undone, undoing }: JobRecord): boolean {
  if (hasStayed({ plan, begun, undone, undoing: undoing !== null })) return false;
  return !plan.steps.some(({ id, final }) => final === true && done.has(id));
}
