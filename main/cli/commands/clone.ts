import {
  CLONE_WAYS,
  DISK_FORMATS,
  type CloneCopy,
  type CloneDisk,
  type CloneInput,
  type ClonePlan,
  type CloneWay,
} from '../../contract/clone.ts';
import type { Domain } from '../../contract/domain.ts';
import type { Pool } from '../../contract/storage.ts';
import { UsageError } from '../errors.ts';
import { asksFirstBoot } from '../first-boot-options.ts';
import type { FleetSession } from '../fleet-session.ts';
import { readPools } from '../storage-reads.ts';
import { cloudInitOf, type CloudInitFlags } from './create-first-boot.ts';
import { poolFor } from './create.ts';
import { makeMachines } from './made.ts';
import { oneHost } from './net-change.ts';
import { showPlan } from './show-plan.ts';

/** `vda=link:fast:qcow2` */
export interface DiskFlag {
  readonly target: string;
  readonly way: CloneWay;
  /** Name or UUID. */
  readonly pool: string | null;
  readonly format: CloneDisk['format'];
}

export interface CloneFlags extends Omit<CloudInitFlags, 'template'> {
  readonly count: number;
  readonly disk: DiskFlag[];
  readonly pool?: string;
  /** Bytes. */
  readonly memory?: number;
  readonly vcpus?: number;
  readonly newFirmware: boolean;
  readonly tpm: CloneInput['tpm'];
  readonly dropHostDevices: boolean;
  readonly direct: boolean;
  readonly keepAsTemplate: boolean;
  /** Name, id or URI. */
  readonly to?: string;
  readonly network: { readonly from: string; readonly to: string }[];
  readonly freeze: boolean;
  readonly copyBy?: CloneCopy;
  readonly firstBoot: boolean;
  readonly start: boolean;
  readonly autostart: boolean;
  readonly dryRun: boolean;
  readonly showXml: boolean;
}

/** @throws {UsageError} */
export function parseDisk(text: string): DiskFlag {
  const [, target = '', named = '', pool = '', formatted = ''] =
    /^([^=:]+)=([^:]+)(?::([^:]*)(?::([^:]*))?)?$/.exec(text) ?? [];
  const way = CLONE_WAYS.find((known) => known === named);
  const format = formatted === '' ? null : DISK_FORMATS.find((known) => known === formatted);
  if (way === undefined || format === undefined)
    throw new UsageError(
      `“${text}” is no disk: write TARGET=WAY[:POOL[:FORMAT]], as vda=link or vda=copy:fast:qcow2. Ways: ${CLONE_WAYS.join(', ')}.`,
    );
  return { target, way, pool: pool === '' ? null : pool, format };
}

/** `default=lan` @throws {UsageError} */
export function parseNetwork(text: string): { from: string; to: string } {
  const [, from, to] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined)
    throw new UsageError(`“${text}” is no choice of a network: write FROM=TO, as default=lan.`);
  return { from, to };
}

/** Makes a machine like another one, or several by a pattern. */
export async function cloneMachine(
  session: FleetSession,
  names: { machine: string; name: string },
  flags: CloneFlags,
): Promise<void> {
  // Also the host that it goes to.
  if (flags.to === undefined) await session.connectFor([names.machine]);
  else await session.connectAny();
  const machine = session.find(names.machine);
  const input = await inputOf(session, { machine, name: names.name }, flags);
  const { clone } = session.client;
  if (flags.dryRun || flags.showXml) {
    const plan = await clone.plan(input);
    return showPlan(session, plan, {
      name: input.name,
      xml: flags.showXml,
      first: CONSISTENCY[plan.consistency],
    });
  }
  await makeMachines(session, { host: input.to, start: input.start }, () => clone.run(input));
}

/** What is said before of what a copy of a machine that runs holds. */
const CONSISTENCY: Record<ClonePlan['consistency'], readonly string[]> = {
  off: [],
  frozen: ['Copied as it runs now, with whole files.'],
  powerCut: ['Copied as its disks are after a power cut.'],
};

async function inputOf(
  session: FleetSession,
  { machine, name }: { machine: Domain; name: string },
  flags: CloneFlags,
): Promise<CloneInput> {
  const { host, uuid } = machine;
  const to = flags.to === undefined ? host : oneHost(session, flags.to);
  const wanted = asksFirstBoot(flags);
  const has = await session.client.clone.options({ host, uuid, to });
  const asks = flags.pool !== undefined || flags.disk.some(({ pool }) => pool !== null);
  const pools = asks ? (await readPools(session)).filter((pool) => pool.host === to) : [];
  return {
    host,
    machine: uuid,
    to,
    name,
    count: flags.count,
    title: null,
    description: null,
    disks: disksOf(flags, has.disks, { pools, host: session.hostName(to) }),
    sizeBytes: null,
    memoryMiB: flags.memory === undefined ? null : Math.round(flags.memory / 1024 ** 2),
    vcpus: flags.vcpus ?? null,
    firmware: flags.newFirmware ? 'new' : 'copy',
    tpm: flags.tpm,
    hostDevices: flags.dropHostDevices ? 'omit' : 'keep',
    networks: flags.network,
    freeze: flags.freeze,
    copyBy: flags.copyBy ?? null,
    direct: flags.direct,
    keepAsTemplate: flags.keepAsTemplate,
    // As the window does: a machine that was told by a CD has each of its clones told by one of its own.
    cloudInit:
      wanted || has.cloudInit ? await cloudInitOf({ session, host, os: null, image: '' }, flags) : null,
    start: flags.start,
    autostart: flags.autostart,
  };
}

/** --pool is for every new disk that names none of its own. */
function disksOf(
  { disk, pool }: Pick<CloneFlags, 'disk' | 'pool'>,
  has: readonly { target: string; way: CloneWay }[],
  { pools, host }: { readonly pools: readonly Pool[]; readonly host: string },
): CloneDisk[] {
  const usual = pool === undefined ? null : poolFor(pools, pool, host).uuid;
  const said = disk.map((flag): CloneDisk => ({
    target: flag.target,
    way: flag.way,
    pool: flag.pool === null ? usual : poolFor(pools, flag.pool, host).uuid,
    format: flag.format,
  }));
  const rest = has
    .filter(({ target, way }) => way === 'copy' && !said.some((one) => one.target === target))
    .map(({ target, way }): CloneDisk => ({ target, way, pool: usual, format: null }));
  return [...said, ...(usual === null ? [] : rest)];
}
