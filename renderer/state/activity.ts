import { useSyncExternalStore } from 'react';
import type { ActivityEvent, ActivityMessage, Job } from '../../main/contract/activity.ts';
import { hasGone } from '../../main/contract/migrate-steps.ts';
import { createStore, useStore } from './store.ts';
import { setUi } from './ui.ts';

/** As many lines as the drawer keeps; the core has the rest. */
const MAX_EVENTS = 500;
const MAX_JOBS = 200;

const jobs = createStore<readonly Job[]>([]);
const events = createStore<readonly ActivityEvent[]>([]);
/** Events that came while the drawer was closed. */
const unseen = createStore(0);
/** The newest job that failed since the list of jobs was shown last. */
const failed = createStore<Job | null>(null);

/** Newest first in both lists. */
export function applyActivity(message: ActivityMessage): void {
  switch (message.type) {
    case 'snapshot':
      jobs.set(message.jobs.toSorted((a, b) => b.startedAt - a.startedAt));
      askInterrupted(message.jobs);
      events.set(message.events.toSorted((a, b) => b.time - a.time));
      break;
    case 'job':
      // Of another program's its own person knows.
      if (message.job.state === 'failed' && message.job.elsewhere !== true) failed.set(message.job);
      else failed.update((before) => (before !== null && mends(message.job, before) ? null : before));
      jobs.update((list) => putJob(list, message.job));
      askInterrupted([message.job]);
      break;
    case 'event':
      events.update((list) => [message.event, ...list].slice(0, MAX_EVENTS));
      unseen.update((count) => count + 1);
      break;
  }
}

/** Ids of those whose question was brought before a person. */
const asked = new Set<string>();

/** A job whose program ended waits for an answer: the list that asks for it opens by itself, once for each. */
function askInterrupted(list: readonly Job[]): void {
  const waiting = list.filter(({ state, elsewhere }) => state === 'interrupted' && elsewhere !== true);
  const isNew = waiting.some(({ id }) => !asked.has(id));
  for (const { id } of list) asked.delete(id);
  for (const { id } of waiting) asked.add(id);
  if (isNew) setUi({ drawerOpen: true, drawerTab: 'jobs' });
}

/** Whether a job has done for the same machine what another one failed to do before. */
export function mends(
  { kind, uuid, state, startedAt }: Pick<Job, 'kind' | 'uuid' | 'state' | 'startedAt'>,
  before: Pick<Job, 'kind' | 'uuid' | 'startedAt'>,
): boolean {
  const isSame = uuid !== null && uuid === before.uuid && kind === before.kind;
  return state === 'done' && isSame && startedAt >= before.startedAt;
}

function putJob(list: readonly Job[], job: Job): readonly Job[] {
  const index = list.findIndex((one) => one.id === job.id);
  return index < 0 ? [job, ...list].slice(0, MAX_JOBS) : list.with(index, job);
}

/** Does it still work, or wait for something, without a person's choice? */
export function isUnderWay({ state }: Pick<Job, 'state'>): boolean {
  return state === 'running' || state === 'undoing' || state === 'waiting' || state === 'settling';
}

/**
 * A move of a machine that is off has defined it on its new host, and the one that it came from has it still: for good where its definition was to stay there. Taking that back
 * removes what may have been used since.
 */
export function isOnBoth(job: Pick<Job, 'kind' | 'steps'>): boolean {
  return (
    job.kind === 'migrate' &&
    !hasGone(job) &&
    job.steps.some(({ id, state }) => id === 'define' && state === 'done')
  );
}

/** What makes or fills something: as long as it took it takes again. Not a move, whose way back is short and harmless, and which has to stop at once where it does harm. */
const WORK: ReadonlySet<string> = new Set([
  'create',
  'clone',
  'createVolume',
  'uploadVolume',
  'downloadVolume',
  'cloneVolume',
  'moveDisk',
  'p2v.virtio',
]);
/** What is lost of it is soon done anew. */
const SHORT_MS = 60_000;

/** To cancel it takes back so much that one click is too little for it. */
export function losesWork(
  { kind, state, startedAt }: Pick<Job, 'kind' | 'state' | 'startedAt'>,
  now: number,
): boolean {
  return state === 'running' && WORK.has(kind) && now - startedAt > SHORT_MS;
}

/** It works at this moment: it waits neither for a host nor for a person, and is not to stop. */
export function isMoving({
  state,
  waitsFor,
  cancelling,
}: Pick<Job, 'state' | 'waitsFor' | 'cancelling'>): boolean {
  return state === 'running' && waitsFor.length === 0 && cancelling !== true;
}

/** What it did is taken back, now or when a host is there again. */
export function isGoingBack({ state }: Pick<Job, 'state'>): boolean {
  return state === 'undoing' || state === 'waiting';
}

/** Nothing more happens to it. */
export function isEnded(job: Pick<Job, 'state'>): boolean {
  return !isUnderWay(job) && job.state !== 'interrupted';
}

/** Resolves with a job when it has ended. */
export function jobEnd(id: string): Promise<Job> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const job = jobs.get().find((one) => one.id === id);
      if (job === undefined || !isEnded(job)) return false;
      resolve(job);
      return true;
    };
    if (look()) return;
    const leave = jobs.subscribe(() => {
      if (look()) leave();
    });
  });
}

/** Resolves when a job is not in a state any more, as it goes on, has ended or is gone. */
export function jobLeaves({ id, state }: Pick<Job, 'id' | 'state'>): Promise<void> {
  return new Promise((resolve) => {
    const hasLeft = (): boolean => !jobs.get().some((job) => job.id === id && job.state === state);
    if (hasLeft()) return resolve();
    const leave = jobs.subscribe(() => {
      if (!hasLeft()) return;
      leave();
      resolve();
    });
  });
}

export function markEventsSeen(): void {
  unseen.set(0);
}

export function markFailureSeen(): void {
  failed.set(null);
}

export function useJobs(): readonly Job[] {
  return useStore(jobs);
}

export function useJob(id: string): Job | undefined {
  return useSyncExternalStore(jobs.subscribe, () => jobs.get().find((job) => job.id === id));
}

/** The migration of a machine that is not over, and may yet take it away: whichever host of it one looks at. */
export function useMove(uuid: string): Job | undefined {
  return useSyncExternalStore(jobs.subscribe, () => {
    const job = openMove(uuid);
    return job?.stayed === true ? undefined : job;
  });
}

/** Whether a migration of the machine is not over, and has left it where it was. */
export function useHasStayed(uuid: string): boolean {
  return useSyncExternalStore(jobs.subscribe, () => openMove(uuid)?.stayed === true);
}

function openMove(uuid: string): Job | undefined {
  return jobs.get().find((job) => job.kind === 'migrate' && job.uuid === uuid && !isEnded(job));
}

export function useEvents(): readonly ActivityEvent[] {
  return useStore(events);
}

/** The newest job that failed and that nobody has looked for yet. */
export function useFailedJob(): Job | null {
  return useStore(failed);
}

export function useUnseenEvents(): number {
  return useStore(unseen);
}
