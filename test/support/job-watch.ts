import assert from 'node:assert/strict';
import type { CoreClient } from '../../main/bridge/rpc-client.ts';
import type { ActivityMessage, Job } from '../../main/contract/activity.ts';

/** Of a core whose jobs are looked at. */
export interface JobPlace {
  readonly client: Pick<CoreClient, 'activity'>;
}

/** For a hang, never for speed: what hangs is told before the file's own limit ends it without a word. */
const LIMIT_MS = 300_000;

/** Waits until a job shows what is looked for. @param what said where it never does, with the job as it was last */
export async function jobWhere(
  { client }: JobPlace,
  id: string,
  what: string,
  holds: (job: Job) => boolean,
  limitMs = LIMIT_MS,
): Promise<Job> {
  const over = new AbortController();
  const limit = setTimeout(() => over.abort(), limitMs);
  let last: Job | undefined;
  try {
    for await (const message of await client.activity.watch(undefined, { signal: over.signal })) {
      const job = jobsOf(message).find((one) => one.id === id);
      if (job === undefined) continue;
      last = job;
      if (holds(job)) return job;
    }
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    clearTimeout(limit);
    over.abort();
  }
  return assert.fail(`job ${id} is in vain waited for, ${what}: ${JSON.stringify(last, null, 1)}`);
}

/** Waits until a job is over, however it ends. */
export function jobOver(place: JobPlace, id: string, limitMs = LIMIT_MS): Promise<Job> {
  return jobWhere(place, id, 'to be over', ({ finishedAt }) => finishedAt !== null, limitMs);
}

/** Waits until a job shows what is looked for, before it is over. */
export function shown(place: JobPlace, id: string, holds: (job: Job) => boolean): Promise<Job> {
  return jobWhere(place, id, 'to show what is looked for', (job) => {
    if (holds(job)) return true;
    assert.equal(job.finishedAt, null, JSON.stringify(job));
    return false;
  });
}

/** All jobs as they are now. */
export async function jobsNow({ client }: JobPlace): Promise<readonly Job[]> {
  const over = new AbortController();
  try {
    for await (const message of await client.activity.watch(undefined, { signal: over.signal }))
      if (message.type === 'snapshot') return message.jobs;
  } finally {
    over.abort();
  }
  return assert.fail('the activity ended');
}

function jobsOf(message: ActivityMessage): readonly Job[] {
  if (message.type === 'snapshot') return message.jobs;
  return message.type === 'job' ? [message.job] : [];
}
