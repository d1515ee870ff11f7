import type { VirtioInput } from '../../contract/p2v.ts';
import { CliError, UsageError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { findVolume, readPools } from '../storage-reads.ts';
import { poolFor } from './create.ts';
import { runJob } from './jobs.ts';

export interface VirtioFlags {
  readonly prepare: boolean;
  readonly finish: boolean;
  /** The volume of the drivers' CD, and its pool. */
  readonly drivers?: string;
  readonly pool?: string;
  readonly dryRun: boolean;
}

/** Puts a machine on virtio, in two steps; `--dry-run` only says what that takes. */
export async function putOnVirtio(session: FleetSession, vm: string, flags: VirtioFlags): Promise<void> {
  if (flags.prepare === flags.finish)
    throw new UsageError('Say --prepare, or --finish when the system has installed the drivers.');
  if (flags.finish && flags.drivers !== undefined)
    throw new UsageError('The drivers are for --prepare: leave --drivers out.');
  await session.connectFor([vm]);
  const { host, uuid, name } = session.find(vm);
  const input = {
    host,
    uuid,
    act: flags.prepare ? 'prepare' : 'finish',
    ...(await driversOf(session, host, flags)),
  } as const;
  const { steps, problems } = await session.client.p2v.virtioPlan(input);
  const [problem] = problems;
  if (problem !== undefined) throw new CliError({ code: 'CONFLICT', message: problem });
  const { output } = session;
  if (flags.dryRun) return output.either({ steps }, () => steps.forEach((step) => output.line(step)));
  await runJob(session, () => session.client.p2v.virtio(input));
  output.either({ host, uuid, name, done: true }, () =>
    output.line(`${name} (${session.hostName(host)}): ${flags.prepare ? 'prepared for' : 'on'} virtio`),
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
