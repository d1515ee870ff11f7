import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import type { DomainRef, StorageVolRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString } from '../../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../../drivers/rpc/errors.ts';
import { pause, systemClock } from '../../../hosts/clock.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { poolByUuid, volumeByName, without } from '../../../storage/read.ts';
import { NothingDone, type StepContext } from '../../engine/step.ts';

/** A volume by its pool's UUID and its name. */
export interface VolumePlace {
  readonly pool: string;
  readonly name: string;
}

/** The machine with a UUID, or null. */
export async function domainByUuid(client: LibvirtClient, uuid: string): Promise<DomainRef | null> {
  return client.remote
    .domainLookupByUuid({ uuid: uuidFromString(uuid) })
    .then(({ dom }) => dom)
    .catch(without(['VIR_ERR_NO_DOMAIN']));
}

/** The machine with a name, or null. */
export async function domainByName(client: LibvirtClient, name: string): Promise<DomainRef | null> {
  return client.remote
    .domainLookupByName({ name })
    .then(({ dom }) => dom)
    .catch(without(['VIR_ERR_NO_DOMAIN']));
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

/**
 * Refuses where the pool has a volume of that name, also one that libvirt has not seen yet.
 * @throws FailureError CONFLICT
 */
export async function assertNoVolume(step: StepContext, host: string, place: VolumePlace): Promise<void> {
  const client = step.client(host);
  const pool = await poolByUuid(client, place.pool);
  await client.remote.storagePoolRefresh({ pool, flags: 0 }, { timeoutMs: 0, signal: step.signal });
  if ((await volumeByName(client, place)) === null) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The pool ${pool.name} has a volume ${place.name} already.`,
  });
}

const WAS_THERE = new Set(['VIR_ERR_STORAGE_VOL_EXIST']);

/** libvirt's refusal to make a volume over another one changed nothing; what another refusal left, it may not have removed. */
export function asNothingDone(error: unknown): never {
  if (!(error instanceof LibvirtError)) throw error;
  if (WAS_THERE.has(error.code) || /already exists/.test(error.message)) throw new NothingDone(error);
  throw error;
}

/** How often a volume is looked at that the host still writes. */
const RETRY_MS = 1000;

/**
 * Deletes a volume, if it is there. One that the host is still filling, as after a cancel, is waited for: libvirt cannot stop that.
 * @throws LibvirtError, LinkError
 */
export async function deleteVolume(step: StepContext, host: string, place: VolumePlace): Promise<void> {
  for (;;) {
    const client = step.client(host);
    const vol = await volumeByName(client, place).catch(without(['VIR_ERR_NO_STORAGE_POOL']));
    if (vol === null) return;
    try {
      await client.remote.storageVolDelete({ vol, flags: 0 }, { timeoutMs: 0 });
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    await pause(systemClock, RETRY_MS, step.signal);
    step.signal.throwIfAborted();
  }
}

/**
 * What became of a step that fills a volume and whose end nobody saw: a part of the bytes looks like all of them, so what there is goes,
 * and the step is done anew. It is the job's own, as for an undo: before it began there was none of that name.
 */
export async function clearHalf(
  step: StepContext,
  host: string,
  place: VolumePlace,
): Promise<{ done: false }> {
  await deleteVolume(step, host, place);
  return { done: false };
}

function isBusy(error: unknown): boolean {
  return error instanceof LibvirtError && /being allocated|in use by/.test(error.message);
}
