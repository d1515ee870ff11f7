import { z } from 'zod';
import { FailureError } from '../../../hosts/failures.ts';
import type { StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { leaseFile, watching } from './lease.ts';
import { overSourceLinks, uninterrupted, type SourceHost } from './source-host.ts';
import { sourceParams, type SourceOf } from './source-params.ts';

export const servicesParams = sourceParams.extend({
  /** Tells what of the source is the job's; letters, digits and dashes. */
  tag: z.string().regex(/^[A-Za-z0-9-]+$/),
  /** Units of systemd, as a person named them. */
  services: z.array(z.string()),
});
type ServicesParams = z.infer<typeof servicesParams>;

/** Those that ran, and are started again; also such as systemd has stopped along with the ones that were named. */
const stopped = z.object({ tag: z.string(), units: z.array(z.string()) });
export type Stopped = z.infer<typeof stopped>;

/**
 * Stops services of the source, so that what they write is whole on its disks. They are started again by `p2v.release`, by the undo, and by the source
 * itself when it hears nothing of the job for half an hour.
 */
export function servicesStep(sourceOf: SourceOf): StepKind {
  return stepKind<ServicesParams, Stopped>({
    name: 'p2v.quiesce',
    params: servicesParams,
    check(params, step) {
      const host = sourceOf(params.source, step);
      const wrong = params.services.find((name) => !/^[\w@.:\\-]+$/.test(name) || name.startsWith('-'));
      if (wrong !== undefined)
        throw new FailureError({
          code: 'BAD_INPUT',
          message: `${wrong} is no name of a service of ${host.name}.`,
        });
      return Promise.resolve();
    },
    async run(params, step) {
      const host = sourceOf(params.source, step);
      const active = await activeUnits(host, step.signal);
      const named = params.services.map(unitOf).filter((unit) => active.includes(unit));
      const units = await stoppedAlong(host, { named, active }, step.signal);
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
      const noted = stopped.safeParse(step.noted()).data;
      if (noted !== undefined) await startServices(sourceOf(params.source, step), noted, step);
    },
    leaves: ({ services, source }) =>
      `${services.join(', ')} on ${source.target}, which may be stopped for half an hour yet`,
    namesHosts: true,
    apart: true,
  });
}

async function stop(host: SourceHost, all: Stopped, step: StepContext): Promise<Stopped> {
  const { tag, units } = all;
  if (units.length === 0) return all;
  const { signal } = step;
  const watch = watching(tag, 'services', { script: 'systemctl start -- "$@"', args: units });
  const unwatched = `Nothing could be started on ${host.name} that watches over its services.`;
  await program(host, watch, unwatched, signal);
  const failed = `${units.join(', ')} on ${host.name} could not be stopped.`;
  await program(host, uninterrupted(['systemctl', 'stop', '--', ...units]), failed, signal);
  step.log(`${host.name}: ${units.join(', ')} stopped`);
  return all;
}

/** By which systemd stops a unit along with another one (systemd.unit(5)). */
const ALONG = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo'];

/** Services and those that run and need them, which are stopped along with them. What ends by itself meanwhile is none of these. */
async function stoppedAlong(
  host: SourceHost,
  { named, active }: { readonly named: readonly string[]; readonly active: readonly string[] },
  signal: AbortSignal,
): Promise<string[]> {
  const all = new Set(named);
  const properties = ALONG.map((name) => `--property=${name}`);
  for (let next = [...named]; next.length > 0;) {
    const argv = ['systemctl', 'show', ...properties, '--', ...next];
    const { stdout } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
    const found = stdout.split('\n').flatMap((line) => line.slice(line.indexOf('=') + 1).split(/\s+/));
    next = active.filter((unit) => unit.endsWith('.service') && found.includes(unit) && !all.has(unit));
    for (const unit of next) all.add(unit);
  }
  return [...all];
}

/** Starts services again; those that run go on. @throws FailureError */
export async function startServices(
  host: SourceHost,
  { tag, units }: Stopped,
  { signal, log }: Pick<StepContext, 'signal' | 'log'>,
): Promise<void> {
  if (units.length === 0) return;
  const failed = `${units.join(', ')} on ${host.name} could not be started.`;
  await program(host, uninterrupted(['systemctl', 'start', '--', ...units]), failed, signal);
  await program(host, ['rm', '-f', leaseFile(tag, 'services')], failed, signal);
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
  return stdout.split('\n').flatMap((line) => line.trim().split(/\s+/, 1));
}

async function program(
  host: SourceHost,
  argv: readonly string[],
  failed: string,
  signal: AbortSignal,
): Promise<void> {
  const { status, stderr } = await overSourceLinks(host, signal, (exec) => exec(argv, { signal }));
  if (status !== 0) throw new FailureError({ code: 'CONFLICT', message: failed, detail: stderr.trim() });
}
