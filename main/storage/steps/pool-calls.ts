import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { StoragePoolRef } from '../../../drivers/libvirt/protocol/structs.ts';
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
