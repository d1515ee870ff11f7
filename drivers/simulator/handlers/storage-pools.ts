import { randomBytes } from 'node:crypto';
import { virConnectListAllStoragePoolsFlags as list } from '../../libvirt/constants/index.ts';
import { poolXml } from '../descriptions/storage.ts';
import { failure } from '../failures.ts';
import { poolRef, poolUsage, volumeRef, type Pool } from '../host/storage.ts';
import type { Handlers } from './table.ts';

function listed(pool: Pool, flags: number): boolean {
  const any = (...pairs: [bit: number, test: boolean][]) => {
    const set = pairs.filter(([bit]) => (flags & bit) !== 0);
    return set.length === 0 || set.some(([, test]) => test);
  };
  const types = 0x1ffc0;
  return (
    any(
      [list.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, pool.active],
      [list.VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE, !pool.active],
    ) &&
    any(
      [list.VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT, pool.transient !== true],
      [list.VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT, pool.transient === true],
    ) &&
    any(
      [list.VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART, pool.autostart],
      [list.VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART, !pool.autostart],
    ) &&
    ((flags & types) === 0 || (flags & list.VIR_CONNECT_LIST_STORAGE_POOLS_DIR) !== 0)
  );
}

const names = (pools: readonly Pool[], max: number): string[] =>
  pools.slice(0, Math.max(0, max)).map(({ name }) => name);

/** Pools. */
export const storagePoolHandlers: Handlers = {
  connectListAllStoragePools: ({ needResults, flags }, { host }) => {
    const pools = host.storage.pools.filter((pool) => listed(pool, flags));
    return { pools: needResults > 0 ? pools.map(poolRef) : [], ret: pools.length };
  },
  connectNumOfStoragePools: (_, { host }) => ({
    num: host.storage.pools.filter(({ active }) => active).length,
  }),
  connectNumOfDefinedStoragePools: (_, { host }) => ({
    num: host.storage.pools.filter(({ active }) => !active).length,
  }),
  connectListStoragePools: ({ maxnames }, { host }) => ({
    names: names(
      host.storage.pools.filter(({ active }) => active),
      maxnames,
    ),
  }),
  connectListDefinedStoragePools: ({ maxnames }, { host }) => ({
    names: names(
      host.storage.pools.filter(({ active }) => !active),
      maxnames,
    ),
  }),
  storagePoolLookupByName: ({ name }, { host }) => ({ pool: poolRef(host.storage.poolByName(name)) }),
  storagePoolLookupByUuid: ({ uuid }, { host }) => ({ pool: poolRef(host.storage.pool({ uuid })) }),
  storagePoolLookupByVolume: ({ vol }, { host }) => ({ pool: poolRef(host.storage.poolByName(vol.pool)) }),
  storagePoolLookupByTargetPath: ({ path }, { host }) => {
    const pool = host.storage.pools.find((candidate) => candidate.path === path);
    if (pool === undefined)
      throw failure(
        'VIR_ERR_NO_STORAGE_POOL',
        `no storage pool with matching target path '${path}'`,
        'VIR_FROM_STORAGE',
      );
    return { pool: poolRef(pool) };
  },
  storagePoolGetInfo: ({ pool }, { host }) => poolUsage(host.storage.pool(pool)),
  storagePoolGetXmlDesc: ({ pool }, { host }) => ({ xml: poolXml(host.storage.pool(pool)) }),
  storagePoolGetAutostart: ({ pool }, { host }) => ({ autostart: host.storage.pool(pool).autostart ? 1 : 0 }),
  storagePoolSetAutostart: ({ pool, autostart }, { host }) => {
    host.storage.pool(pool).autostart = autostart !== 0;
  },
  storagePoolIsActive: ({ pool }, { host }) => ({ active: host.storage.pool(pool).active ? 1 : 0 }),
  storagePoolIsPersistent: ({ pool }, { host }) => {
    return { persistent: host.storage.pool(pool).transient === true ? 0 : 1 };
  },
  storagePoolCreateXml: ({ xml }, { host }) => ({
    pool: poolRef(host.storage.createTransient(xml, () => randomBytes(16))),
  }),
  storagePoolDefineXml: ({ xml }, { host }) => ({
    pool: poolRef(host.storage.define(xml, () => randomBytes(16))),
  }),
  storagePoolUndefine: ({ pool }, { host }) => host.storage.undefine(host.storage.pool(pool)),
  storagePoolBuild: ({ pool }, { host }) => host.storage.build(host.storage.pool(pool)),
  storagePoolDelete: ({ pool }, { host }) => host.storage.delete(host.storage.pool(pool)),
  connectFindStoragePoolSources: ({ type }) => {
    throw failure(
      'VIR_ERR_NO_SUPPORT',
      `pool type '${type}' does not support source discovery`,
      'VIR_FROM_STORAGE',
    );
  },
  storagePoolCreate: ({ pool }, { host }) => host.storage.setActive(host.storage.pool(pool), true),
  storagePoolDestroy: ({ pool }, { host }) => host.storage.setActive(host.storage.pool(pool), false),
  storagePoolRefresh: ({ pool }, { host }) => host.storage.refresh(host.storage.activePool(pool)),
  storagePoolNumOfVolumes: ({ pool }, { host }) => ({ num: host.storage.activePool(pool).volumes.size }),
  storagePoolListVolumes: ({ pool, maxnames }, { host }) => ({
    names: [...host.storage.activePool(pool).volumes.keys()].slice(0, Math.max(0, maxnames)),
  }),
  storagePoolListAllVolumes: ({ pool: ref, needResults }, { host }) => {
    const pool = host.storage.activePool(ref);
    const vols = [...pool.volumes.values()].map((volume) => volumeRef(pool, volume));
    return { vols: needResults > 0 ? vols : [], ret: vols.length };
  },
};
