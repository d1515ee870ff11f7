import type { Job } from '../../contract/activity.ts';
import type { Evacuation, EvacuationMachine, GuestAway } from '../../contract/evacuate.ts';
import { ejectsOf, mediaOf } from '../../contract/migrate-ejects.ts';
import {
  shownDisks,
  usualMigration,
  type MigrateInput,
  type MigratePlan,
  type MigrateStays,
} from '../../contract/migrate.ts';
import { CliError, failureOf, failureText, UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { table } from '../table.ts';
import { runJob } from './jobs.ts';
import { ejectMedia, staysText } from './migrate.ts';
import { oneHost } from './net-change.ts';

export interface EvacuateFlags {
  readonly to: string[];
  readonly atOnce: number;
  readonly deleteSource: boolean;
  /** Also where libvirt cannot tell that storage is shared. */
  readonly unsafe: boolean;
  /** Media that keep a machine where it is are taken out of their drives first. */
  readonly eject: boolean;
  /** The way back. */
  readonly home: boolean;
  readonly dryRun: boolean;
}

const MOST_AT_ONCE = 20;
/** Machines that are looked at at one time: each is a dozen calls to both hosts. */
const LOOKS_AT_ONCE = 3;

/** Empties a host, or fills it again with what it had. */
export async function evacuateHost(
  session: FleetSession,
  named: string,
  flags: EvacuateFlags,
): Promise<void> {
  if (flags.atOnce > MOST_AT_ONCE) throw new UsageError(`--at-once can be at most ${MOST_AT_ONCE}.`);
  if (flags.home && session.keepsNothing)
    throw new UsageError('Who lives where is kept of the saved hosts: bring machines home without -c.');
  await session.connectAny();
  const host = oneHost(session, named);
  if (flags.home) return bringHome(session, host, flags);
  const to = flags.to.map((one) => oneHost(session, one));
  if (to.includes(host))
    throw new UsageError(`--to names ${session.hostName(host)} itself, which is to be emptied.`);
  const found = await session.client.migrate.evacuation({ host, to });
  if (flags.dryRun) return show(session, { ...found, host }, flags);
  const plan = flags.eject ? await ejected(session, { host, to }, found) : found;
  for (const { name, to: target, targets } of plan.machines)
    if (target === null)
      session.output.note(`${name} stays: ${targets[0]?.reasons[0] ?? 'no host takes it.'}`);
    else
      tellReplaced(session, {
        name,
        to: target,
        replaces: targets.find(({ host: one }) => one === target)?.replaces ?? [],
      });
  const moves = plan.machines.flatMap(({ uuid, to: target, targets }) => {
    const shown = targets.find((one) => one.host === target)?.disks;
    return target === null ? [] : [{ ...moveOf({ host, uuid, to: target }, flags), shown }];
  });
  if (session.keepsNothing && moves.length > 0)
    session.output.note('With -c it is not kept where they came from: --home will not know them.');
  const { atOnce } = flags;
  await go(session, moves, () => session.client.migrate.evacuate({ host, moves, atOnce }));
  const stays = plan.machines.length - moves.length;
  const held = plan.machines.filter((machine) => mediaOf(machine).length > 0);
  if (held.length > 0)
    session.output.note(
      `--eject takes the CDs out of the drives of ${held.map(({ name }) => name).join(', ')}.`,
    );
  if (stays > 0)
    throw new CliError({
      code: 'CONFLICT',
      message: `${stays} of ${plan.machines.length} machines stay on ${session.hostName(host)}.`,
    });
}

/** What is found when the media are out of their drives. */
async function ejected(
  session: FleetSession,
  asked: { readonly host: string; readonly to: string[] },
  found: Evacuation,
): Promise<Evacuation> {
  const held = found.machines.filter((machine) => mediaOf(machine).length > 0);
  for (const machine of held)
    await tried(session, machine.name, () =>
      ejectMedia(session, { ...machine, host: asked.host }, mediaOf(machine)),
    );
  return held.length === 0 ? found : session.client.migrate.evacuation(asked);
}

async function bringHome(session: FleetSession, home: string, flags: EvacuateFlags): Promise<void> {
  const away = await session.client.migrate.away({ host: home });
  const moves = away.map(({ host, uuid }) => moveOf({ host, uuid, to: home }, flags));
  if (flags.dryRun) return showHome(session, away, moves);
  const able = new Map<MigrateInput, MigrateInput>();
  const queue = moves.map((move, at) => ({ move, name: away[at]?.name ?? move.uuid }));
  const work = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const { move, name } = one;
      await tried(session, name, async () => able.set(move, await prepareHome(session, name, move, flags)));
    }
  };
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, work));
  const ready = moves.flatMap((move) => able.get(move) ?? []);
  await go(session, ready, () => session.client.migrate.runMany({ moves: ready, atOnce: flags.atOnce }));
  const stay = moves.length - ready.length;
  if (stay > 0)
    throw new CliError({
      code: 'CONFLICT',
      message: `${stay} of ${moves.length} machines do not come home to ${session.hostName(home)}.`,
    });
}

/** Says what is replaced at home, and takes out what keeps the machine from going there. @returns the move, with what its disks are to do */
async function prepareHome(
  session: FleetSession,
  name: string,
  move: MigrateInput,
  { eject }: EvacuateFlags,
): Promise<MigrateInput> {
  const plan = await session.client.migrate.plan(move);
  const { items, replaces } = plan;
  const held = eject ? ejectsOf(items) : [];
  await ejectMedia(session, { ...move, name }, held);
  if (held.length > 0 || items.every(({ level }) => level !== 'stop'))
    tellReplaced(session, { name, to: move.to, replaces });
  return { ...move, shown: shownDisks(plan) };
}

/** Of one machine among several: what goes wrong is said, and the others go on. */
async function tried(session: FleetSession, name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    session.output.note(`${name}: ${failureText(failureOf(error))}`);
  }
}

function tellReplaced(
  session: FleetSession,
  of: { readonly name: string; readonly to: string; readonly replaces: readonly MigrateStays[] },
): void {
  const { name, to, replaces } = of;
  if (replaces.length > 0)
    session.output.note(`${name} replaces what it left on ${session.hostName(to)}: ${staysText(replaces)}.`);
}

async function showHome(
  session: FleetSession,
  away: readonly GuestAway[],
  moves: readonly MigrateInput[],
): Promise<void> {
  const rows: (GuestAway & { why: string; warnings: string[] } & Pick<MigratePlan, 'stays' | 'replaces'>)[] =
    [];
  for (const [at, move] of moves.entries()) {
    const one = away[at];
    if (one === undefined) continue;
    try {
      const { items, stays, replaces } = await session.client.migrate.plan(move);
      const why = items.find(({ level }) => level === 'stop')?.message ?? '';
      const warnings = items.flatMap(({ level, message }) => (level === 'warn' ? [message] : []));
      rows.push({ ...one, why, warnings, stays, replaces });
    } catch (error) {
      rows.push({ ...one, why: failureOf(error).message, warnings: [], stays: [], replaces: [] });
    }
  }
  type Row = (typeof rows)[number];
  session.output.either(rows, () => {
    if (rows.length === 0) {
      session.output.line('None of its machines is known to be on another host.');
      return;
    }
    const columns = [
      { title: 'MACHINE', value: ({ name }: Row) => name },
      { title: 'IS ON', value: ({ host }: Row) => session.hostName(host) },
      { title: 'STAYS THERE', value: ({ stays }: Row) => staysText(stays) },
      { title: 'REPLACES', value: ({ replaces }: Row) => staysText(replaces) },
      { title: '', value: ({ why, warnings }: Row) => [why, ...warnings].join(' ').trim() },
    ];
    for (const line of table(columns, rows)) session.output.line(line);
  });
}

function moveOf(
  ends: Pick<MigrateInput, 'host' | 'uuid' | 'to'>,
  { deleteSource, unsafe, eject }: EvacuateFlags,
): MigrateInput {
  // Also what the target's pool is seen not to have when the move begins.
  return { ...usualMigration(ends), deleteSource, unsafe, eject };
}

async function go(
  session: FleetSession,
  moves: readonly MigrateInput[],
  start: () => Promise<{ job: string }>,
): Promise<void> {
  const { output } = session;
  if (moves.length === 0) {
    output.either([], () => output.line('Nothing to move.'));
    return;
  }
  let log: Job['log'] = [];
  const tell = (): void => log.forEach(({ text }) => output.line(text));
  try {
    await runJob(session, start, (job) => (log = job.log));
  } catch (error) {
    // Some have gone all the same, and have left something.
    if (!output.json) tell();
    throw error;
  }
  output.either(
    moves.map(({ uuid, host, to }) => ({ uuid, from: session.hostName(host), to: session.hostName(to) })),
    tell,
  );
}

function show(
  session: FleetSession,
  { host, ...plan }: Evacuation & { readonly host: string },
  { eject, deleteSource }: EvacuateFlags,
): void {
  const { output } = session;
  output.either(plan, () => {
    if (plan.machines.length === 0) {
      output.line(`${session.hostName(host)} has no machines.`);
      return;
    }
    const found = (machine: EvacuationMachine): string => {
      const { to, targets } = machine;
      const there = targets.find(({ host }) => host === to);
      const media = mediaOf(machine);
      const first =
        media.length === 0
          ? []
          : [`${eject ? 'Ejects' : '--eject takes out'} ${media.map(({ path }) => path).join(', ')}.`];
      const stays =
        deleteSource || there === undefined || there.stays.length === 0
          ? []
          : [`Stays here: ${staysText(there.stays)}.`];
      const replaced =
        (there?.replaces ?? []).length === 0
          ? []
          : [`Replaces what it left there: ${staysText(there?.replaces ?? [])}.`];
      return [...((there ?? targets[0])?.reasons ?? []), ...first, ...stays, ...replaced].join(' ');
    };
    const columns = [
      { title: 'MACHINE', value: ({ name }: EvacuationMachine) => name },
      {
        title: 'GOES TO',
        value: (machine: EvacuationMachine) =>
          machine.to !== null
            ? session.hostName(machine.to)
            : eject && mediaOf(machine).length > 0
              ? 'once ejected'
              : 'stays',
      },
      { title: '', value: found },
    ];
    for (const line of table(columns, plan.machines)) output.line(line);
  });
}
