import type { Job } from './activity.ts';

/** Steps of a move after which the machine is on its new host (main/jobs/migrate/live.ts, offline.ts). */
const NO_WAY_BACK: ReadonlySet<string> = new Set(['move', 'undefine']);

/** It has moved a machine, which nothing takes back any more. */
export function hasGone({ kind, steps }: Pick<Job, 'kind' | 'steps'>): boolean {
  return kind === 'migrate' && steps.some(({ id, state }) => NO_WAY_BACK.has(id) && state === 'done');
}

/** It has not moved its machine, and nothing of it can any more: what would have was never begun, or is taken back. */
export function neverGoes({ steps }: Pick<Job, 'steps'>): boolean {
  return steps.every(({ id, state }) => !NO_WAY_BACK.has(id) || state === 'waiting' || state === 'undone');
}

/** It moves several machines, each by a job of its own. */
export function isRound({ kind }: Pick<Job, 'kind'>): boolean {
  return kind === 'migrateMany' || kind === 'evacuate' || kind === 'bringHome';
}
