import type { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { JobMigration } from '../../contract/activity.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { HostSession } from '../../hosts/session.ts';

/** What a journal can hold. Secrets are not among it: a step asks for them by name. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a step works with while it runs, is settled or undone. */
export interface StepContext {
  /** Aborted when a person cancels, or the program ends. An undo gets one that a cancelled job does not abort. */
  readonly signal: AbortSignal;
  /** `remark`: what a person should read when the job has ended, too. */
  log(text: string, as?: 'remark'): void;
  /** Progress of this step alone. */
  progress(now: StepProgress): void;
  /**
   * The open session of a host of the plan.
   * @throws FailureError HOST_UNREACHABLE while it is not connected
   */
  session(host: string): HostSession;
  /** Its connection for short calls. */
  client(host: string): LibvirtClient;
  /** @throws FailureError NOT_FOUND when the program was started anew and the secret was not kept */
  secret(name: string): Promise<string>;
  /** What an earlier step gave; undefined when it is not done. */
  result(stepId: string): Json | undefined;
  /**
   * Keeps something for the step's `settle` and `undo`, whichever process that is in; resolves when it is on the disk. What is noted before
   * the host is asked tells that it was asked: without a note it was not. Of another step: what has become of what that one made.
   */
  note(value: Json, stepId?: string): Promise<void>;
  /** The last note of the step, or of another one, since it was begun; undefined: there is none. */
  noted(stepId?: string): Json | undefined;
  /**
   * Waits until a host answers, which need not be the step's own: only it knows what became of the step. Nobody can cancel meanwhile.
   * @throws when the program ends
   */
  settling(host: string): Promise<void>;
  /**
   * Waits until hosts of the plan are connected; a person sees which of them it waits for.
   * @throws when `signal` is aborted
   */
  untilBack(hosts: readonly string[]): Promise<void>;
  /**
   * Hosts of the plan that say nothing now while the step goes on, or tries to: a person sees which; none: all do.
   * @param meaning what that means for what the job is about, in sentences
   */
  silent(hosts: readonly string[], meaning?: string): void;
  /**
   * A machine that is no host of the plan is waited for; null: it is back. A person sees it by this name, and while an `apart` step is taken back may
   * give up waiting, which aborts `signal`.
   */
  outside(name: string | null): void;
  written(): Written;
}

/** The same, with the notes of an earlier step: for a step that works on with what that one made, which takes it back. */
export function notingFor(step: StepContext, id: string): StepContext {
  return {
    ...step,
    note: (value, of = id) => step.note(value, of),
    noted: (of = id) => step.noted(of),
  };
}

/**
 * Whether a step was begun that lets others write to what earlier ones made. `refused`: libvirt was asked, and refused: it may have given the file
 * to QEMU and back.
 */
export type Written = 'never' | 'refused' | 'begun';

export interface StepProgress {
  /** 0 to 1; null while it is not known. */
  fraction: number | null;
  bytesPerSecond?: number | null;
  secondsLeft?: number | null;
  /** What is new of a migration's figures. */
  migration?: Partial<JobMigration>;
}

/** A step failed and it is certain that it changed nothing: there is nothing of it to take back. The cause says why. */
export class NothingDone extends Error {
  override readonly name = 'NothingDone';

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Something stays where it is: it is in use, or nobody can prove that the job made it. */
export class Stays extends FailureError {
  /** Why: “web-1 uses it”. */
  readonly reason: string;

  /** @param what as `leaves` names it */
  constructor(what: string, reason: string) {
    super({ code: 'CONFLICT', message: `${what} stays: ${reason}.` });
    this.reason = reason;
  }
}

/** What this step did stays, and so does all that earlier steps made: it may be in use where nobody can see it. */
export class AllStays extends Stays {}

/** Whether a step that was begun, and whose end nobody saw, was done. */
export type Settled<R extends Json> = { readonly done: true; readonly result: R } | { readonly done: false };

/**
 * One kind of step: what it does on a host, and how that is taken back. All state is in `params` and the step's result, so that a job
 * whose program died can be read from its journal and gone on with, or undone, by another process.
 */
export interface StepKind<P extends Json = Json, R extends Json = Json> {
  /** Its name in a journal; never changed once released. */
  readonly name: string;
  /** From its begin on what earlier steps made changes by itself: a machine that runs writes to its disks. */
  readonly writes?: true;
  /**
   * Until it is known what became of it a guest stands still, or is in two lists: a new program finds out without asking a person. `noted`: from
   * its first note on, as no host was asked before. `whileNoted`: as long as its last note is such a one. `until`: that lasts until a step of that kind is
   * done.
   */
  readonly urgent?:
    true | 'noted' | { readonly whileNoted: (note: Json) => boolean } | { readonly until: string };
  /** Checks what a journal holds. */
  readonly params: z.ZodType<P>;
  /** Names of the secrets that `run` asks for; left out: none. */
  readonly asks?: (params: P) => readonly (string | null)[];
  /**
   * Refuses where it cannot be done, above all where what it would make exists already: an undo then never removes what was not this
   * job's own. Called right before `run`; nothing is changed.
   */
  check(params: P, step: StepContext): Promise<void>;
  /** Does it. @throws NothingDone when it is certain that the host did nothing, any other error when that is not certain */
  run(params: P, step: StepContext): Promise<R>;
  /** Asks the host what became of a step whose end was not seen. */
  settle(params: P, step: StepContext): Promise<Settled<R>>;
  /**
   * Takes it back; does nothing when nothing is there. `result` is null when the step's end was not seen: it may have been done in
   * part, wholly, or not at all.
   * @throws Stays when it is in use, or may be another's; AllStays
   */
  undo(params: P, result: R | null, step: StepContext): Promise<void>;
  /**
   * What stays behind when it cannot be taken back, for a person: “volume web-1.qcow2 in pool default”. Null: nothing. Of a plan with several
   * hosts the step's own is named after it.
   */
  leaves(params: P): string | null;
  /** What it did stays done, as a deletion does: its undo takes nothing back. */
  readonly lasts?: true;
  /** `leaves` names the hosts itself. */
  readonly namesHosts?: true;
  /** What it does is on no host of the plan: it is taken back whichever of them is away, and waits by itself for where it is (`StepContext.outside`). */
  readonly apart?: true;
}

/** A step of a plan. */
export interface PlannedStep {
  /** Unique in its plan. */
  readonly id: string;
  /** A StepKind's name. */
  readonly kind: string;
  /** The host it works on, by id. */
  readonly host: string;
  /** One line for a person: “Create the disk web-1.qcow2 in default”. */
  readonly title: string;
  readonly params: Json;
  /** Its part of the whole job's progress, relative to the other steps; 1 when left out. */
  readonly weight?: number | undefined;
  /**
   * There is no way back from it: once it is done, what is left of the plan is done too, and a cancel comes too late. Where nobody saw its
   * end, the host is asked when it is back.
   */
  readonly final?: boolean | undefined;
  /**
   * Another way, for where libvirt refuses the step of that id and has certainly done nothing: the job goes on without that one then, and this
   * one is done. Nobody sees it before.
   */
  readonly ifRefused?: string | undefined;
  /** A failure is told and the job goes on: for what is not worth undoing everything else. */
  readonly optional?: boolean | undefined;
}

/** A host of a plan, so that it is found again by the next process, whose ids may differ. */
export interface PlanHost {
  readonly id: string;
  readonly name: string;
  readonly uri: string;
}

/** Another machine that a job works on until one of its steps is done, and that has no second job meanwhile. */
export interface Hold {
  /** By id. */
  readonly host: string;
  readonly uuid: string;
  readonly name: string;
  /** Id of the step. */
  readonly until: string;
  /** It is off and is only read: jobs that do just that may be at one time, nothing starts or changes it meanwhile, and a job that goes back reads no more. */
  readonly reads?: true | undefined;
}

/** What a workflow will do, made without changing anything, shown to a person before it is run. */
export interface Plan {
  /** The job's kind: `create`, `clone`… */
  readonly kind: string;
  /** The machine, pool, volume or network that it is about. */
  readonly name: string;
  /** The machine's UUID, where the job is about a machine. */
  readonly uuid: string | null;
  /** The first is the one the job is listed under. */
  readonly hosts: readonly [PlanHost, ...PlanHost[]];
  readonly steps: readonly PlannedStep[];
  /** Names of the secrets that steps ask for. */
  readonly secrets: readonly string[];
  /** The machine that is copied, or those that have the disk which is. */
  readonly holds?: readonly Hold[] | undefined;
  /** One sentence for when it fails: what did not happen and where. */
  readonly failed: string;
  /** For when it was cancelled and all of it was taken back; left out: that it was, and that nothing is left of it. */
  readonly cancelled?: string | undefined;
  /** Where what it is about is when the step that there is no way back from did not come to be, in a sentence. */
  readonly stayed?: string | undefined;
  /**
   * A host that is away as a further step begins is waited for, however long. For what makes new things alone: nobody expects a deletion, or a machine that moves, hours later, and
   * what is not new may be another by then.
   */
  readonly waits?: true | undefined;
}
