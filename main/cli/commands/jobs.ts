import type { CoreClient } from '../../bridge/rpc-client.ts';
import type { ActivityMessage, Job } from '../../contract/activity.ts';
import { CliError } from '../errors.ts';

/** Starts a job and waits for its end. Fails with the job's failure. */
export async function jobDone(client: CoreClient, start: () => Promise<{ job: string }>): Promise<void> {
  const abort = new AbortController();
  // Subscribed before it starts, so that no end is missed.
  const messages = await client.activity.watch(undefined, { signal: abort.signal });
  try {
    const { job: id } = await start();
    for await (const message of messages) {
      const job = jobsIn(message).find((candidate) => candidate.id === id && candidate.finishedAt !== null);
      if (job === undefined) continue;
      if (job.state === 'done') return;
      throw new CliError(
        job.failure ?? { code: 'CANCELLED', message: `The job was cancelled: ${job.name}.` },
      );
    }
    throw new CliError({ code: 'INTERNAL', message: 'The core ended before it told how the job ended.' });
  } finally {
    abort.abort();
  }
}

function jobsIn(message: ActivityMessage): readonly Job[] {
  if (message.type === 'snapshot') return message.jobs;
  return message.type === 'job' ? [message.job] : [];
}
