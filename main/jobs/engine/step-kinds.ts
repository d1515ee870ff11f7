import { z } from 'zod';
import { FailureError } from '../../hosts/failures.ts';
import type { Json, PlannedStep, StepKind } from './step.ts';

/** The plan of a step, which of its steps are done, and what each has noted last. */
interface UrgentIn {
  readonly steps: readonly PlannedStep[];
  readonly isDone: (id: string) => boolean;
  readonly noteOf: (id: string) => Json | undefined;
}

/** The kinds of steps that this build knows, by name. */
export class StepKinds {
  readonly #kinds = new Map<string, StepKind>();

  constructor(kinds: readonly StepKind[]) {
    for (const kind of kinds) {
      if (this.#kinds.has(kind.name)) throw new Error(`Two kinds of steps are called ${kind.name}`);
      this.#kinds.set(kind.name, kind);
    }
  }

  /** Whether what became of a step that was begun cannot wait for a person. */
  isUrgent({ id, kind }: PlannedStep, { steps, isDone, noteOf }: UrgentIn): boolean {
    const urgent = this.#kinds.get(kind)?.urgent;
    if (urgent === undefined) return false;
    if (urgent === true) return !isDone(id);
    const note = noteOf(id);
    if (urgent === 'noted') return note !== undefined && !isDone(id);
    if ('whileNoted' in urgent) return note !== undefined && !isDone(id) && urgent.whileNoted(note);
    return !steps.some((step) => step.kind === urgent.until && isDone(step.id));
  }

  /** Whether what a step did stays done, whatever becomes of its job. */
  lasts({ kind }: Pick<PlannedStep, 'kind'>): boolean {
    return this.#kinds.get(kind)?.lasts === true;
  }

  /** Names of the secrets that it asks for when it is done. */
  asks(step: PlannedStep): string[] {
    const kind = this.#kinds.get(step.kind);
    const checked = kind?.params.safeParse(step.params);
    if (kind?.asks === undefined || checked?.success !== true) return [];
    return kind.asks(checked.data).flatMap((name) => name ?? []);
  }

  /** Whether it works on no host of its plan. */
  isApart({ kind }: PlannedStep): boolean {
    return this.#kinds.get(kind)?.apart === true;
  }

  /**
   * The kind of a step and its checked parameters.
   * @throws FailureError UNSUPPORTED for a kind or parameters of another version of the program
   */
  bind(step: PlannedStep): { kind: StepKind; params: Json } {
    const kind = this.#kinds.get(step.kind);
    const checked = kind?.params.safeParse(step.params);
    if (kind === undefined || checked?.success !== true)
      throw new FailureError({
        code: 'UNSUPPORTED',
        message: `The step “${step.title}” was written by another version of Virtlane, and this one does not know it.`,
        ...(checked?.error === undefined ? {} : { detail: z.prettifyError(checked.error) }),
      });
    return { kind, params: checked.data };
  }
}

/** Keeps the types of one kind's parameters and result inside the kind. */
export function stepKind<P extends Json, R extends Json>(kind: StepKind<P, R>): StepKind {
  // Parameters are parsed by the kind's own schema before they get here (StepKinds.bind), results come from its own `run`.
  return kind as unknown as StepKind;
}
