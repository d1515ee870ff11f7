import { FailureError, saidOf, toFailure } from '../../hosts/failures.ts';
import type { JobSpec } from '../registry.ts';
import type { JobRecord } from './job-record.ts';
import type { Outcome } from './runner-options.ts';
import { NothingDone, type Hold, type Json, type Plan, type PlanHost, type PlannedStep } from './step.ts';
import type { StepKinds } from './step-kinds.ts';

/** What the list of jobs has of a plan. @param record what is done of it */
export function headOf(
  { kind, name, uuid, hosts, holds }: Plan,
  record?: JobRecord,
): Pick<JobSpec, 'kind' | 'host' | 'hosts' | 'uuid' | 'name' | 'holds'> {
  const [first] = hosts;
  return {
    kind,
    host: { id: first.id, name: first.name },
    hosts: hosts.map(({ id }) => id),
    uuid,
    name,
    holds: record === undefined ? holds : holds?.filter((hold) => !isReleased(hold, record)),
  };
}

/** The job works no more on the machine that it holds. */
export function isReleased(
  { until, reads }: Hold,
  { done, undoing }: Pick<JobRecord, 'done' | 'undoing'>,
): boolean {
  return done.has(until) || (reads === true && undoing !== null);
}

/** What steps have made, or may have, and is not taken back. */
export function mayBeLeftBy({ plan, begun, undone, left }: JobRecord, kinds: StepKinds): string[] {
  const open = plan.steps.filter(({ id }) => begun.has(id) && !undone.has(id)).toReversed();
  return [...left, ...open.flatMap((step) => leftBy(step, { plan, kinds }) ?? [])];
}

/** What a step leaves that is not taken back, and where; null: nothing. A step of another version of the program is named by its title. */
export function leftBy(
  step: PlannedStep,
  { plan, kinds }: { readonly plan: Pick<Plan, 'hosts'>; readonly kinds: StepKinds },
): string | null {
  const { hosts } = plan;
  const host = hosts.length > 1 ? hosts.find(({ id }) => id === step.host) : undefined;
  const at = host === undefined ? '' : ` on ${host.name}`;
  try {
    const { kind, params } = kinds.bind(step);
    const thing = kind.leaves(params);
    return thing === null || kind.namesHosts === true ? thing : thing + at;
  } catch {
    return step.title + at;
  }
}

/** Those that steps need which are not done, as their own host or by their parameters: without one of them a step fails, and all is taken back. */
export function hostsToGo({
  plan: { hosts, steps },
  done,
}: Pick<JobRecord, 'plan' | 'done'>): readonly string[] {
  const toGo = steps.filter(({ id }) => !done.has(id));
  const words = toGo.map(({ host, params }) => JSON.stringify([host, params]));
  return hosts.map(({ id }) => id).filter((id) => words.some((text) => text.includes(JSON.stringify(id))));
}

/** A step was begun whose end cannot wait for a person's choice: what it did is taken back, or it is done. */
export function isUrgent({ plan, begun, done, undone, noted }: JobRecord, kinds: StepKinds): boolean {
  const { steps } = plan;
  const isDone = (id: string): boolean => done.has(id);
  const noteOf = (id: string): Json | undefined => noted.get(id);
  return steps.some(
    (step) => begun.has(step.id) && !undone.has(step.id) && kinds.isUrgent(step, { steps, isDone, noteOf }),
  );
}

/** Names of the secrets that steps ask for which are to come. One that was begun, and has not found that it did nothing, may be done, which only its host knows. */
export function secretsToCome({ plan, begun, undone, done }: JobRecord, kinds: StepKinds): string[] {
  return plan.steps
    .filter(({ id }) => (!begun.has(id) || undone.has(id)) && !done.has(id))
    .flatMap((step) => kinds.asks(step));
}

/**
 * The step that there is no way back from did not come to be, and will not: what the job is about is where and as it was, whatever is taken back
 * of the rest.
 */
export function hasStayed({
  plan,
  begun,
  undoing,
  undone,
}: Pick<JobRecord, 'plan' | 'begun' | 'undone'> & { readonly undoing: boolean }): boolean {
  const final = plan.steps.filter(({ final: isFinal }) => isFinal === true);
  return final.length > 0 && final.every(({ id }) => undone.has(id) || (undoing && !begun.has(id)));
}

/** By their ids the journal says which steps are done, and the undo which of them are taken back. @throws where two have one */
export function assertUnique({ steps }: Plan): void {
  const ids = new Set<string>();
  for (const { id } of steps) {
    if (ids.has(id)) throw new Error(`The plan has two steps called ${id}`);
    ids.add(id);
  }
}

/** The id that a host of a plan has by now. @throws FailureError HOST_UNREACHABLE */
export function currentId(
  plan: Plan,
  planned: string,
  hosts: { find(host: PlanHost): string | null },
): string {
  const host = plan.hosts.find(({ id }) => id === planned);
  const id = host === undefined ? null : hosts.find(host);
  if (id !== null) return id;
  // Whether it ever was is unknown: a command may have had it by `-c` alone.
  throw new FailureError({
    code: 'HOST_UNREACHABLE',
    message: `${host?.name ?? planned} is not in the list of hosts: add ${host?.uri ?? 'it'} first.`,
    ...(host === undefined ? {} : { notListed: { uri: host.uri } }),
  });
}

/** @param left what could not be taken back */
export function cancelledWords({ failed, cancelled }: Plan, left: readonly string[]): string {
  if (left.length > 0) return `${failed} The job was cancelled. This is left: ${left.join(', ')}.`;
  return cancelled ?? `${failed} It was cancelled; nothing is left of it.`;
}

/** How a job ended that failed. */
type Failed = Pick<Extract<Outcome, { left: unknown }>, 'error' | 'left' | 'stayed' | 'isDone'>;

/** A sentence of a step's own says why, and not of what job it was a part, nor where that leaves what the job is about. */
export function failedError(
  plan: Plan,
  { error, stayed, isDone = false }: Pick<Failed, 'error' | 'stayed' | 'isDone'>,
): unknown {
  if (isDone) return followsNot(error);
  const where = stayed ? (plan.stayed ?? null) : null;
  if (where === null && !(error instanceof FailureError)) return error;
  const failure = toFailure(error, { message: plan.failed });
  const own = failure.message.startsWith(plan.failed) ? failure.message : `${plan.failed} ${failure.message}`;
  return new FailureError(
    { ...failure, message: withWhere(own, where) },
    error instanceof FailureError ? error.cause : error,
  );
}

function followsNot(error: unknown): FailureError {
  const failure = toFailure(error, { message: '' });
  const message = `The main part is done, and stays so; what should follow it is not all done. ${failure.message}`;
  return new FailureError({ ...failure, message: message.trimEnd() }, error);
}

/** Why a job is taken back, in sentences: what did not happen, and what was said of it. */
export function whyUndone(plan: Plan, reason: 'failed' | 'cancelled', error: unknown): string {
  const failure = toFailure(failedError(plan, { error, stayed: false }), { message: plan.failed });
  if (reason === 'cancelled') return `${failure.message} The job was cancelled.`;
  const words = saidOf(failure);
  return words === '' || failure.message.includes(words) ? failure.message : `${failure.message} ${words}`;
}

/** The same with where what the job is about is, as far as that is known. */
export function withWhere(why: string, where: string | null): string {
  return where === null ? why : `${why} ${where}`;
}

/** Of a job of which something could not be taken back. */
export function leftError(plan: Plan, { error, left, stayed, isDone = false }: Failed): FailureError {
  const what = isDone
    ? followsNot(error).failure.message
    : withWhere(plan.failed, stayed ? (plan.stayed ?? null) : null);
  return new FailureError(
    { code: 'CONFLICT', message: `${what} This is left: ${left.join(', ')}.`, detail: wordsOf(error) },
    error,
  );
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A cancel came after the step was begun, and before the host was asked. */
export function stopped(cancelled: AbortSignal): Promise<never> {
  return Promise.reject(new NothingDone(cancelled.reason));
}

/** Whether there is no session of a host. */
export function isUnreachable(session: () => unknown): boolean {
  try {
    session();
    return false;
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'HOST_UNREACHABLE') return true;
    throw error;
  }
}
