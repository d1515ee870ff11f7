import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readPool, volumeXml } from '../../../drivers/libvirt/model/index.ts';
import type { StoragePoolRef, StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { poolAbilities } from '../../contract/pool-abilities.ts';
import { FailureError } from '../../hosts/failures.ts';
import { NothingDone, type StepContext } from '../../jobs/engine/step.ts';
import { poolByUuid, volumeByName } from '../read.ts';
import { overLostLinks, type HostWait } from './deps.ts';
import { assertStillOwn, makeVolume, toFacts, volumeNoteOf } from './own-volume.ts';
import { refreshPool, whenIdle, type VolumePlace } from './volume-calls.ts';

interface Empty extends VolumePlace {
  readonly host: string;
  readonly sizeBytes: number;
  readonly wait: HostWait;
}

/** A libvirtd that dies of what it is asked is not asked for ever. */
const MOST_TIMES = 5;

/**
 * Makes the volume that a step is to fill, once, whenever its host goes away meanwhile. It is made raw, whatever it will hold: only so does libvirt
 * let an image be written as it is; what it is, the host finds when it looks at its files again.
 * @throws NothingDone when something of that name was there before libvirt was asked
 */
export function makeEmpty(step: StepContext, empty: Empty): Promise<StorageVolRef> {
  const { host, name, wait } = empty;
  let asked = 0;
  return overLostLinks(wait, { step, hosts: [host] }, async () => {
    const session = step.session(host);
    const client = await session.bulkClient();
    const pool = await poolByUuid(client, empty.pool);
    if ((asked += 1) > MOST_TIMES) {
      const message = `${session.name} lost its link each time that it was asked to make ${name}: its libvirtd may end of it.`;
      throw new FailureError({ code: 'CONFLICT', message, host: { id: host, name: session.name } });
    }
    if (volumeNoteOf(step) === null) return make(step, empty, { client, pool });
    const before = await madeBefore(step, empty, { client, pool });
    if (before !== null) return before;
    try {
      return await make(step, empty, { client, pool });
    } catch (error) {
      if (!(error instanceof NothingDone)) throw error;
      // What was asked for before the link was lost may have come to be only now.
      const late = await madeBefore(step, empty, { client, pool });
      if (late === null) throw error.cause;
      return late;
    }
  });
}

interface At {
  readonly client: LibvirtClient;
  readonly pool: StoragePoolRef;
}

async function make(
  step: StepContext,
  { host, name, sizeBytes }: Empty,
  { client, pool }: At,
): Promise<StorageVolRef> {
  const { type } = readPool((await client.remote.storagePoolGetXmlDesc({ pool, flags: 0 })).xml);
  const isOfFiles = poolAbilities(type).files;
  const xml = volumeXml({
    name,
    capacityBytes: sizeBytes,
    // Volumes of pools that have no files are made as large as they will be.
    ...(isOfFiles ? { allocationBytes: 0, format: 'raw' } : {}),
  });
  return makeVolume(step, client, {
    host,
    wanted: { capacityBytes: sizeBytes, format: isOfFiles ? 'raw' : null, empty: true },
    make: () => client.remote.storageVolCreateXml({ pool, xml, flags: 0 }, { timeoutMs: 0 }),
    appears: null,
  });
}

/** What was asked for before the link was lost, and nobody saw the answer of; null: it has not come to be. @throws FailureError CONFLICT for another's */
async function madeBefore(
  step: StepContext,
  { name, pool: uuid, wait }: Empty,
  { client, pool }: At,
): Promise<StorageVolRef | null> {
  // Not while it is being made; and there may be a file that libvirt has not seen, as it ended then.
  await whenIdle(step, wait, () => refreshPool(client, pool, step.signal));
  const noted = volumeNoteOf(step);
  const vol = await volumeByName(client, { pool: uuid, name });
  if (vol === null || noted?.state !== 'asked') return vol;
  const model = await assertStillOwn(step, client, { vol, name });
  await step.note({ state: 'open', wanted: noted.wanted, facts: toFacts(vol, model) });
  return vol;
}
