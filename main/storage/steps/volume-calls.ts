import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { StoragePoolRef, StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import { pause } from '../../hosts/clock.ts';
import { FailureError } from '../../hosts/failures.ts';
import { Stays, type StepContext } from '../../jobs/engine/step.ts';
import { poolByUuid, volumeByName, without } from '../read.ts';
import { readNeeded } from '../needed.ts';
import type { HostWait } from './deps.ts';
import { assertOwn, volumeNoteOf } from './own-volume.ts';
import { isBusy } from './remove-volume.ts';

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

/** Of a host that is asked again for what libvirt will allow when it has done what it does. */
const RETRY_MS = 1000;
const LIMIT_MS = 3_600_000;

/** Does something as soon as libvirt has ended what it does in the pool: it cannot be stopped, and ends by itself. */
export async function whenIdle<T>(
  { signal }: Pick<StepContext, 'signal'>,
  { clock }: Pick<HostWait, 'clock'>,
  work: () => Promise<T>,
): Promise<T> {
  const end = clock.now() + LIMIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || clock.now() > end) throw error;
    }
    await pause(clock, RETRY_MS, signal);
    signal.throwIfAborted();
  }
}

/**
 * Deletes the volume that the step made, if it is there: what libvirt was not asked for, what is another's and what is in use stays. One
 * that the host is still filling is waited for.
 * @param how `by`: the step that made it, where it is another one; `shared`: others may have used it for long
 * @throws Stays
 */
export async function takeBack(
  params: VolumeParams,
  step: StepContext,
  {
    clock,
    by,
    shared = false,
  }: Pick<HostWait, 'clock'> & { readonly by?: string; readonly shared?: boolean },
): Promise<void> {
  const noted = volumeNoteOf(step, by);
  if (noted === null) return;
  await whenIdle(step, { clock }, async () => {
    const client = step.client(params.host);
    const pool = await poolByUuid(client, params.pool).catch(without(['VIR_ERR_NO_STORAGE_POOL']));
    if (pool === null) return;
    // A file may be there that libvirt has not seen: it was being made when libvirtd ended.
    if (noted.state !== 'whole') await refreshPool(client, pool, step.signal);
    const vol = await volumeByName(client, params);
    if (vol === null) return forget(step, by);
    const model = readVolume((await client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml);
    const what = volumeLeft(params);
    assertOwn(noted, { vol, model }, { what, written: step.written() });
    const path = model.path ?? vol.key;
    const needed = await readNeeded(client, new Set([path]), { signal: step.signal });
    const names = [...new Set([...needed.users.map(({ name }) => name), ...needed.breaks])];
    if (names.length > 0)
      throw new InUse(what, `${names.join(', ')} ${names.length === 1 ? 'needs' : 'need'} it`);
    // Of what the job alone has had, or what was never whole, nobody has made use where it cannot be seen.
    const [unseen] = shared && noted.state === 'whole' ? needed.unseen : [];
    if (unseen !== undefined) throw new InUse(what, `whether something needs it cannot be known (${unseen})`);
    await client.remote.storageVolDelete({ vol, flags: 0 }, { timeoutMs: 0 });
    await forget(step, by);
  });
}

/** The maker's own undo comes later: what has the name by then is another's. */
async function forget(step: StepContext, by: string | undefined): Promise<void> {
  if (by !== undefined) await step.note(null, by);
}

/** The volume that the step made, when it is there and whole; null when there is none, or none that the step can have made. */
export async function ownVolume(params: VolumeParams, step: StepContext): Promise<StorageVolRef | null> {
  const noted = volumeNoteOf(step);
  const client = step.client(params.host);
  const vol = noted === null ? null : await volumeByName(client, params);
  if (noted === null || vol === null) return null;
  const model = readVolume((await client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml);
  try {
    assertOwn(noted, { vol, model }, { what: volumeLeft(params), written: step.written() });
    return vol;
  } catch (error) {
    if (error instanceof Stays) return null;
    throw error;
  }
}

/** It is needed by others, or may be. */
export class InUse extends Stays {}

/**
 * What became of a step that fills a volume and whose end nobody saw: a part of the bytes looks like all of them, so what there is goes,
 * and the step is done anew.
 * @throws Stays
 */
export async function clearHalf(
  params: VolumeParams,
  step: StepContext,
  { clock }: Pick<HostWait, 'clock'>,
): Promise<{ done: false }> {
  await takeBack(params, step, { clock });
  await step.note(null);
  return { done: false };
}
