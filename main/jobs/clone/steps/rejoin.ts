import { z } from 'zod';
import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import {
  virDomainBlockCommitFlags as COMMIT,
  virDomainBlockJobAbortFlags as ABORT,
  virDomainBlockJobType as TYPE,
} from '../../../../drivers/libvirt/constants/domain-block.ts';
import { readDomain } from '../../../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../../drivers/rpc/errors.ts';
import { pause } from '../../../hosts/clock.ts';
import { readNeeded } from '../../../storage/needed.ts';
import { without } from '../../../storage/read.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { Stays, type StepContext } from '../../engine/step.ts';
import { isMeanwhile, isWritten, NEVER, removeFile } from './meanwhile-file.ts';

const POLL_MS = 500;
const PIVOT_LIMIT_MS = 120_000;
/** A merge that ends before it is whole is begun again so often. */
const TRIES = 5;
/** What libvirt refuses is asked for again so long: a lock that another call has, or a program of a libvirtd that died, goes by itself. */
const REFUSED_MS = 300_000;
/** The file of another job that lies over the one that is merged goes with that job. */
const COVERED_MS = 24 * 3_600_000;

/** A disk whose machine writes to another file for the time of the job. */
export const divertedDisk = z.object({
  /** `vda` */
  disk: z.string(),
  /** What the machine wrote to before, and is to write to again. */
  base: z.string(),
  /** The file over it: UUID and name of its pool, its own name and path. */
  pool: z.string(),
  poolName: z.string(),
  volume: z.string(),
  path: z.string(),
});
type DivertedDisk = z.infer<typeof divertedDisk>;

export const divertedParams = z.object({
  host: z.string(),
  /** The machine that runs. */
  uuid: z.string(),
  name: z.string(),
  disks: z.array(divertedDisk),
});
type Diverted = z.infer<typeof divertedParams>;

/**
 * Writes what a machine has written into the files over its disks into the disks (virDomainBlockCommit), lets it work on these again, and
 * deletes the files. Done twice, nothing happens.
 * @throws Stays where that cannot be, as with a machine that went off: libvirt merges files of machines that run
 */
export async function rejoin(params: Diverted, step: StepContext, wait: HostWait): Promise<void> {
  for (const disk of params.disks) {
    const at = { ...disk, host: params.host };
    const seen = await merge({ params, disk }, step, wait);
    if (!seen && (await isWritten(at, step, wait)))
      throw new Stays(
        divertedLeft(params),
        `${params.name} writes to ${disk.path}, though libvirt shows ${disk.base}: shut it down, and before it is started again write the one into the other (qemu-img commit ${disk.path})`,
      );
    await removeFile(at, step, wait);
  }
}

interface Of {
  readonly params: Diverted;
  readonly disk: DivertedDisk;
}

/** What is known of a merge that is waited for. */
interface Merge {
  begun: number;
  /** It was seen on its way to its end: libvirt and QEMU are of one mind. */
  seen: boolean;
  /** Since when another file lies over it; null: none does. */
  coveredSince: number | null;
}

/** Gives whether it was seen. */
async function merge(of: Of, step: StepContext, { clock }: HostWait): Promise<boolean> {
  const { params, disk } = of;
  const merge: Merge = { begun: 0, seen: false, coveredSince: null };
  let refusedSince: number | null = null;
  for (;;) {
    try {
      if (await mergeOn(of, step, { merge, now: clock.now() })) return merge.seen;
      refusedSince = null;
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error;
      if (refusedSince === null)
        step.log(`${disk.path} is not merged yet, and it is tried again: ${error.message}`);
      refusedSince ??= clock.now();
      if (clock.now() - refusedSince > REFUSED_MS) throw new Stays(divertedLeft(params), error.message);
    }
    await pause(clock, POLL_MS, NEVER);
  }
}

/** Looks where it is and does what comes next; gives whether it is over. */
async function mergeOn(
  of: Of,
  step: StepContext,
  { merge, now }: { readonly merge: Merge; readonly now: number },
): Promise<boolean> {
  const { params, disk } = of;
  const { host, uuid, name } = params;
  const client = step.client(host);
  const dom = await domainByUuid(client, uuid);
  if (dom === null)
    throw new Stays(divertedLeft(params), `${name} is gone, and its last writes may be there`);
  const shown = await diskOf(client, dom, disk.disk);
  if (shown === disk.base) return true;
  if (shown !== disk.path) return !(await isCovered(of, step, { merge, now, by: shown }));
  if (dom.id === -1)
    throw new Stays(
      divertedLeft(params),
      `${name} went off, and what it wrote since is in ${disk.path}: it starts from there`,
    );
  const job = await blockJob(client, dom, disk.disk);
  if (job === null) {
    if (merge.begun === TRIES)
      throw new Stays(divertedLeft(params), `${disk.path} cannot be merged into ${disk.base}`);
    await begin(client, dom, disk);
    merge.begun += 1;
  } else if (job.type !== TYPE.VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT)
    throw new Stays(divertedLeft(params), `something else is done to ${disk.disk} of ${name}`);
  else {
    merge.seen = true;
    if (job.end > 0n && job.cur === job.end) await pivot(client, dom, disk);
  }
  return false;
}

/** Into the file right under it, which may lie on others itself. */
async function begin(client: LibvirtClient, dom: DomainRef, { disk }: DivertedDisk): Promise<void> {
  const flags = COMMIT.VIR_DOMAIN_BLOCK_COMMIT_ACTIVE | COMMIT.VIR_DOMAIN_BLOCK_COMMIT_SHALLOW;
  await client.remote.domainBlockCommit({ dom, disk, base: null, top: null, bandwidth: 0n, flags });
}

async function pivot(client: LibvirtClient, dom: DomainRef, { disk: path }: DivertedDisk): Promise<void> {
  const flags = ABORT.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT;
  await client.remote
    .domainBlockJobAbort({ dom, path, flags }, { timeoutMs: PIVOT_LIMIT_MS })
    .catch((error: unknown) => {
      // The machine wrote meanwhile, or went off: what comes next is seen then.
      if (!(error instanceof LibvirtError)) throw error;
    });
}

/**
 * Whether the file of another job lies over this one: that is waited for. The disk may have been taken out, and need none of them.
 * @throws Stays where a person laid something over it: then it is not the job's to merge
 */
async function isCovered(
  { params, disk }: Of,
  step: StepContext,
  { merge, now, by }: { readonly merge: Merge; readonly now: number; readonly by: string | null },
): Promise<boolean> {
  const needed = await readNeeded(step.client(params.host), new Set([disk.path]), {});
  if (needed.users.length + needed.breaks.length === 0) return false;
  const since = merge.coveredSince ?? now;
  if (by === null || !isMeanwhile(by) || now - since > COVERED_MS)
    throw new Stays(divertedLeft(params), `${disk.disk} of ${params.name} is ${by ?? 'nothing'} by now`);
  if (merge.coveredSince === null)
    step.log(`${by} lies over ${disk.path}: it is waited for until that is merged`);
  merge.coveredSince = since;
  return true;
}

/** What a disk of a machine is now: of one that runs, what it writes to. */
export async function diskOf(client: LibvirtClient, dom: DomainRef, target: string): Promise<string | null> {
  const { xml } = await client.remote.domainGetXmlDesc({ dom, flags: 0 });
  return readDomain(xml).disks.find((one) => one.target === target)?.source?.path ?? null;
}

/** What is done to a disk now; null: nothing. */
export async function blockJob(client: LibvirtClient, dom: DomainRef, path: string) {
  const info = await client.remote
    .domainGetBlockJobInfo({ dom, path, flags: 0 })
    .catch(without(['VIR_ERR_OPERATION_INVALID']));
  return info === null || info.found === 0 ? null : info;
}

export function divertedLeft({ name, disks }: Pick<Diverted, 'name' | 'disks'>): string {
  return `${name} on ${disks.map(({ path }) => path).join(', ')}`;
}
