import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import {
  virConnectListAllStoragePoolsFlags as LIST,
  virStorageXMLFlags,
} from '../../drivers/libvirt/constants/storage.ts';
import { readPool, readVolume, type VolumeModel } from '../../drivers/libvirt/model/index.ts';
import type { StoragePoolRef, StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import { isUuid, uuidFromString, uuidToString } from '../../drivers/libvirt/uuid.ts';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';
import type { Pool } from '../contract/storage.ts';
import { BadInput } from '../hosts/failures.ts';
import { inPool } from '../inventory/pool.ts';
import { toPool } from './views.ts';

/** Calls at one time: one of the five that a connection is served is left for others. */
const IN_FLIGHT = 4;

/** A pool by UUID. @throws BadInput for what is none; LibvirtError VIR_ERR_NO_STORAGE_POOL */
export async function poolByUuid(
  client: LibvirtClient,
  uuid: string,
  options: CallOptions = {},
): Promise<StoragePoolRef> {
  if (!isUuid(uuid)) throw new BadInput(`A pool is named by its UUID, and “${uuid}” is none.`);
  return (await client.remote.storagePoolLookupByUuid({ uuid: uuidFromString(uuid) }, options)).pool;
}

/** A volume of a pool by name, or null when the pool has none of that name. */
export async function volumeByName(
  client: LibvirtClient,
  { pool, name }: { pool: string; name: string },
  options: CallOptions = {},
): Promise<StorageVolRef | null> {
  const ref = await poolByUuid(client, pool, options);
  return client.remote
    .storageVolLookupByName({ pool: ref, name }, options)
    .then(({ vol }) => vol)
    .catch(without(['VIR_ERR_NO_STORAGE_VOL']));
}

/** All pools of a host. One that goes while they are read is left out. */
export async function readPools(
  client: LibvirtClient,
  host: string,
  options: CallOptions = {},
): Promise<Pool[]> {
  const list = async (flags: number): Promise<StoragePoolRef[]> => {
    const reply = await client.remote
      .connectListAllStoragePools({ needResults: 1, flags }, options)
      .catch(without(['VIR_ERR_NO_SUPPORT']));
    return reply?.pools ?? [];
  };
  const [all, autostart, persistent] = await Promise.all([
    list(0),
    list(LIST.VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART).then(uuids),
    list(LIST.VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT).then(uuids),
  ]);
  const pools: Pool[] = [];
  await inPool(all, IN_FLIGHT, async (ref) => {
    const uuid = uuidToString(ref.uuid);
    const facts = { host, autostart: autostart.has(uuid), persistent: persistent.has(uuid) };
    const pool = await readOnePool(client, ref, facts, options);
    if (pool !== null) pools.push(pool);
  });
  return pools.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function readOnePool(
  client: LibvirtClient,
  pool: StoragePoolRef,
  facts: { host: string; autostart: boolean; persistent: boolean },
  options: CallOptions,
): Promise<Pool | null> {
  const [reply, info] = await Promise.all([
    client.remote
      .storagePoolGetXmlDesc({ pool, flags: 0 }, options)
      .catch(without(['VIR_ERR_NO_STORAGE_POOL'])),
    client.remote.storagePoolGetInfo({ pool }, options).catch(without(['VIR_ERR_NO_STORAGE_POOL'])),
  ]);
  return reply === null || info === null ? null : toPool(readPool(reply.xml), info, facts);
}

/** One pool. @throws LibvirtError VIR_ERR_NO_STORAGE_POOL */
export async function readPoolByUuid(
  client: LibvirtClient,
  host: string,
  uuid: string,
): Promise<PoolWithXml> {
  const { remote } = client;
  const ref = await poolByUuid(client, uuid);
  const [{ xml }, info, { autostart }, { persistent }] = await Promise.all([
    remote.storagePoolGetXmlDesc({ pool: ref, flags: virStorageXMLFlags.VIR_STORAGE_XML_INACTIVE }),
    remote.storagePoolGetInfo({ pool: ref }),
    remote.storagePoolGetAutostart({ pool: ref }),
    remote.storagePoolIsPersistent({ pool: ref }),
  ]);
  const model = readPool(xml);
  const facts = { host, autostart: autostart !== 0, persistent: persistent !== 0 };
  return { ref, xml, secretUuid: model.secretUuid, pool: toPool(model, info, facts) };
}

export interface PoolWithXml {
  readonly ref: StoragePoolRef;
  readonly pool: Pool;
  /** Its definition. */
  readonly xml: string;
  readonly secretUuid: string | null;
}

export interface ListedVolumes {
  readonly volumes: VolumeModel[];
  /** Names of those that libvirt lists and does not describe: a file that cannot be opened, a name that is no text (with U+FFFD in it). */
  readonly unreadable: string[];
}

/** The volumes of an active pool; none when it was stopped since. A volume that goes while they are read is left out. */
export async function listVolumes(
  client: LibvirtClient,
  pool: StoragePoolRef,
  options: CallOptions = {},
): Promise<ListedVolumes> {
  const listed = await client.remote
    .storagePoolListAllVolumes({ pool, needResults: 1, flags: 0 }, options)
    .catch(without(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_STORAGE_POOL', 'VIR_ERR_NO_SUPPORT']));
  const found = new Map<string, VolumeModel | null>();
  const vols = listed?.vols ?? [];
  await inPool(vols, IN_FLIGHT, async (vol) => {
    const reply = await client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, options).catch(refused);
    if (reply === 'gone' && !vol.name.includes('\ufffd')) return;
    found.set(vol.name, typeof reply === 'string' ? null : readVolume(reply.xml));
  });
  return {
    volumes: vols.flatMap(({ name }) => found.get(name) ?? []),
    unreadable: [...found].flatMap(([name, model]) => (model === null ? [name] : [])),
  };
}

/** The volumes of an active pool that can be read. */
export async function readVolumes(
  client: LibvirtClient,
  pool: StoragePoolRef,
  options: CallOptions = {},
): Promise<VolumeModel[]> {
  return (await listVolumes(client, pool, options)).volumes;
}

function uuids(pools: readonly StoragePoolRef[]): Set<string> {
  return new Set(pools.map(({ uuid }) => uuidToString(uuid)));
}

/** Null where libvirt refuses for one of these reasons. */
export function without(codes: readonly string[]): (error: unknown) => null {
  return (error) => {
    if (error instanceof LibvirtError && codes.includes(error.code)) return null;
    throw error;
  };
}

/** A volume that is gone, or whose file cannot be read. */
function refused(error: unknown): 'gone' | 'unreadable' {
  if (error instanceof LibvirtError) return error.code === 'VIR_ERR_NO_STORAGE_VOL' ? 'gone' : 'unreadable';
  throw error;
}
