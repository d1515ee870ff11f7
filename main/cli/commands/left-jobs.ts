import type { Job } from '../../contract/activity.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { Unreachable, type FleetSession } from '../fleet-session.ts';
import { clock, percent } from '../format.ts';
import { answeringSources } from '../source-questions.ts';
import { table } from '../table.ts';
import { runJob } from './jobs.ts';

/** So much of an id is shown, and taken. */
const SHORT_ID = 8;

/** Kinds of jobs. */
const MAKES_MACHINES: ReadonlySet<string> = new Set(['create', 'clone']);

type Choice = 'goOn' | 'undo';

/** Lists the jobs whose program died: what they were about, how far they came, what they may have left; and those that another Virtlane works on. */
export async function listLeftJobs(session: FleetSession): Promise<void> {
  const { output, client } = session;
  const jobs = await client.activity.leftJobs();
  output.either(
    jobs.map((job) => jobJson(session, job)),
    () => {
      if (jobs.length === 0) return output.note('No job is left that was not brought to its end.');
      const lines = table<Job>(
        [
          { title: 'JOB', value: ({ id }) => id.slice(0, SHORT_ID) },
          { title: 'WHAT', value: ({ kind }) => kind },
          { title: 'NAME', value: ({ name }) => name },
          {
            title: 'HOST',
            value: (job) => hostsOf(session, job).join(job.kind === 'migrate' ? ' → ' : ', '),
          },
          { title: 'STATE', value: stateText },
          { title: 'DONE', value: doneText },
          { title: 'STARTED', value: ({ startedAt }) => clock(startedAt) },
        ],
        jobs,
      );
      for (const line of lines) output.line(line);
      const left = jobs.filter(isLeft);
      for (const { id, mayBeLeft } of left)
        for (const thing of mayBeLeft) output.line(`${id.slice(0, SHORT_ID)} may have left: ${thing}`);
      for (const { id } of left.filter(({ onlyBack }) => onlyBack === true))
        output.line(
          `${id.slice(0, SHORT_ID)} can only be taken back: what it was told (a password, keys, what a first boot is told) was not kept when its program ended.`,
        );
      const goesOn = left.some(({ onlyBack }) => onlyBack !== true)
        ? 'virtlane jobs resume JOB goes on with one, '
        : '';
      if (left.length > 0) output.note(`${goesOn}virtlane jobs undo JOB takes it back.`);
    },
  );
}

/** No program works on it. */
const isLeft = ({ elsewhere }: Job): boolean => elsewhere !== true;

function stateText({ state, elsewhere }: Job): string {
  if (elsewhere !== true) return state;
  return state === 'undoing' ? 'taken back in another Virtlane' : 'goes on in another Virtlane';
}

/** A job of several machines has no steps; how far one is that somebody works on its program tells. */
function doneText({ steps, progress }: Job): string {
  return [
    ...(steps.length === 0 ? [] : [`${countDone(steps)} of ${steps.length} steps`]),
    ...(progress === null ? [] : [percent(100 * progress)]),
  ].join(', ');
}

/** Goes on with such a job from where it stood, and waits for its end. */
export async function resumeLeftJob(session: FleetSession, text: string): Promise<void> {
  const job = await found(session, text);
  await reach(session, job);
  const ended = await choose(session, job, 'goOn');
  tell(session, ended, 'done');
}

/** Takes back what such a job has done, and waits for that. Where it is past its last way back it goes on instead, which is said. */
export async function undoLeftJob(
  session: FleetSession,
  text: string,
  { yes }: { readonly yes: boolean },
): Promise<void> {
  const job = await found(session, text);
  await confirmUndo(session, job, yes);
  await reach(session, job);
  const ended = await choose(session, job, 'undo');
  tell(session, ended, ended.state === 'done' ? 'done already, and not taken back' : 'taken back');
}

async function confirmUndo(session: FleetSession, { kind, name, steps }: Job, yes: boolean): Promise<void> {
  if (yes) return;
  const { output } = session;
  if (!session.canAsk)
    throw new UsageError('What the job has done would go. There is no terminal to ask at: say --yes.');
  const done = steps.filter(({ state }) => state === 'done');
  const made = MAKES_MACHINES.has(kind)
    ? ' A machine that it made goes, also while it runs, with its disks.'
    : '';
  output.aside(
    done.length === 0
      ? 'No step of it is done: what its first may have done is undone.'
      : `What it has done is undone, and so is what its last step may have done.${made} Done so far:`,
  );
  for (const { title } of done) output.aside(`  ${title}`);
  if (!(await session.confirm(`Take back ${kind} of ${name}? Type yes to take it back: `)))
    throw new CliError({ code: 'CANCELLED', message: 'Nothing was taken back.' });
}

/** The one job of that id, of an id that begins so, or of that name. @throws {UsageError} */
async function found({ client }: FleetSession, text: string): Promise<Job> {
  const jobs = await client.activity.leftJobs();
  const wanted = text.toLowerCase();
  const byId = jobs.filter(({ id }) => id === wanted || (wanted.length >= SHORT_ID && id.startsWith(wanted)));
  const matching = byId.length > 0 ? byId : jobs.filter(({ name }) => name === text);
  const [job] = matching;
  if (job === undefined)
    throw new UsageError(`There is no job ${text} that is left. virtlane jobs lists them.`);
  if (!matching.some(isLeft))
    throw new CliError({
      code: 'CONFLICT',
      message: `Another Virtlane works on ${job.kind} of ${job.name}: it brings it to its end.`,
    });
  if (matching.length > 1) {
    const ids = matching.map(({ id }) => id.slice(0, SHORT_ID)).join(', ');
    throw new UsageError(`${text} is the name of several jobs: ${ids}. Say which one.`);
  }
  return job;
}

/** Its hosts are there: a command does not wait for them for ever. A host whose id is not listed may be there under another one. */
async function reach(session: FleetSession, job: Job): Promise<void> {
  const ids = job.hosts ?? [job.host];
  const listed = new Set(session.hosts.map(({ id }) => id));
  await session.connectAny(ids.every((id) => listed.has(id)) ? new Set(ids) : null);
  if (session.exitCode === EXIT.unreachable) throw new Unreachable();
}

/** @returns the job as it ended; one that was to be taken back, and was, whole. @throws {CliError} its failure */
async function choose(session: FleetSession, { id, kind }: Job, choice: Choice): Promise<Job> {
  let last: Job | null = null;
  const start = async (): Promise<{ job: string }> => {
    await session.client.activity.resumeJob({ job: id, choice });
    return { job: id };
  };
  try {
    const ended = (): Promise<Job> => runJob(session, start, (job) => (last = job));
    // What it is made of may be on another machine, whose login asks.
    return await (kind === 'create' ? answeringSources(session, ended) : ended());
  } catch (error) {
    const ended = last as Job | null;
    if (choice === 'undo' && ended !== null && ended.finishedAt !== null && ended.mayBeLeft.length === 0)
      return ended;
    throw error;
  }
}

function tell(session: FleetSession, job: Job, what: string): void {
  session.output.either(jobJson(session, job), () =>
    session.output.line(`${job.kind} of ${job.name}: ${what}`),
  );
}

/** The stable JSON of a job (docs/cli.md). */
function jobJson(session: FleetSession, job: Job): Record<string, unknown> {
  const { id, kind, name, uuid, state, startedAt, finishedAt, steps, mayBeLeft, progress, elsewhere } = job;
  return {
    id,
    kind,
    name,
    uuid,
    hosts: hostsOf(session, job),
    state,
    startedAt,
    finishedAt,
    steps,
    mayBeLeft,
    progress,
    ...(elsewhere === undefined ? {} : { elsewhere }),
  };
}

function hostsOf(session: FleetSession, { host, hosts = [host] }: Job): string[] {
  return hosts.map((id) => session.hostName(id));
}

function countDone(steps: Job['steps']): number {
  return steps.filter(({ state }) => state === 'done').length;
}
