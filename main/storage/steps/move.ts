import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import {
  virDomainBlockCopyFlags,
  virDomainBlockJobAbortFlags,
} from '../../../drivers/libvirt/constants/domain-block.ts';
import { virDomainXMLFlags } from '../../../drivers/libvirt/constants/domain-flags.ts';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { pause } from '../../hosts/clock.ts';
import { FailureError } from '../../hosts/failures.ts';
import { stepKind } from '../../jobs/engine/step-kinds.ts';
import { Pace } from '../pace.ts';
import { readNeeded, refuseNeeded } from '../needed.ts';
import { without } from '../read.ts';
import { overLostLinks, type StorageStepDeps } from './deps.ts';
import { removeVolume } from './remove-volume.ts';

const POLL_MS = 500;

const disk = z.object({
  host: z.string(),
  /** The machine's UUID and name. */
  machine: z.string(),
  machineName: z.string(),
  /** `vda` */
  target: z.string(),
  /** The new file or device. */
  path: z.string(),
});
type Disk = z.infer<typeof disk>;

export function moveSteps(deps: StorageStepDeps) {
  return [mirror(deps), pivot(deps)];
}

/** Copies a disk of a machine that runs into a volume that is there, until both are equal and stay so (virDomainBlockCopy). */
function mirror(deps: StorageStepDeps) {
  return stepKind({
    name: 'disk.mirror',
    writes: true,
    params: disk.extend({ xml: z.string(), sizeBytes: z.number() }),
    async check(params, step) {
      const client = step.client(params.host);
      if ((await blockJob(client, await machineOf(client, params), params.target)) === null) return;
      throw new FailureError({
        code: 'CONFLICT',
        message: `Something else is being done to the disk ${params.target} of ${params.machineName} already.`,
      });
    },
    async run(params, step) {
      const { host, target, xml } = params;
      const { signal } = step;
      const begin = step.client(host);
      const flags =
        virDomainBlockCopyFlags.VIR_DOMAIN_BLOCK_COPY_REUSE_EXT |
        virDomainBlockCopyFlags.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB;
      const dom = await machineOf(begin, params);
      await begin.remote.domainBlockCopy({ dom, path: target, destxml: xml, params: [], flags });
      const pace = new Pace(deps.clock, params.sizeBytes, (now) => step.progress(now));
      await overLostLinks(deps, { step, hosts: [host] }, async () => {
        for (;;) {
          const job = await blockJob(step.client(host), dom, target);
          if (job === null) throw gone(params);
          if (job.end > 0n && job.cur === job.end) return;
          pace.at(Math.round((params.sizeBytes * Number(job.cur)) / Math.max(1, Number(job.end))));
          await pause(deps.clock, POLL_MS, signal);
          signal.throwIfAborted();
        }
      });
      return null;
    },
    async settle(params, step) {
      const client = step.client(params.host);
      const job = await blockJob(client, await machineOf(client, params), params.target);
      return job === null ? { done: false } : { done: true, result: null };
    },
    async undo(params, _result, step) {
      const client = step.client(params.host);
      const dom = await machineOf(client, params).catch(noMachine);
      if (dom === null || (await sourceOf(client, dom, params.target, false)) === params.path) return;
      if ((await blockJob(client, dom, params.target)) === null) return;
      await client.remote.domainBlockJobAbort({ dom, path: params.target, flags: 0 }, { timeoutMs: 120_000 });
    },
    leaves: ({ machineName, target }) => `a copy of the disk ${target} of ${machineName} in the making`,
  });
}

/** Lets the machine go over to the copy. From here on there is no way back, so everything that follows is part of it. */
function pivot(deps: StorageStepDeps) {
  return stepKind({
    name: 'disk.pivot',
    params: disk.extend({
      /** The volume that it leaves, when it is to be deleted. */
      source: z.object({ pool: z.string(), name: z.string(), path: z.string() }).nullable(),
    }),
    check: () => Promise.resolve(),
    async run(params, step) {
      const { host, target, source } = params;
      const { signal } = step;
      await overLostLinks(deps, { step, hosts: [host] }, async () => {
        for (;;) {
          const client = step.client(host);
          const dom = await machineOf(client, params);
          if ((await sourceOf(client, dom, target, false)) === params.path) return;
          if ((await blockJob(client, dom, target)) === null) throw gone(params);
          const flags = virDomainBlockJobAbortFlags.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT;
          const done = await client.remote
            .domainBlockJobAbort({ dom, path: target, flags }, { timeoutMs: 120_000 })
            .catch(notReady);
          if (done !== null) continue;
          await pause(deps.clock, POLL_MS, signal);
          signal.throwIfAborted();
        }
      });
      step.log(`${params.machineName} works on ${params.path} now`);
      const client = step.client(host);
      try {
        const dom = await machineOf(client, params);
        const next = await sourceOf(client, dom, target, true);
        if (next !== null && next !== params.path)
          step.log(`Its definition still names ${next}: it is what it starts from after it was off`);
        else if (source !== null) await deleteSource(client, source, deps, step.signal);
      } catch (error) {
        step.log(
          `${source?.path ?? 'The old file'} stays: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      return null;
    },
    async settle(params, step) {
      const client = step.client(params.host);
      const now = await sourceOf(client, await machineOf(client, params), params.target, false);
      return now === params.path ? { done: true, result: null } : { done: false };
    },
    // Where it works on the copy already, the copy's own undo leaves it.
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

async function deleteSource(
  client: LibvirtClient,
  source: { pool: string; name: string; path: string },
  { clock }: StorageStepDeps,
  signal: AbortSignal,
): Promise<void> {
  const needed = await readNeeded(client, new Set([source.path]), { signal });
  // Nobody can be asked here what may lie on it unseen; whoever knows can delete it later.
  refuseNeeded(needed, { what: source.name, loss: 'deleted', accepted: [] });
  await removeVolume({ client, clock, signal, volume: source, refresh: false });
}

async function machineOf(client: LibvirtClient, { machine }: Disk): Promise<DomainRef> {
  return (await client.remote.domainLookupByUuid({ uuid: uuidFromString(machine) })).dom;
}

/** The block job of a disk, or null. A machine that is off has none. */
async function blockJob(
  client: LibvirtClient,
  dom: DomainRef,
  path: string,
): Promise<{ cur: bigint; end: bigint } | null> {
  const info = await client.remote
    .domainGetBlockJobInfo({ dom, path, flags: 0 })
    .catch(without(['VIR_ERR_OPERATION_INVALID']));
  return info === null || info.found === 0 ? null : info;
}

async function sourceOf(
  client: LibvirtClient,
  dom: DomainRef,
  target: string,
  inactive: boolean,
): Promise<string | null> {
  const flags = inactive ? virDomainXMLFlags.VIR_DOMAIN_XML_INACTIVE : 0;
  const { xml } = await client.remote.domainGetXmlDesc({ dom, flags });
  return readDomain(xml).disks.find((one) => one.target === target)?.source?.path ?? null;
}

function gone({ target, machineName }: Disk): FailureError {
  return new FailureError({
    code: 'CONFLICT',
    message: `The copy of the disk ${target} ended before it was whole: ${machineName} was switched off, or the new place is full.`,
  });
}

function noMachine(error: unknown): null {
  return without(['VIR_ERR_NO_DOMAIN'])(error);
}

/** QEMU says that the copy is not equal yet. */
function notReady(error: unknown): null {
  if (error instanceof LibvirtError && /not ready for pivot/.test(error.message)) return null;
  throw error;
}
