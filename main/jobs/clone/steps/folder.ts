import { z } from 'zod';
import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import { virStoragePoolCreateFlags } from '../../../../drivers/libvirt/constants/storage.ts';
import { poolXml } from '../../../../drivers/libvirt/model/index.ts';
import { uuidFromString, uuidToString } from '../../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../../drivers/rpc/errors.ts';
import { pause } from '../../../hosts/clock.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { without } from '../../../storage/read.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { whenIdle } from '../../../storage/steps/volume-calls.ts';
import { NothingDone, type StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';

const folderParams = z.object({
  host: z.string(),
  /** Of the pool: made by chance for the job, so that what has it is the job's own. */
  uuid: z.string(),
  name: z.string(),
  path: z.string(),
  /** `isThere`: it must be; `make`: it is made where it is not; `ifThere`: where it is not, there is no pool. */
  use: z.enum(['isThere', 'make', 'ifThere']).default('isThere'),
});
type FolderParams = z.infer<typeof folderParams>;

/** Another job has the folder for the time of a small copy. */
const RETRY_MS = 1000;
const LIMIT_MS = 120_000;

/** Makes a pool of a folder for the time of the job: libvirt reads and copies files of pools alone. It is kept nowhere (virStoragePoolCreateXML). */
export function openFolderStep(wait: Pick<HostWait, 'clock'>) {
  return stepKind<FolderParams, null>({
    name: 'clone.openFolder',
    params: folderParams,
    check: (params, step) => untilFree(params, step, wait),
    async run(params, step) {
      await open(params, step);
      return null;
    },
    async settle({ host, uuid }, step) {
      const pool = await lookUp(step.client(host), uuid);
      return pool === null ? { done: false } : { done: true, result: null };
    },
    undo: (params, _, step) => close(params, step, wait),
    leaves: ({ name }) => `pool ${name}`,
  });
}

/** Takes the pool away again; the files stay. */
export function closeFolderStep(wait: Pick<HostWait, 'clock'>) {
  return stepKind<FolderParams, null>({
    name: 'clone.closeFolder',
    params: folderParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      await close(params, step, wait);
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    // What was copied into the folder is taken back through the pool.
    async undo(params, _, step) {
      if ((await lookUp(step.client(params.host), params.uuid)) !== null) return;
      await untilFree(params, step, wait);
      await open(params, step);
    },
    leaves: () => null,
  });
}

async function lookUp(client: LibvirtClient, uuid: string) {
  return client.remote
    .storagePoolLookupByUuid({ uuid: uuidFromString(uuid) })
    .then(({ pool }) => pool)
    .catch(without(['VIR_ERR_NO_STORAGE_POOL']));
}

async function open({ host, uuid, name, path, use }: FolderParams, step: StepContext): Promise<void> {
  const xml = poolXml({ type: 'dir', name, uuid, path });
  const flags = use === 'make' ? virStoragePoolCreateFlags.VIR_STORAGE_POOL_CREATE_WITH_BUILD : 0;
  const { remote } = step.client(host);
  await remote.storagePoolCreateXml({ xml, flags }).catch((error: unknown) => {
    if (!(error instanceof LibvirtError)) throw error;
    if (use !== 'ifThere' || error.code !== 'VIR_ERR_SYSTEM_ERROR') throw new NothingDone(error);
    step.log(`${path} is not there: ${error.message}`);
  });
}

async function close(
  { host, uuid }: FolderParams,
  step: StepContext,
  wait: Pick<HostWait, 'clock'>,
): Promise<void> {
  await whenIdle(step, wait, async () => {
    const client = step.client(host);
    const pool = await lookUp(client, uuid);
    if (pool === null) return;
    await client.remote
      .storagePoolDestroy({ pool })
      .catch(without(['VIR_ERR_NO_STORAGE_POOL', 'VIR_ERR_OPERATION_INVALID']));
  });
}

/** libvirt lets a folder be in one pool alone. @throws FailureError CONFLICT that names the pool which has it */
async function untilFree(
  { host, uuid, path }: FolderParams,
  step: StepContext,
  { clock }: Pick<HostWait, 'clock'>,
): Promise<void> {
  const end = clock.now() + LIMIT_MS;
  for (;;) {
    const found = await step
      .client(host)
      .remote.storagePoolLookupByTargetPath({ path })
      .catch(without(['VIR_ERR_NO_STORAGE_POOL', 'VIR_ERR_NO_SUPPORT']));
    if (found === null || uuidToString(found.pool.uuid) === uuid) return;
    const { name } = found.pool;
    if (clock.now() > end)
      throw new FailureError({
        code: 'CONFLICT',
        message: `The folder ${path} is in the pool ${name}, of another job: when that is over, begin again. If there is none, stop the pool.`,
      });
    step.log(`Waiting for ${path}, which another job has in the pool ${name}`);
    await pause(clock, RETRY_MS, step.signal);
    step.signal.throwIfAborted();
  }
}
