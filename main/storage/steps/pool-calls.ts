import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { StoragePoolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { StepContext } from '../../jobs/engine/step.ts';
import { NoCommands, runProgram } from '../../jobs/host-commands.ts';
import { poolByUuid, without } from '../read.ts';

/** A server that does not answer, a large file system: minutes. */
export const LIMIT_MS = 300_000;

/** A pool: its UUID, its name and its type. */
export const poolParams = z.object({
  host: z.string(),
  uuid: z.string(),
  name: z.string(),
  type: z.string(),
});

export async function findPool(client: LibvirtClient, uuid: string): Promise<StoragePoolRef | null> {
  return poolByUuid(client, uuid).catch(without(['VIR_ERR_NO_STORAGE_POOL']));
}

export async function isPoolActive(client: LibvirtClient, uuid: string): Promise<boolean> {
  const pool = await findPool(client, uuid);
  return pool !== null && (await client.remote.storagePoolIsActive({ pool })).active !== 0;
}

export async function startPool(client: LibvirtClient, pool: StoragePoolRef): Promise<void> {
  await client.remote.storagePoolCreate({ pool, flags: 0 }, { timeoutMs: LIMIT_MS });
}

/** Stops it, if it is there and runs. */
export async function stopPool(client: LibvirtClient, uuid: string): Promise<void> {
  const pool = await findPool(client, uuid);
  if (pool !== null && (await isPoolActive(client, uuid)))
    await client.remote.storagePoolDestroy({ pool }, { timeoutMs: LIMIT_MS });
}

/** These are mounted on a folder, which a build makes or finds there. */
export const MOUNTED: ReadonlySet<string> = new Set(['fs', 'netfs', 'vstorage']);

/**
 * Refuses a folder on which the host has mounted something by itself: libvirt takes that for the pool, and unmounts it when the pool is stopped.
 * Where the login runs no programs it cannot be known.
 * @throws FailureError CONFLICT
 */
export async function refuseHostMount(
  step: Pick<StepContext, 'session' | 'signal'>,
  { host, type, path }: { readonly host: string; readonly type: string; readonly path: string | null },
): Promise<void> {
  if (!MOUNTED.has(type) || path === null) return;
  const status = await runProgram(step.session(host), ['mountpoint', '-q', '--', path], step.signal).then(
    (ended) => ended.status,
    (error: unknown) => {
      if (error instanceof NoCommands) return null;
      throw error;
    },
  );
  if (status !== 0) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The host itself has something mounted on ${path}: with a pool of the type ${type} it would be unmounted whenever that is stopped. Make a pool of the type dir of ${path}.`,
  });
}
