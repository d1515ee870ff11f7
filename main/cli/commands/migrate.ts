import type { Medium } from '../../contract/migrate-ejects.ts';
import type { MigrateInput, MigratePlan } from '../../contract/migrate.ts';
import { CliError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { bytes } from '../format.ts';
import { readPools } from '../storage-reads.ts';
import { table } from '../table.ts';
import { poolFor } from './create.ts';
import { runJob } from './jobs.ts';
import { oneHost } from './net-change.ts';

/** `pool`: its name. */
export type DiskChoice = MigrateInput['disks'][number];

export interface MigrateFlags {
  readonly pool?: string;
  readonly disk: DiskChoice[];
  readonly cpu?: string;
  readonly network: Record<string, string>;
  readonly via: MigrateInput['via'];
  readonly address?: string;
  readonly bandwidth?: number;
  readonly downtime?: number;
  readonly autoConverge: boolean;
  readonly drive: MigrateInput['drive'];
  readonly peerUri?: string;
  readonly tls: boolean;
  readonly tlsName?: string;
  readonly postCopy: boolean;
  readonly postCopyAfter?: number;
  readonly compress: MigrateInput['compression'];
  readonly parallel?: number;
  readonly name?: string;
  readonly keepDefinition: boolean;
  readonly unsafe: boolean;
  readonly deleteSource: boolean;
  /** Media that the target has not are taken out of their drives first. */
  readonly eject: boolean;
  readonly dryRun: boolean;
}

/** Moves a machine to another host, and says where it is then. */
export async function migrateMachine(
  session: FleetSession,
  { vm, host: named }: { vm: string; host: string },
  flags: MigrateFlags,
): Promise<void> {
  // Both hosts are needed, and which one has the machine only they know.
  await session.connectAny();
  const domain = session.find(vm);
  const to = oneHost(session, named);
  const isPoolNamed = flags.pool !== undefined || flags.disk.some(({ pool }) => pool !== null);
  const pools = isPoolNamed ? (await readPools(session)).filter(({ host }) => host === to) : [];
  const poolOf = (name: string | null | undefined): string | null =>
    name === null || name === undefined ? null : poolFor(pools, name, session.hostName(to)).uuid;
  const input: MigrateInput = {
    host: domain.host,
    uuid: domain.uuid,
    to,
    pool: poolOf(flags.pool),
    disks: flags.disk.map((disk) => ({ ...disk, pool: poolOf(disk.pool) })),
    cpu: flags.cpu ?? null,
    networks: flags.network,
    via: flags.via,
    address: flags.address ?? null,
    bandwidthMiBs: flags.bandwidth ?? null,
    downtimeMs: flags.downtime ?? null,
    autoConverge: flags.autoConverge,
    drive: flags.drive,
    peerUri: flags.peerUri ?? null,
    tls: flags.tls || flags.tlsName !== undefined,
    tlsName: flags.tlsName ?? null,
    postCopy: flags.postCopy || flags.postCopyAfter !== undefined,
    postCopyAfter: flags.postCopyAfter ?? null,
    compression: flags.compress,
    parallel: flags.parallel ?? null,
    name: flags.name ?? null,
    keepDefinition: flags.keepDefinition,
    unsafe: flags.unsafe,
    deleteSource: flags.deleteSource,
    eject: flags.eject,
  };
  if (flags.dryRun) {
    const plan = await session.client.migrate.plan(input);
    const [here, there] = [session.hostName(domain.host), session.hostName(to)];
    return show(session, { name: domain.name, plan, eject: flags.eject, from: here, to: there });
  }
  // What it answers is the plan: read beforehand too, a move would take twice as many calls before it begins.
  let stays: MigratePlan['stays'] = [];
  const { log } = await runJob(session, async () => {
    const { job, plan } = await session.client.migrate.run(input);
    for (const { level, message } of plan.items) if (level === 'warn') session.output.note(message);
    ({ stays } = plan);
    for (const { target, path } of plan.ejected ?? [])
      session.output.note(ejectedText(domain.name, target, path));
    if (plan.replaces.length > 0)
      session.output.note(`Replaces what it left on ${session.hostName(to)}: ${staysText(plan.replaces)}`);
    return { job };
  });
  const [from, there] = [session.hostName(domain.host), session.hostName(to)];
  const stood = log.map(({ text }) => /stood still for (\d+) ms/.exec(text)?.[1]).find(Boolean);
  const downtimeMs = stood === undefined ? null : Number(stood);
  const left = stays.map(({ path }) => path);
  if (stays.length > 0)
    session.output.note(
      `Stays on ${from}: ${staysText(stays)}. --delete-source deletes ${stays.length === 1 ? 'it' : 'them'}.`,
    );
  session.output.either({ uuid: domain.uuid, name: domain.name, from, to: there, downtimeMs, left }, () =>
    session.output.line(
      `${domain.name}: moved from ${from} to ${there}${downtimeMs === null ? '' : `, stood still for ${downtimeMs} ms`}`,
    ),
  );
}

export interface TuneFlags {
  readonly bandwidth?: number;
  readonly downtime?: number;
  readonly postCopy: boolean;
}

/** Changes a migration that another command, or a window, drives. */
export async function tuneMigration(session: FleetSession, vm: string, flags: TuneFlags): Promise<void> {
  const { bandwidth, downtime, postCopy } = flags;
  if (bandwidth === undefined && downtime === undefined && !postCopy)
    throw new CliError({
      code: 'BAD_INPUT',
      message: 'Say what is changed: --bandwidth, --downtime or --post-copy.',
    });
  await session.connectAny();
  const { host, uuid } = session.findMoving(vm);
  const { disksKeep } = await session.client.migrate.tune({
    host,
    uuid,
    ...(bandwidth === undefined ? {} : { bandwidthMiBs: bandwidth }),
    ...(downtime === undefined ? {} : { downtimeMs: downtime }),
    ...(postCopy ? { postCopy } : {}),
  });
  if (disksKeep)
    session.output.note(
      'Its disks are copied at the speed that the move began with: the new one counts for the memory, which comes after them. Cancel it and begin anew for another speed of the disks.',
    );
}

/** “default/web.qcow2, 2.1 GiB; default/web-seed.iso, 372 KiB” */
export function staysText(stays: readonly MigratePlan['stays'][number][]): string {
  return stays
    .map(({ pool, name, bytes: size }) =>
      [pool === null ? name : `${pool}/${name}`, ...(size === null ? [] : [bytes(size)])].join(', '),
    )
    .join('; ');
}

/** Takes media out of their drives, now and for later starts; the files stay. */
export async function ejectMedia(
  session: FleetSession,
  { host, uuid, name }: { readonly host: string; readonly uuid: string; readonly name: string },
  media: readonly Medium[],
): Promise<void> {
  for (const { target, path } of media) {
    await session.client.domain.eject({ host, uuid, target });
    session.output.note(ejectedText(name, target, path));
  }
}

function ejectedText(name: string, target: string, path: string): string {
  return `${path} is out of the drive ${target} of ${name}.`;
}

const SIGNS = { ok: 'ok', warn: 'warning', stop: 'STOP' } as const;

interface Shown {
  readonly name: string;
  readonly plan: MigratePlan;
  readonly eject: boolean;
  /** The hosts’ names. */
  readonly from: string;
  readonly to: string;
}

function show({ output }: FleetSession, { name, plan, eject, from, to }: Shown): void {
  const isMended = ({ fix }: MigratePlan['items'][number]): boolean => eject && fix?.kind === 'eject';
  const isStopped = plan.items.some((item) => item.level === 'stop' && !isMended(item));
  output.either(plan, () => {
    const columns = [
      { title: 'CHECK', value: ({ id }: MigratePlan['items'][number]) => id },
      {
        title: '',
        value: (item: MigratePlan['items'][number]) => (isMended(item) ? 'eject' : SIGNS[item.level]),
      },
      {
        title: 'WHY',
        value: ({ message, remedy }: MigratePlan['items'][number]) =>
          remedy === null ? message : `${message} ${remedy}`,
      },
    ];
    for (const line of table(columns, plan.items)) output.line(line);
    // What it would do, it does not do so.
    if (isStopped) return;
    for (const { target, way, source, path } of plan.disks)
      output.line(
        way === 'shared'
          ? `${target}: ${source}, on both hosts`
          : `${target}: ${from}:${source} to ${to}:${path}${way === 'either' ? ', if it is not there' : ''}`,
      );
    for (const { source, path } of plan.media) output.line(`CD: ${from}:${source} to ${to}:${path}`);
    for (const step of plan.steps) output.line(step);
    for (const one of plan.stays) output.line(`stays on ${from}: ${staysText([one])}`);
  });
  if (isStopped) throw new CliError({ code: 'BAD_INPUT', message: `${name} cannot be moved there so.` });
}
