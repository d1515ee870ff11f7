import type { Job } from '../contract/activity.ts';
import type { Failure } from '../contract/failure.ts';
import { saidOf } from './errors.ts';

/** What became of the machines of a round that did not all go. Names, each in its list once. */
export interface RoundEnd {
  readonly all: number;
  readonly moved: readonly string[];
  /** Sentences, one of each machine that was begun and is not known to be on its new host. */
  readonly notMoved: readonly string[];
  /** Those that were never begun, as this host was away; by its name. */
  readonly hostAway: ReadonlyMap<string, readonly string[]>;
  /** Those that were never begun when it was cancelled. */
  readonly notBegun: readonly string[];
}

export function roundFailed(end: RoundEnd): Failure {
  return { code: 'CONFLICT', message: notMovedWords(end), ...detailOf(end) };
}

export function roundCancelled(end: RoundEnd): Failure {
  const { all, moved } = end;
  const message =
    all === 1
      ? 'Cancelled: the machine was not moved.'
      : `Cancelled: ${moved.length === 0 ? 'none' : moved.length} of ${all} machines ${moved.length > 1 ? 'were' : 'was'} moved.`;
  return { code: 'CANCELLED', message, ...detailOf(end) };
}

function notMovedWords({ all, moved }: RoundEnd): string {
  const left = all - moved.length;
  if (all === 1) return 'The machine was not moved.';
  return `${left} of ${all} machines ${left === 1 ? 'was' : 'were'} not moved.`;
}

export function notBegunLines({ hostAway, notBegun }: Pick<RoundEnd, 'hostAway' | 'notBegun'>): string[] {
  return [
    ...[...hostAway].map(([host, names]) => `Not begun, as ${host} does not answer: ${names.join(', ')}.`),
    ...(notBegun.length === 0 ? [] : [`Not begun: ${notBegun.join(', ')}.`]),
  ];
}

function detailOf(end: RoundEnd): { detail?: string } {
  const { moved, notMoved } = end;
  const went = moved.length === 0 ? [] : [`Moved: ${moved.join(', ')}.`];
  const lines = [...notMoved, ...notBegunLines(end), ...went];
  return lines.length === 0 ? {} : { detail: lines.join('\n') };
}

/** Of one whose job is not done: over, or waiting for a host. Where the machine is says not why. */
export function notMovedReason(job: Job | undefined, name: string): string {
  if (job === undefined) return `${name} was not moved.`;
  const { failure, state, because, waitsFor, stayed } = job;
  if (failure !== null) return withReason(failure);
  if (state === 'interrupted') return `${name}: Virtlane ended in the middle of it.`;
  const hosts = waitsFor.length === 0 ? 'the hosts' : waitsFor.join(', ');
  const answers = waitsFor.length === 1 ? 'answers' : 'answer';
  if (stayed === true)
    return `${because ?? `${name} was not moved.`} What is left of it is taken back when ${hosts} ${answers}.`;
  return `${name}: where it is shows when ${hosts} ${answers}; its own job waits for that.`;
}

/** Its sentence, and what libvirt or the link said. */
export function withReason(failure: Failure): string {
  const why = saidOf(failure);
  return why === '' || failure.message.includes(why) ? failure.message : `${failure.message} ${why}`;
}
