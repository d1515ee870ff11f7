import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import type { Json, StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { assertAlone, leaseFile, watching } from '../../source/lease.ts';
import { runsOthers } from './others-services.ts';
import { endsWell, overSourceLinks, uninterrupted, type SourceHost } from '../../source/source-host.ts';
import { taggedParams, type SourceOf } from './source-params.ts';

export const servicesParams = taggedParams.extend({
  /** Units of systemd, as a person named them. */
  services: z.array(z.string()),
});
type ServicesParams = z.infer<typeof servicesParams>;

/** Those that ran, and are started again; also such as systemd has stopped along with the ones that were named. */
const stopped = z.object({ tag: z.string(), units: z.array(z.string()) });
export type Stopped = z.infer<typeof stopped>;

/** `started`: the job itself has started them again. */
const servicesNote = stopped.extend({ started: z.literal(true).optional() });

/**
 * Stops services of the source, so that what they write is whole on its disks. They are started again by `p2v.release`, by the undo, and by the source
 * itself when it hears nothing of the job for half an hour.
 */
export function servicesStep(sourceOf: SourceOf): StepKind {
  return stepKind<ServicesParams, Stopped>({
    name: 'p2v.quiesce',
    params: servicesParams,
    async check(params, step) {
      const host = sourceOf(params.source, step);
      const wrong = params.services.find((name) => !/^[\w@.:\\-]+$/.test(name) || name.startsWith('-'));
      if (wrong !== undefined)
        throw new FailureError({
          code: 'BAD_INPUT',
          message: `${wrong} is no name of a service of ${host.name}.`,
        });
      await assertAlone(host, params.tag, step.signal);
    },
    async run(params, step) {
      const host = sourceOf(params.source, step);
      const active = await activeUnits(host, step.signal);
      const named = params.services.map(unitOf).filter((unit) => active.includes(unit));
      const services = await stoppedAlong(host, { named, active }, step.signal);
      const others = services.filter(runsOthers);
      if (others.length > 0)
        throw new FailureError({
          code: 'CONFLICT',
          message: `${others.join(', ')} on ${host.name} would be stopped with ${named.join(', ')}: containers or guests of it would not all run again as they do now. Stop them and it yourself while it is copied.`,
        });
      // What would start them again rests first, and is there again before them.
      const units = [...(await startersOf(host, { services, active }, step.signal)), ...services];
      await step.note({ tag: params.tag, units });
      return stop(host, { tag: params.tag, units }, step);
    },
    // Stopping again does no harm, and the note tells what ran.
    async settle(params, step) {
      const noted = stopped.safeParse(step.noted()).data;
      if (noted === undefined) return { done: false };
      const host = sourceOf(params.source, step);
      return { done: true, result: await stop(host, noted, step) };
    },
    async undo(params, _result, step) {
      const noted = servicesNote.safeParse(step.noted()).data;
      const host = sourceOf(params.source, step);
      if (noted === undefined) return;
      const { signal } = step;
      // What somebody has stopped once they ran again is theirs.
      const runAgain =
        noted.started === true ||
        (!(await isLeased(host, noted, signal)) && (await hasStarted(host, noted, signal)));
      if (!runAgain) return startServices(host, noted, step);
      await overSourceLinks(host, signal, (exec) => exec(['rm', '-f', ...filesOf(noted)], { signal }));
    },
    leaves: ({ services, source }) =>
      `${services.join(', ')} on ${source.target}, which may be stopped for half an hour yet`,
    namesHosts: true,
    apart: true,
  });
}

/** Those that a step has stopped; null: none were to be. @throws FailureError CONFLICT where that is not known */
export function stoppedFor(host: SourceHost, by: string | null, step: StepContext): Stopped | null {
  if (by === null) return null;
  const all = stoppedBy(step.result(by));
  if (all !== null) return all;
  throw new FailureError({ code: 'CONFLICT', message: `No services of ${host.name} were stopped.` });
}

/** They stand still since they were stopped. */
export async function stillRest(host: SourceHost, all: Stopped, signal: AbortSignal): Promise<boolean> {
  return all.units.length === 0 || (await isLeased(host, all, signal));
}

/**
 * They are to stand still: where the source has heard nothing of the job for long, or was started anew, it has started them.
 * @throws FailureError
 */
export async function stopAgain(host: SourceHost, all: Stopped, step: StepContext): Promise<void> {
  if (await stillRest(host, all, step.signal)) return;
  step.log(`${host.name} has started its services again: they are stopped once more`);
  await stop(host, all, step);
}

/** The source has not started them by itself. */
function isLeased(host: SourceHost, { tag }: Stopped, signal: AbortSignal): Promise<boolean> {
  return isThere(host, leaseFile(tag, 'services'), signal);
}

/** The source has started them by itself, all of them, and was not started anew since. */
function hasStarted(host: SourceHost, all: Stopped, signal: AbortSignal): Promise<boolean> {
  return isThere(host, startedFile(all), signal);
}

async function isThere(host: SourceHost, file: string, signal: AbortSignal): Promise<boolean> {
  const argv = ['test', '-e', file];
  return (await overSourceLinks(host, signal, (exec) => exec(argv, { signal }))).status === 0;
}

/** Of the source: there once its watch has started the services, and nothing of that went wrong. */
function startedFile({ tag }: Stopped): string {
  return `${leaseFile(tag, 'services')}.started`;
}

function filesOf(all: Stopped): string[] {
  return [leaseFile(all.tag, 'services'), startedFile(all)];
}

/** What its watch does: the lease is gone by then. */
const START = 'started=$1; shift; systemctl start -- "$@" && touch "$started"';

async function stop(host: SourceHost, all: Stopped, step: StepContext): Promise<Stopped> {
  const { tag, units } = all;
  if (units.length === 0) return all;
  const { signal } = step;
  const watch = watching(tag, 'services', { script: START, args: [startedFile(all), ...units] });
  const unwatched = `Nothing could be started on ${host.name} that watches over its services.`;
  await endsWell(host, watch, unwatched, { signal });
  await assertAlone(host, tag, signal);
  const failed = `${units.join(', ')} on ${host.name} could not be stopped.`;
  // Of an earlier time.
  await endsWell(host, ['rm', '-f', startedFile(all)], failed, { signal });
  await endsWell(host, uninterrupted(['systemctl', 'stop', '--', ...units]), failed, { signal });
  const running = (await activeUnits(host, signal)).filter((unit) => units.includes(unit));
  if (running.length > 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `${running.join(', ')} on ${host.name} was started again by something while it was to stand still: find out what does (systemctl status), and stop that, too.`,
    });
  step.log(`${host.name}: ${units.join(', ')} stopped`);
  return all;
}

/** By which systemd stops a unit along with another one (systemd.unit(5)). */
const ALONG = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo'];

/** Sockets, timers and paths that systemd starts services by, of those that are active. */
async function startersOf(
  host: SourceHost,
  { services, active }: { readonly services: readonly string[]; readonly active: readonly string[] },
  signal: AbortSignal,
): Promise<string[]> {
  if (services.length === 0) return [];
  const found = await propertiesOf(host, ['TriggeredBy'], { units: services, signal });
  return active.filter((unit) => found.has(unit) && !services.includes(unit));
}

/** Units that these properties of others name. */
async function propertiesOf(
  host: SourceHost,
  properties: readonly string[],
  { units, signal }: { readonly units: readonly string[]; readonly signal: AbortSignal },
): Promise<Set<string>> {
  const asked = properties.map((name) => `--property=${name}`);
  const argv = ['systemctl', 'show', ...asked, '--', ...units];
  const { stdout } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  const words = stdout.split('\n').flatMap((line) => line.slice(line.indexOf('=') + 1).split(/\s+/));
  return new Set(words.filter((word) => word !== ''));
}

/** Services and those that run and need them, which are stopped along with them. What ends by itself meanwhile is none of these. */
async function stoppedAlong(
  host: SourceHost,
  { named, active }: { readonly named: readonly string[]; readonly active: readonly string[] },
  signal: AbortSignal,
): Promise<string[]> {
  const all = new Set(named);
  for (let next = [...named]; next.length > 0;) {
    const found = await propertiesOf(host, ALONG, { units: next, signal });
    next = active.filter((unit) => unit.endsWith('.service') && found.has(unit) && !all.has(unit));
    for (const unit of next) all.add(unit);
  }
  return [...all];
}

/**
 * Starts services again; those that run go on.
 * @param started is told once they run, before the source is told to watch over them no more
 * @throws FailureError
 */
export async function startServices(
  host: SourceHost,
  all: Stopped,
  {
    signal,
    log,
    started = () => Promise.resolve(),
  }: Pick<StepContext, 'signal' | 'log'> & { readonly started?: (note: Json) => Promise<void> },
): Promise<void> {
  const { tag, units } = all;
  if (units.length === 0) return;
  const failed = `${units.join(', ')} on ${host.name} could not be started.`;
  await endsWell(host, uninterrupted(['systemctl', 'start', '--', ...units]), failed, { signal });
  await started({ tag, units, started: true });
  await endsWell(host, ['rm', '-f', ...filesOf(all)], failed, { signal });
  log(`${host.name}: ${units.join(', ')} started again`);
}

/** What a step of that kind has stopped. @param result of it */
export function stoppedBy(result: unknown): Stopped | null {
  return stopped.safeParse(result).data ?? null;
}

function unitOf(name: string): string {
  return /\.[a-z]+$/.test(name) ? name : `${name}.service`;
}

async function activeUnits(host: SourceHost, signal: AbortSignal): Promise<string[]> {
  const argv = [
    'systemctl',
    'list-units',
    '--plain',
    '--no-legend',
    '--no-pager',
    '--state=active,activating,reloading',
  ];
  const { stdout } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  return stdout.split('\n').flatMap((line) =>
    line
      .trim()
      .split(/\s+/, 1)
      .filter((unit) => unit !== ''),
  );
}
