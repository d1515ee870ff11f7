import { z } from 'zod';
import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import {
  virDomainBackupBeginFlags as BEGIN,
  virDomainGetJobStatsFlags as STATS,
  virDomainJobOperation as OPERATION,
  virDomainJobType as TYPE,
} from '../../../../drivers/libvirt/constants/index.ts';
import { backupXml, readBackup } from '../../../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { pause } from '../../../hosts/clock.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { Pace } from '../../../storage/pace.ts';
import { poolByUuid, without } from '../../../storage/read.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { refreshPool, whenIdle } from '../../../storage/steps/volume-calls.ts';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { existing } from '../../create/steps/machine.ts';
import type { StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { frozenLeft } from './freeze.ts';
import { atOneInstant, instantParams, mayBeFrozen, thawNoted, type Consistency } from './instant.ts';

const POLL_MS = 500;
const BEGIN_LIMIT_MS = 120_000;

const backupParams = instantParams.extend({
  /** Disks, and the volumes for them, which are there and as large. */
  disks: z.array(z.object({ disk: z.string(), pool: z.string(), path: z.string(), format: z.string() })),
  /** Disks that are left out. */
  others: z.array(z.string()),
});
type BackupParams = z.infer<typeof backupParams>;

type BackupResult = { readonly consistency: Consistency };

/**
 * Copies disks of a machine that runs, all as they are in one instant, without a snapshot and without a change to the machine
 * (virDomainBackupBegin, mode push).
 */
export function backupStep(wait: HostWait) {
  return stepKind<BackupParams, BackupResult>({
    name: 'clone.backup',
    writes: true,
    urgent: { whileNoted: mayBeFrozen },
    params: backupParams,
    async check(params, step) {
      const client = step.client(params.host);
      const job = await jobOf(client, await existing(client, params));
      if (job === 'off') throw off(params);
      if (job === null) return;
      throw new FailureError({
        code: 'CONFLICT',
        message: `libvirt works on ${params.name} already (backup, saving, migration): when that is over, clone it again.`,
      });
    },
    async run(params, step) {
      const dom = await existing(step.client(params.host), params);
      const consistency = await begin(params, step, { dom, wait });
      await follow(params, step, { dom, wait });
      await refresh(params, step, wait);
      return { consistency };
    },
    async settle(params, step) {
      const noted = await thawNoted(params, step, wait);
      const client = step.client(params.host);
      const dom = await domainByUuid(client, params.uuid);
      if (dom === null || noted?.begun !== true || !(await isOwn(client, dom, params)))
        return { done: false };
      await follow(params, step, { dom, wait });
      await refresh(params, step, wait);
      // Whether the agent held still nobody has written down.
      return { done: true, result: { consistency: 'powerCut' } };
    },
    async undo(params, _, step) {
      const noted = await thawNoted(params, step, wait);
      if (noted?.begun !== true) return;
      const client = step.client(params.host);
      const dom = await domainByUuid(client, params.uuid);
      if (dom !== null) await abort(params, step, { dom, wait });
    },
    leaves: ({ name, freeze }) => (freeze ? frozenLeft(name) : `a backup of ${name} in the making`),
  });
}

interface At {
  readonly dom: DomainRef;
  readonly wait: HostWait;
}

async function begin(params: BackupParams, step: StepContext, { dom, wait }: At): Promise<Consistency> {
  const { host, disks, others } = params;
  const args = {
    dom,
    backupXml: backupXml(disks, others),
    checkpointXml: null,
    flags: BEGIN.VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL,
  };
  return atOneInstant(params, step, {
    dom,
    wait,
    begin: () => step.client(host).remote.domainBackupBegin(args, { timeoutMs: BEGIN_LIMIT_MS }),
    isBegun: () => isOwn(step.client(host), dom, params),
  });
}

/** Until it has ended. A cancel ends it. @throws FailureError when it was not whole */
async function follow(params: BackupParams, step: StepContext, { dom, wait }: At): Promise<void> {
  const { host } = params;
  let pace: Pace | null = null;
  const ended = await overLostLinks(wait, { step, hosts: [host] }, async () => {
    for (;;) {
      if (step.signal.aborted) {
        await abort(params, step, { dom, wait });
        step.signal.throwIfAborted();
      }
      const client = step.client(host);
      const job = await jobOf(client, dom);
      if (job === 'off') throw off(params);
      if (job === null) return ending(client, dom);
      pace ??=
        job.totalBytes === 0 ? null : new Pace(wait.clock, job.totalBytes, (now) => step.progress(now));
      pace?.at(job.doneBytes);
      await pause(wait.clock, POLL_MS, step.signal);
    }
  });
  if (ended.type === TYPE.VIR_DOMAIN_JOB_COMPLETED) return;
  const why =
    ended.type === TYPE.VIR_DOMAIN_JOB_CANCELLED
      ? 'somebody cancelled it, or the machine went off'
      : ended.words;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The copy of the disks of ${params.name} ended before it was whole: ${why || 'the place for them may be full'}.`,
  });
}

/** libvirt's abort ends whatever it works on: what somebody has begun since is not ended. */
async function abort(params: BackupParams, step: StepContext, { dom, wait }: At): Promise<void> {
  for (;;) {
    const client = step.client(params.host);
    if (!(await isOwn(client, dom, params))) return;
    await client.remote.domainAbortJob({ dom }).catch(without(['VIR_ERR_OPERATION_INVALID']));
    await pause(wait.clock, POLL_MS, new AbortController().signal);
  }
}

/** The backup that is being made now is written to the step's volumes. */
async function isOwn(client: LibvirtClient, dom: DomainRef, { disks }: BackupParams): Promise<boolean> {
  const reply = await client.remote
    .domainBackupGetXmlDesc({ dom, flags: 0 })
    .catch(without(['VIR_ERR_NO_DOMAIN_BACKUP', 'VIR_ERR_NO_DOMAIN', 'VIR_ERR_OPERATION_INVALID']));
  if (reply === null) return false;
  const paths = new Set(readBackup(reply.xml).map(({ path }) => path));
  return disks.every(({ path }) => paths.has(path));
}

/** What libvirt does to the machine now; null: nothing. */
async function jobOf(
  client: LibvirtClient,
  dom: DomainRef,
): Promise<'off' | null | { totalBytes: number; doneBytes: number }> {
  const stats = await client.remote
    .domainGetJobStats({ dom, flags: 0 })
    .catch(without(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_DOMAIN']));
  if (stats === null) return 'off';
  if (stats.type === TYPE.VIR_DOMAIN_JOB_NONE) return null;
  const of = (field: string): number =>
    Number(stats.params.find((param) => param.field === field)?.value.value ?? 0n);
  return { totalBytes: of('disk_total'), doneBytes: of('disk_processed') };
}

/** How the last job of the machine ended. */
async function ending(client: LibvirtClient, dom: DomainRef): Promise<{ type: number; words: string }> {
  const flags = STATS.VIR_DOMAIN_JOB_STATS_COMPLETED | STATS.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED;
  const { type, params } = await client.remote.domainGetJobStats({ dom, flags });
  const of = (field: string) => params.find((param) => param.field === field)?.value.value;
  if (of('operation') !== OPERATION.VIR_DOMAIN_JOB_OPERATION_BACKUP)
    return { type: TYPE.VIR_DOMAIN_JOB_FAILED, words: 'libvirt does not say how it ended' };
  return { type, words: String(of('errmsg') ?? '') };
}

/** Pools know the new sizes only when they look again. */
async function refresh({ host, disks }: BackupParams, step: StepContext, wait: HostWait): Promise<void> {
  for (const uuid of new Set(disks.map(({ pool }) => pool)))
    await overLostLinks(wait, { step, hosts: [host] }, () =>
      whenIdle(step, wait, async () => {
        const client = step.client(host);
        await refreshPool(client, await poolByUuid(client, uuid), step.signal);
      }),
    );
}

function off({ name }: BackupParams): FailureError {
  return new FailureError({
    code: 'CONFLICT',
    message: `${name} went off: clone it again, as it is off now.`,
  });
}
