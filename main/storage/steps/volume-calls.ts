import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { StoragePoolRef, StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../hosts/failures.ts';
import { NothingDone, type StepContext } from '../../jobs/engine/step.ts';
import { poolByUuid, volumeByName, without } from '../read.ts';
import type { HostWait } from './deps.ts';
import { isBusy, removeVolume } from './remove-volume.ts';

/** A volume: UUID and name of its pool, and its own name. */
export const volumeParams = z.object({
  host: z.string(),
  pool: z.string(),
  poolName: z.string(),
  name: z.string(),
});
export type VolumeParams = z.infer<typeof volumeParams>;

/** A volume by its pool's UUID and its name. */
export interface VolumePlace {
  readonly pool: string;
  readonly name: string;
}

const REFRESH_LIMIT_MS = 300_000;

export function volumeLeft({ name, poolName }: VolumeParams): string {
  return `volume ${name} in pool ${poolName}`;
}

/**
 * Refuses where the pool has a volume of that name, also one that libvirt has not seen yet.
 * @throws FailureError CONFLICT
 */
export async function checkFree(params: VolumeParams, step: StepContext): Promise<void> {
  const client = step.client(params.host);
  const pool = await poolByUuid(client, params.pool);
  // A pool in which something is being made cannot be looked through: then libvirt itself refuses to write over a file.
  await refreshPool(client, pool, step.signal).catch(busy);
  if ((await volumeByName(client, params)) === null) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The pool ${params.poolName} has a volume ${params.name} already.`,
  });
}

/** Lets libvirt look through a pool. @throws LibvirtError while something is being made in it */
export async function refreshPool(
  client: LibvirtClient,
  pool: StoragePoolRef,
  signal: AbortSignal,
): Promise<void> {
  await client.remote.storagePoolRefresh({ pool, flags: 0 }, { timeoutMs: REFRESH_LIMIT_MS, signal });
}

function busy(error: unknown): void {
  if (!isBusy(error)) throw error;
}

/**
 * A volume that must be there.
 * @throws FailureError NOT_FOUND
 */
export async function volumeAt(client: LibvirtClient, place: VolumePlace): Promise<StorageVolRef> {
  const vol = await volumeByName(client, place);
  if (vol !== null) return vol;
  throw new FailureError({ code: 'NOT_FOUND', message: `There is no volume ${place.name} any more.` });
}

/** libvirt refuses before it begins when something of the name exists; what another refusal left, it may not have removed. */
export function existed(error: unknown): never {
  const isRefusal =
    error instanceof LibvirtError &&
    (error.code === 'VIR_ERR_STORAGE_VOL_EXIST' || /already exists|exists already/.test(error.message));
  throw isRefusal ? new NothingDone(error) : error;
}

/**
 * Deletes a volume that the job made, if it is there. One that the host is still filling, as after a cancel, is waited for: libvirt
 * cannot stop that.
 * @param seen whether its end was seen: else a file may be there that libvirt has not seen, as it was being made when libvirtd ended
 */
export async function takeBack(
  { host, pool, name }: VolumePlace & { readonly host: string },
  step: StepContext,
  { clock, seen }: Pick<HostWait, 'clock'> & { readonly seen: boolean },
): Promise<void> {
  const volume = { pool, name };
  await removeVolume({
    client: step.client(host),
    clock,
    signal: step.signal,
    volume,
    refresh: !seen,
  }).catch(without(['VIR_ERR_NO_STORAGE_POOL']));
}

/**
 * What became of a step that fills a volume and whose end nobody saw: a part of the bytes looks like all of them, so what there is goes,
 * and the step is done anew. It is the job's own, as for an undo: before it began there was none of that name.
 */
export async function clearHalf(
  params: VolumeParams,
  step: StepContext,
  { clock }: Pick<HostWait, 'clock'>,
): Promise<{ done: false }> {
  await takeBack(params, step, { clock, seen: false });
  return { done: false };
}
