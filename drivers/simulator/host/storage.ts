import {
  virStoragePoolEventLifecycleType as poolEvent,
  virStoragePoolState as poolState,
} from '../../libvirt/constants/index.ts';
import { readVolume } from '../../libvirt/model/index.ts';
import type { StoragePoolRef, StorageVolRef } from '../../libvirt/protocol/structs.ts';
import { uuidToString } from '../../libvirt/uuid.ts';
import { encodeText } from '../../xml/index.ts';
import { failure, noSuchFile, type FailureName } from '../failures.ts';
import type { HostEvent } from './events.ts';

export interface Volume {
  name: string;
  path: string;
  format: 'qcow2' | 'raw' | 'iso';
  capacityBytes: number;
  allocationBytes: number;
}

export interface Pool {
  name: string;
  uuid: Uint8Array;
  path: string;
  capacityBytes: number;
  active: boolean;
  autostart: boolean;
  volumes: Map<string, Volume>;
}

const NAME = /^[^/\0]{1,255}$/;

/** The pools of a host: directories only. */
export class Storage {
  readonly pools: Pool[];
  readonly #emit: (event: HostEvent) => void;

  constructor(pools: Pool[], emit: (event: HostEvent) => void) {
    this.pools = pools;
    this.#emit = emit;
  }

  poolByName(name: string): Pool {
    const pool = this.pools.find((candidate) => candidate.name === name);
    if (pool === undefined)
      throw failure(
        'VIR_ERR_NO_STORAGE_POOL',
        `no storage pool with matching name '${name}'`,
        'VIR_FROM_STORAGE',
      );
    return pool;
  }

  pool(ref: { uuid: Uint8Array; name?: string }): Pool {
    const wanted = uuidToString(ref.uuid);
    const pool = this.pools.find((candidate) => uuidToString(candidate.uuid) === wanted);
    if (pool === undefined)
      throw failure(
        'VIR_ERR_NO_STORAGE_POOL',
        `no storage pool with matching uuid '${wanted}' (${ref.name ?? ''})`,
        'VIR_FROM_STORAGE',
      );
    return pool;
  }

  activePool(ref: StoragePoolRef): Pool {
    const pool = this.pool(ref);
    if (!pool.active)
      throw failure(
        'VIR_ERR_OPERATION_INVALID',
        `storage pool '${pool.name}' is not active`,
        'VIR_FROM_STORAGE',
      );
    return pool;
  }

  volume(ref: { pool: string; name: string }): Volume {
    const volume = this.poolByName(ref.pool).volumes.get(ref.name);
    if (volume === undefined)
      throw failure(
        'VIR_ERR_NO_STORAGE_VOL',
        `no storage vol with matching name '${ref.name}'`,
        'VIR_FROM_STORAGE',
      );
    return volume;
  }

  /** A volume by its path, which is its key too. */
  volumeByPath(path: string, what: 'path' | 'key'): StorageVolRef {
    for (const pool of this.pools.filter(({ active }) => active))
      for (const volume of pool.volumes.values()) if (volume.path === path) return volumeRef(pool, volume);
    throw failure(
      'VIR_ERR_NO_STORAGE_VOL',
      `no storage vol with matching ${what} ${what === 'key' ? path : `'${path}'`}`,
      'VIR_FROM_STORAGE',
    );
  }

  /** @throws {LibvirtError} when a file in one of the pools' folders is not there, as QEMU's start would fail */
  requireFile(path: string): void {
    const pool = this.pools.find((candidate) => path.startsWith(`${candidate.path}/`));
    if (pool === undefined || [...pool.volumes.values()].some((volume) => volume.path === path)) return;
    throw noSuchFile(`Cannot access storage file '${path}'`, 'VIR_FROM_STORAGE');
  }

  setActive(pool: Pool, active: boolean): void {
    if (pool.active === active)
      throw failure(
        'VIR_ERR_OPERATION_INVALID',
        active
          ? `storage pool '${pool.name}' is already active`
          : `storage pool '${pool.name}' is not active`,
        'VIR_FROM_STORAGE',
      );
    pool.active = active;
    const event = active
      ? poolEvent.VIR_STORAGE_POOL_EVENT_STARTED
      : poolEvent.VIR_STORAGE_POOL_EVENT_STOPPED;
    this.#emit({ type: 'poolLifecycle', pool: poolRef(pool), event, detail: 0 });
  }

  refresh(pool: Pool): void {
    this.#emit({ type: 'poolRefresh', pool: poolRef(pool) });
  }

  /** @throws {LibvirtError | XmlError} when the XML, its name or its size cannot be */
  createVolume(pool: Pool, xml: string): Volume {
    const model = readVolume(xml);
    const refuse = (code: FailureName, detail: string): never => {
      throw failure(code, detail, 'VIR_FROM_STORAGE');
    };
    if (model.name === '') refuse('VIR_ERR_XML_ERROR', 'missing volume name element');
    if (model.name.includes('/'))
      refuse('VIR_ERR_OPERATION_INVALID', `volume name '${model.name}' cannot contain '/'`);
    if (!NAME.test(model.name)) refuse('VIR_ERR_XML_ERROR', `invalid volume name '${model.name}'`);
    if (model.capacityBytes === null) refuse('VIR_ERR_XML_ERROR', 'missing capacity element');
    if (pool.volumes.has(model.name))
      refuse('VIR_ERR_STORAGE_VOL_EXIST', `storage volume '${model.name}' exists already`);
    const volume: Volume = {
      name: model.name,
      path: `${pool.path}/${model.name}`,
      format: model.format === 'qcow2' ? 'qcow2' : 'raw',
      capacityBytes: model.capacityBytes ?? 0,
      allocationBytes:
        model.format === 'qcow2' ? 200_704 : (model.allocationBytes ?? model.capacityBytes ?? 0),
    };
    pool.volumes.set(volume.name, volume);
    return volume;
  }
}

export const poolRef = (pool: Pool): StoragePoolRef => ({ name: pool.name, uuid: pool.uuid });
export const volumeRef = (pool: Pool, volume: Volume): StorageVolRef => ({
  pool: pool.name,
  name: volume.name,
  key: volume.path,
});

/** Sizes of a pool in bytes; all 0 while it is not active. */
export function poolUsage(pool: Pool): {
  state: number;
  capacity: bigint;
  allocation: bigint;
  available: bigint;
} {
  if (!pool.active)
    return { state: poolState.VIR_STORAGE_POOL_INACTIVE, capacity: 0n, allocation: 0n, available: 0n };
  const used = [...pool.volumes.values()].reduce((sum, volume) => sum + volume.allocationBytes, 0);
  return {
    state: poolState.VIR_STORAGE_POOL_RUNNING,
    capacity: BigInt(pool.capacityBytes),
    allocation: BigInt(Math.min(used, pool.capacityBytes)),
    available: BigInt(Math.max(0, pool.capacityBytes - used)),
  };
}

export function poolXml(pool: Pool): string {
  const { capacity, allocation, available } = poolUsage(pool);
  return [
    `<pool type='dir'>`,
    `  <name>${encodeText(pool.name)}</name>`,
    `  <uuid>${uuidToString(pool.uuid)}</uuid>`,
    `  <capacity unit='bytes'>${capacity}</capacity>`,
    `  <allocation unit='bytes'>${allocation}</allocation>`,
    `  <available unit='bytes'>${available}</available>`,
    `  <source>`,
    `  </source>`,
    `  <target>`,
    `    <path>${encodeText(pool.path)}</path>`,
    `  </target>`,
    `</pool>`,
    ``,
  ].join('\n');
}

export function volumeXml(volume: Volume): string {
  return [
    `<volume type='file'>`,
    `  <name>${encodeText(volume.name)}</name>`,
    `  <key>${encodeText(volume.path)}</key>`,
    `  <capacity unit='bytes'>${volume.capacityBytes}</capacity>`,
    `  <allocation unit='bytes'>${volume.allocationBytes}</allocation>`,
    `  <physical unit='bytes'>${volume.allocationBytes}</physical>`,
    `  <target>`,
    `    <path>${encodeText(volume.path)}</path>`,
    `    <format type='${volume.format}'/>`,
    `  </target>`,
    `</volume>`,
    ``,
  ].join('\n');
}
