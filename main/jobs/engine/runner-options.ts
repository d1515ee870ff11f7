import type { Journal } from './journal.ts';
import type { Plan, StepContext, StepProgress } from './step.ts';
import type { StepKinds } from './step-kinds.ts';

export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'undoing' | 'undone' | 'left';

/** What the runner tells while it works. */
export interface RunnerListener {
  log(text: string, as?: 'remark'): void;
  step(id: string, state: StepState): void;
  progress(id: string, now: StepProgress): void;
  /** It goes on after it has waited, or where it cannot be taken back. */
  goesOn(): void;
  /** A step goes on when these hosts are back; none: it does. */
  away(hosts: readonly string[]): void;
  /** A step goes on, and these hosts say nothing; none: they do. @param meaning of that, in sentences */
  silent(hosts: readonly string[], meaning: string | undefined): void;
  /** A machine that is no host of the plan is waited for; null: it is back. @param undo what may be left there, while steps are taken back */
  outside(
    name: string | null,
    undo: { readonly mayBeLeft: readonly string[]; readonly stayed: boolean } | null,
  ): void;
  /** A host is waited for that knows what became of a step. */
  settling(host: string): void;
  /** It goes backwards from here on, for this reason. */
  turns(reason: 'failed' | 'cancelled', error: unknown): void;
  /** What was done is being taken back. @param stayed see `hasStayed` */
  undoing(stayed: boolean): void;
  /** Hosts that must be back before the rest can be taken back, and what may be left on them until then. */
  waiting(hosts: readonly string[], mayBeLeft: readonly string[], stayed: boolean): void;
}

export interface RunnerOptions {
  readonly plan: Plan;
  readonly kinds: StepKinds;
  readonly journal: Journal;
  readonly listener: RunnerListener;
  /** What hosts and secrets give; `signal`, `log`, `progress` and `result` are the runner's. */
  readonly access: Pick<StepContext, 'session' | 'client' | 'secret'>;
  /** Aborted when a person cancels: what was done is taken back. */
  readonly cancelled: AbortSignal;
  /** Aborted when the program ends: everything stops where it is, and the journal tells the next start. */
  readonly closing: AbortSignal;
  /** Aborted when a person does not want to wait for a host any longer: what may be left on it stays. */
  readonly givenUp: AbortSignal;
  /** Whether there is no session of the host now. */
  readonly isAway: (host: string) => boolean;
  /** Resolves when the host is connected, at once when it is. */
  readonly connected: (host: string, signal: AbortSignal) => Promise<void>;
  /** Which start of the host this is; null: nobody tells. @throws where it does not answer */
  readonly startOf: (host: string, signal: AbortSignal) => Promise<string | null>;
  /** As `connected`, of a host whose calls have failed: it is given some time first. */
  readonly hostBack: (host: string, signal: AbortSignal) => Promise<void>;
  /** Called when there is no way back any more, before a later step is begun; where no step is final, when all are done. Never rejects. */
  readonly whenFinal: () => Promise<void>;
}

/** How a run ended. `suspended`: the program ends, the job does not. */
export type Outcome =
  | { readonly type: 'done'; readonly warnings: readonly string[] }
  | {
      readonly type: 'failed' | 'cancelled';
      readonly error: unknown;
      readonly left: readonly string[];
      /** See `hasStayed`. */
      readonly stayed: boolean;
      /** There was no way back any more: what the job is about is done, and what should follow is not. */
      readonly isDone?: boolean;
    }
  | { readonly type: 'suspended' };
