import type { VirtioInput } from '../../contract/p2v.ts';
import { CliError, UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { findVolume, readPools } from '../storage-reads.ts';
import { poolFor } from './create.ts';
import { runJob } from './jobs.ts';

export interface VirtioFlags {
  readonly prepare: boolean;
  readonly finish: boolean;
  readonly drop: boolean;
  /** The volume of the drivers' CD, and its pool. */
  readonly drivers?: string;
  readonly pool?: string;
  readonly dryRun: boolean;
}

const DONE = { prepare: 'prepared for virtio', finish: 'on virtio', drop: 'as before' } as const;

/** Puts a machine on virtio, in two steps; `--dry-run` only says what that takes. */
export async function putOnVirtio(session: FleetSession, vm: string, flags: VirtioFlags): Promise<void> {
  const [act, other] = (['prepare', 'finish', 'drop'] as const).filter((one) => flags[one]);
  if (act === undefined || other !== undefined)
    throw new UsageError('Say --prepare, --finish when the system has installed the drivers, or --drop.');
  if (act !== 'prepare' && flags.drivers !== undefined)
    throw new UsageError('The drivers are for --prepare: leave --drivers out.');
  await session.connectFor([vm]);
  const { host, uuid, name } = session.find(vm);
  const input = {
    host,
    uuid,
    act,
    ...(await driversOf(session, host, flags)),
  } as const;
  const { steps, problems } = await session.client.p2v.virtioPlan(input);
  const [problem] = problems;
  if (problem !== undefined) throw new CliError({ code: 'CONFLICT', message: problem });
  const { output } = session;
  if (flags.dryRun) return output.either({ steps }, () => steps.forEach((step) => output.line(step)));
  await runJob(session, () => session.client.p2v.virtio(input));
  output.either({ host, uuid, name, done: true }, () =>
    output.line(`${name} (${session.hostName(host)}): ${DONE[act]}`),
  );
}

async function driversOf(
  session: FleetSession,
  host: string,
  { drivers, pool: named }: VirtioFlags,
): Promise<Pick<VirtioInput, 'drivers'>> {
  if (drivers === undefined) return {};
  const pools = (await readPools(session)).filter((one) => one.host === host);
  const pool = poolFor(pools, named);
  return {
    drivers: { kind: 'volume', pool: pool.uuid, name: (await findVolume(session, pool, drivers)).name },
  };
}
