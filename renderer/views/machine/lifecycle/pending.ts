import type { Domain } from '../../../../main/contract/domain.ts';
import type { Failure } from '../../../../main/contract/failure.ts';
import { isShown, type ActionId } from './availability.ts';

/** What a machine's buttons show. A new object for each change. */
export interface ActionState {
  /** Asked for and not yet seen on the host. */
  readonly pending: readonly ActionId[];
  /** The last one that did not happen; stays until it is put away, something else is asked for, or it is so all the same. */
  readonly failed: { readonly action: ActionId; readonly failure: Failure } | null;
}

export const IDLE: ActionState = { pending: [], failed: null };

/** What the store needs of the window around it. */
export interface PendingDeps {
  domain(key: string): Domain | undefined;
  watchDomain(key: string, listener: () => void): () => void;
  failureOf(error: unknown): Failure;
  /** The sentence for a guest that was asked to shut down and has not. */
  stillRuns(name: string, minutes: number): string;
  /** Calls back after a while unless the returned function is called first. */
  after(ms: number, then: () => void): () => void;
}

/** A guest may take its time to shut down; after this it is said that it still runs. */
const SHUTDOWN_LIMIT_MS = 120_000;
/** Other results follow the host's answer at once; a patch that does not come is not waited for for ever. */
const RESULT_LIMIT_MS = 30_000;

interface Entry {
  readonly action: ActionId;
  readonly release: (() => void)[];
  job: string | null;
}

/** Actions under way, by machine. An action is pending from the click until the host's own patch shows its result. */
export class PendingActions {
  readonly #deps: PendingDeps;
  readonly #entries = new Map<string, Entry[]>();
  readonly #states = new Map<string, ActionState>();
  readonly #listeners = new Map<string, Set<() => void>>();
  /** By machine: leaves off looking whether what did not happen is so all the same. */
  readonly #looks = new Map<string, () => void>();

  constructor(deps: PendingDeps) {
    this.#deps = deps;
  }

  state(key: string): ActionState {
    return this.#states.get(key) ?? IDLE;
  }

  subscribe(key: string, listener: () => void): () => void {
    const set = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, set);
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#listeners.get(key) === set) this.#listeners.delete(key);
    };
  }

  /** Sends an action unless the same one is under way. `call` answers with the job's id when the work is a job; so does this. */
  async run(key: string, action: ActionId, call: () => Promise<string | null>): Promise<string | null> {
    if (this.state(key).pending.includes(action)) return null;
    const entry: Entry = { action, release: [], job: null };
    this.#entries.set(key, [...(this.#entries.get(key) ?? []), entry]);
    this.#publish(key, null);
    try {
      entry.job = await call();
    } catch (error) {
      this.#settle(key, entry, this.#deps.failureOf(error));
      return null;
    }
    this.#await(key, entry);
    return entry.job;
  }

  /** Resolves when the action is no longer pending: with why it did not happen, or null. */
  settled(key: string, action: ActionId): Promise<Failure | null> {
    return new Promise((resolve) => {
      const look = (): boolean => {
        const { pending, failed } = this.state(key);
        if (pending.includes(action)) return false;
        leave();
        resolve(failed?.action === action ? failed.failure : null);
        return true;
      };
      const leave = this.subscribe(key, look);
      look();
    });
  }

  /** A job ended: without a failure its result still has to be seen. */
  jobEnded(key: string, job: string, failure: Failure | null): void {
    const entry = this.#entries.get(key)?.find((one) => one.job === job);
    if (entry === undefined) return;
    if (failure !== null || isShown(entry.action, this.#deps.domain(key)) !== false)
      this.#settle(key, entry, failure);
    else entry.release.push(this.#deps.after(RESULT_LIMIT_MS, () => this.#settle(key, entry, null)));
  }

  putAway(key: string): void {
    if (this.state(key).failed !== null) this.#publish(key, null);
  }

  #await(key: string, entry: Entry): void {
    const check = (): boolean => {
      if (isShown(entry.action, this.#deps.domain(key)) === false) return false;
      this.#settle(key, entry, null);
      return true;
    };
    if (check()) return;
    entry.release.push(this.#deps.watchDomain(key, check));
    if (entry.job !== null) {
      // The job may have ended before its call was answered: whoever watches jobs looks again.
      this.#publish(key, this.state(key).failed);
      return;
    }
    const asksGuest = entry.action === 'shutdown' || entry.action === 'shutdownAgent';
    entry.release.push(
      this.#deps.after(asksGuest ? SHUTDOWN_LIMIT_MS : RESULT_LIMIT_MS, () =>
        this.#settle(key, entry, asksGuest ? this.#stillRuns(key) : null),
      ),
    );
  }

  #stillRuns(key: string): Failure {
    const name = this.#deps.domain(key)?.name ?? '';
    return { code: 'TIMEOUT', message: this.#deps.stillRuns(name, SHUTDOWN_LIMIT_MS / 60_000) };
  }

  #settle(key: string, entry: Entry, failure: Failure | null): void {
    const entries = this.#entries.get(key) ?? [];
    if (!entries.includes(entry)) return;
    for (const release of entry.release) release();
    const left = entries.filter((one) => one !== entry);
    if (left.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, left);
    const failed = failure === null ? this.state(key).failed : { action: entry.action, failure };
    this.#publish(key, failed);
    if (failure !== null) this.#look(key, entry.action, failure);
  }

  /** Whoever did it, or made the machine another one than it was refused for: what was said of it is not so any more. */
  #look(key: string, action: ActionId, failure: Failure): void {
    const before = this.#deps.domain(key);
    if (before === undefined || isShown(action, before) === true) return;
    // Of a call that libvirt itself ended the state may be told after it.
    const isRefusal = failure.code === 'CONFLICT' && failure.libvirt === undefined;
    const leave = this.#deps.watchDomain(key, () => {
      const now = this.#deps.domain(key);
      const isOther = isRefusal && (now?.state !== before.state || now.id !== before.id);
      if (isShown(action, now) === true || isOther) this.putAway(key);
    });
    this.#looks.set(key, leave);
  }

  #publish(key: string, failed: ActionState['failed']): void {
    if (failed !== this.state(key).failed) {
      this.#looks.get(key)?.();
      this.#looks.delete(key);
    }
    const pending = (this.#entries.get(key) ?? []).map(({ action }) => action);
    if (pending.length === 0 && failed === null) this.#states.delete(key);
    else this.#states.set(key, { pending, failed });
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }
}
