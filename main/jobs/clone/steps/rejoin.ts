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
import { readNeeded, refuseNeeded } from '../../../storage/needed.ts';
import { without } from '../../../storage/read.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { removeVolume } from '../../../storage/steps/remove-volume.ts';
import { whenIdle } from '../../../storage/steps/volume-calls.ts';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { Stays, type StepContext } from '../../engine/step.ts';

const POLL_MS = 500;
const PIVOT_LIMIT_MS = 120_000;
/** A merge that ends before it is whole is begun again so often. */
const TRIES = 5;
/** What is taken back is not cancelled. */
const NEVER = new AbortController().signal;

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
    await merge({ params, disk }, step, wait);
    await removeFile({ params, disk }, step, wait);
  }
}

interface Of {
  readonly params: Diverted;
  readonly disk: DivertedDisk;
}

async function merge({ params, disk }: Of, step: StepContext, wait: HostWait): Promise<void> {
  const { host, uuid, name } = params;
  let begun = 0;
  for (;;) {
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    if (dom === null)
      throw new Stays(divertedLeft(params), `${name} is gone, and its last writes may be there`);
    const now = await diskOf(client, dom, disk.disk);
    if (now !== disk.path) {
      if (now !== disk.base) await refuseUnder({ params, disk }, client, now);
      return;
    }
    if (dom.id === -1)
      throw new Stays(
        divertedLeft(params),
        `${name} went off, and what it wrote since is in ${disk.path}: it starts from there`,
      );
    const job = await blockJob(client, dom, disk.disk);
    if (job === null) {
      if (begun === TRIES)
        throw new Stays(divertedLeft(params), `${disk.path} cannot be merged into ${disk.base}`);
      begun += 1;
      await begin(client, dom, disk);
    } else if (job.type !== TYPE.VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT)
      throw new Stays(divertedLeft(params), `something else is done to ${disk.disk} of ${name}`);
    else if (job.end > 0n && job.cur === job.end) await pivot(client, dom, disk);
    await pause(wait.clock, POLL_MS, NEVER);
  }
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

/** Something was laid over the file, or the disk was taken out: then it is not the job's to merge. */
async function refuseUnder({ params, disk }: Of, client: LibvirtClient, now: string | null): Promise<void> {
  const needed = await readNeeded(client, new Set([disk.path]), {});
  if (needed.users.length + needed.breaks.length === 0) return;
  throw new Stays(divertedLeft(params), `${disk.disk} of ${params.name} is ${now ?? 'nothing'} by now`);
}

async function removeFile({ params, disk }: Of, step: StepContext, { clock }: HostWait): Promise<void> {
  const { host } = params;
  const { pool, volume: name, path } = disk;
  await whenIdle({ signal: NEVER }, { clock }, async () => {
    const client = step.client(host);
    const needed = await readNeeded(client, new Set([path]), {});
    // Its name is the job's own, and nobody else knows it.
    refuseNeeded(needed, { what: path, loss: 'deleted', accepted: null });
    await removeVolume({ client, clock, signal: NEVER, volume: { pool, name }, refresh: true });
  });
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
