import type { Evacuation, EvacuationMachine } from '../../contract/evacuate.ts';
import { usualMigration, type MigrateInput } from '../../contract/migrate.ts';
import { CliError, UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { table } from '../table.ts';
import { runJob } from './jobs.ts';
import { oneHost } from './net-change.ts';

export interface EvacuateFlags {
  readonly to: string[];
  readonly atOnce: number;
  readonly deleteSource: boolean;
  /** The way back. */
  readonly home: boolean;
  readonly dryRun: boolean;
}

const MOST_AT_ONCE = 20;

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
  const plan = await session.client.migrate.evacuation({ host, to });
  if (flags.dryRun) return show(session, plan);
  for (const { name, to: target, targets } of plan.machines)
    if (target === null)
      session.output.note(`${name} stays: ${targets[0]?.reasons[0] ?? 'no host takes it.'}`);
  const moves = plan.machines.flatMap(({ uuid, to: target }) =>
    target === null ? [] : [moveOf({ host, uuid, to: target }, flags)],
  );
  if (session.keepsNothing && moves.length > 0)
    session.output.note('With -c it is not kept where they came from: --home will not know them.');
  const { atOnce } = flags;
  await go(session, moves, () => session.client.migrate.evacuate({ host, moves, atOnce }));
  const stays = plan.machines.length - moves.length;
  if (stays > 0)
    throw new CliError({
      code: 'CONFLICT',
      message: `${stays} of ${plan.machines.length} machines stay on ${session.hostName(host)}.`,
    });
}

async function bringHome(session: FleetSession, home: string, flags: EvacuateFlags): Promise<void> {
  const away = await session.client.migrate.away({ host: home });
  if (flags.dryRun) {
    session.output.either(away, () => {
      const columns = [
        { title: 'MACHINE', value: ({ name }: (typeof away)[number]) => name },
        { title: 'IS ON', value: ({ host }: (typeof away)[number]) => session.hostName(host) },
      ];
      for (const line of table(columns, away)) session.output.line(line);
    });
    return;
  }
  const moves = away.map(({ host, uuid }) => moveOf({ host, uuid, to: home }, flags));
  await go(session, moves, () => session.client.migrate.runMany({ moves, atOnce: flags.atOnce }));
}

function moveOf(
  ends: Pick<MigrateInput, 'host' | 'uuid' | 'to'>,
  { deleteSource }: EvacuateFlags,
): MigrateInput {
  return { ...usualMigration(ends), deleteSource };
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
  const { log } = await runJob(session, start);
  output.either(
    moves.map(({ uuid, host, to }) => ({ uuid, from: session.hostName(host), to: session.hostName(to) })),
    () => {
      for (const { text } of log) output.line(text);
    },
  );
}

function show(session: FleetSession, plan: Evacuation): void {
  const { output } = session;
  output.either(plan, () => {
    const found = ({ to, targets }: EvacuationMachine): string =>
      (targets.find(({ host }) => host === to) ?? targets[0])?.reasons.join(' ') ?? '';
    const columns = [
      { title: 'MACHINE', value: ({ name }: EvacuationMachine) => name },
      {
        title: 'GOES TO',
        value: ({ to }: EvacuationMachine) => (to === null ? 'stays' : session.hostName(to)),
      },
      { title: '', value: found },
    ];
    for (const line of table(columns, plan.machines)) output.line(line);
  });
}
