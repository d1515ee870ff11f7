import type { CoreClient } from '../../bridge/rpc-client.ts';
import type { ActivityMessage, Job } from '../../contract/activity.ts';
import { isRound } from '../../contract/migrate-steps.ts';
import { timeLeft } from '../../contract/time-left.ts';
import { CliError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { percent, rate } from '../format.ts';

/** What a person ends a command with. */
const ENDING = ['SIGINT', 'SIGTERM'] as const;

/** Plans are made of what hosts and sources tell, also right before a job begins. */
export const LOOKING = 'Looking at what it takes…';

/** Starts a job, shows on a terminal how far it is, and waits for its end. Fails with the job's failure. */
export async function runJob(
  session: FleetSession,
  start: () => Promise<{ job: string }>,
  onJob: (job: Job) => void = () => undefined,
): Promise<Job> {
  let now: Job | null = null;
  let isTold = false;
  const stop = (signal: NodeJS.Signals): void => {
    session.output.progress('');
    // A job without steps has nothing that could be gone on with, unless it is made of jobs that have.
    if (now !== null && now.finishedAt === null && (now.steps.length > 0 || isRound(now))) {
      if (isRound(now)) for (const { text } of now.log) session.output.aside(text);
      session.output.aside(leftWords(session, now));
    }
    process.kill(process.pid, signal);
  };
  for (const signal of ENDING) process.once(signal, stop);
  try {
    session.output.progress(LOOKING);
    const done = await jobDone(session.client, start, (job) => {
      now = job;
      onJob(job);
      if (job.state === 'waiting' && !isTold) {
        isTold = true;
        session.output.progress('');
        for (const line of waitsWhy(job)) session.output.aside(line);
      }
      session.output.progress(progressText(job));
    });
    session.output.progress('');
    for (const { text } of done.log.filter(({ remark }) => remark === true)) session.output.note(text);
    return done;
  } finally {
    for (const signal of ENDING) process.off(signal, stop);
    session.output.progress('');
  }
}

/** What becomes of a job whose command ends in the middle of it. */
export function leftWords(session: Pick<FleetSession, 'hostName'>, job: Job): string {
  const { kind, name, host, hosts = [host], steps } = job;
  const next = 'A Virtlane that is open, else its next start,';
  if (isRound(job))
    return `Nothing more is begun, and each machine that is on its way is left as it stands. ${next} ends its move without asking: it stays where it was, unless it is on its new host before that. Where it had not come so far, that is asked: virtlane jobs lists it. The same command moves the rest.`;
  const moves = kind === 'migrate' && steps.some(({ id, state }) => id === 'move' && state === 'running');
  const [from = '', to = ''] = hosts.map((id) => session.hostName(id));
  const either = `${name} is left as it stands: what it has made or changed stays until virtlane jobs resume ${name} goes on with it, or virtlane jobs undo ${name} takes it back. ${next} asks which`;
  if (kind === 'clone')
    return `${either}; file systems that were brought to rest for a copy are let go without asking.`;
  return moves
    ? `The move of ${name} is left as it stands. ${next} ends it without asking, and by command virtlane jobs undo ${name} does: ${name} stays on ${from}, unless it is on ${to} before that.`
    : `${either}; what is not to stay between two hosts is settled there without asking.`;
}

/** Why it is taken back, whom it waits for, and what may be left until then. */
function waitsWhy({ because = '', waitsFor, mayBeLeft }: Job): string[] {
  const away = waitsFor.join(', ');
  const silent = away === '' ? '' : `${away} ${waitsFor.length === 1 ? 'does' : 'do'} not answer.`;
  return [`${because} ${silent}`.trim(), ...mayBeLeft.map((thing) => `May be left: ${thing}`)];
}

function progressText(job: Job): string {
  const { name, state: now, steps, waitsFor, progress, bytesPerSecond, secondsLeft, log } = job;
  // Only a host that is away knows more.
  if (now === 'settling' || now === 'waiting') return log.at(-1)?.text ?? name;
  const step = steps.find(({ state }) => state === 'running' || state === 'undoing');
  return [
    step?.title ?? name,
    ...(waitsFor.length === 0 ? [] : [`waiting for ${waitsFor.join(', ')}`]),
    ...(progress === null ? [] : [percent(100 * progress)]),
    ...(bytesPerSecond === null ? [] : [rate(bytesPerSecond)]),
    ...(secondsLeft === null ? [] : [`${timeLeft(secondsLeft)} left`]),
  ].join(', ');
}

/** Starts a job and waits for its end. Fails with the job's failure. */
export async function jobDone(
  client: CoreClient,
  start: () => Promise<{ job: string }>,
  onJob: (job: Job) => void = () => undefined,
): Promise<Job> {
  const abort = new AbortController();
  // Subscribed before it starts, so that no end is missed.
  const messages = await client.activity.watch(undefined, { signal: abort.signal });
  try {
    const { job: id } = await start();
    for await (const message of messages) {
      const job = jobsIn(message).find((candidate) => candidate.id === id);
      if (job === undefined) continue;
      onJob(job);
      if (job.finishedAt === null) continue;
      if (job.state === 'done') return job;
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
