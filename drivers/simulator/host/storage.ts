import {
  virStoragePoolEventLifecycleType as poolEvent,
  virStoragePoolState as poolState,
} from '../../libvirt/constants/index.ts';
import { readPool, readVolume } from '../../libvirt/model/index.ts';
import type { StoragePoolRef, StorageVolRef } from '../../libvirt/protocol/structs.ts';
import { uuidFromString, uuidToString } from '../../libvirt/uuid.ts';
import { failure, noSuchFile, type FailureName } from '../failures.ts';
import type { HostEvent } from './events.ts';
import { ContentBudget, VolumeContent } from './volume-content.ts';

export interface Volume {
  name: string;
  path: string;
  format: 'qcow2' | 'raw' | 'iso';
  capacityBytes: number;
  allocationBytes: number;
  /** Size of the file itself, where it is not the allocation. */
  physicalBytes?: number;
  /** The file that it lies on. */
  backing?: { path: string; format: string };
  /** What was written to it; left out: nothing. */
  content?: VolumeContent;
  /** When it was written to last, in seconds; left out: before the demo. */
  changed?: string;
}

export interface Pool {
  name: string;
  uuid: Uint8Array;
  path: string;
  capacityBytes: number;
  active: boolean;
  autostart: boolean;
  /** It is gone when it is stopped. */
  transient?: boolean;
  volumes: Map<string, Volume>;
}

/** What all volumes of a host may hold in memory. */
const MAX_CONTENT_BYTES = 256 * 1024 * 1024;
/** Of a pool that is made in the demo. */
const NEW_POOL_BYTES = 2000 * 2 ** 30;
const QCOW2_MAGIC = 0x51_46_49_fb;
/** qcow2's header and tables. */
const QCOW2_EMPTY_BYTES = 200_704;
const NAME = /^[^/\0]{1,255}$/;

/** The pools of a host: directories only. */
export class Storage {
  readonly pools: Pool[];
  readonly #emit: (event: HostEvent) => void;
  readonly #budget = new ContentBudget(MAX_CONTENT_BYTES);
  /** Folders that are there for pools to start on. */
  readonly #folders: Set<string>;
  #changes = 0;

  constructor(pools: Pool[], emit: (event: HostEvent) => void) {
    this.pools = pools;
    this.#emit = emit;
    this.#folders = new Set(pools.map(({ path }) => path));
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
    if (active && !this.#folders.has(pool.path))
      throw noSuchFile(`cannot open directory '${pool.path}'`, 'VIR_FROM_STORAGE');
    pool.active = active;
    const event = active
      ? poolEvent.VIR_STORAGE_POOL_EVENT_STARTED
      : poolEvent.VIR_STORAGE_POOL_EVENT_STOPPED;
    this.#lifecycle(pool, event);
    if (!active && pool.transient === true) this.undefine(pool);
  }

  /** Of a folder that is there. */
  createTransient(xml: string, newUuid: () => Uint8Array): Pool {
    const pool = this.define(xml, newUuid);
    pool.transient = true;
    this.#folders.add(pool.path);
    this.setActive(pool, true);
    return pool;
  }

  /** Looks at the files anew: what one is, its first bytes say. */
  refresh(pool: Pool): void {
    for (const volume of pool.volumes.values()) {
      const head = volume.content?.head(32);
      if (head === undefined || volume.format === 'qcow2' || head.readUInt32BE(0) !== QCOW2_MAGIC) continue;
      volume.format = 'qcow2';
      volume.physicalBytes = volume.capacityBytes;
      volume.capacityBytes = Number(head.readBigUInt64BE(24));
    }
    this.#emit({ type: 'poolRefresh', pool: poolRef(pool) });
  }

  /** @throws {LibvirtError | XmlError} for a pool that is no folder, or whose name, UUID or folder another one has */
  define(xml: string, newUuid: () => Uint8Array): Pool {
    const { type, name, uuid, targetPath } = readPool(xml);
    const refuse = (code: FailureName, detail: string): never => {
      throw failure(code, detail, 'VIR_FROM_STORAGE');
    };
    if (type !== 'dir') refuse('VIR_ERR_INTERNAL_ERROR', `missing backend for pool type '${type}'`);
    if (!NAME.test(name)) refuse('VIR_ERR_XML_ERROR', 'name cannot be empty or contain /');
    if (targetPath === null) return refuse('VIR_ERR_XML_ERROR', 'missing storage pool target path');
    const named = this.pools.find((pool) => pool.name === name);
    if (named !== undefined && uuidToString(named.uuid) !== uuid)
      refuse(
        'VIR_ERR_OPERATION_FAILED',
        `pool '${name}' is already defined with uuid ${uuidToString(named.uuid)}`,
      );
    const other = this.pools.find((pool) => pool.path === targetPath && pool !== named);
    if (other !== undefined)
      refuse('VIR_ERR_OPERATION_FAILED', `Storage source conflict with pool: '${other.name}'`);
    if (named !== undefined) return named;
    const pool: Pool = {
      name,
      uuid: uuid === '' ? newUuid() : uuidFromString(uuid),
      path: targetPath,
      capacityBytes: NEW_POOL_BYTES,
      active: false,
      autostart: false,
      volumes: new Map(),
    };
    this.pools.push(pool);
    this.#lifecycle(pool, poolEvent.VIR_STORAGE_POOL_EVENT_DEFINED);
    return pool;
  }

  undefine(pool: Pool): void {
    this.#requireInactive(pool);
    this.pools.splice(this.pools.indexOf(pool), 1);
    this.#lifecycle(pool, poolEvent.VIR_STORAGE_POOL_EVENT_UNDEFINED);
  }

  /** Makes its folder. */
  build(pool: Pool): void {
    this.#requireInactive(pool);
    this.#folders.add(pool.path);
  }

  /** Removes its folder, if nothing is in it. */
  delete(pool: Pool): void {
    this.#requireInactive(pool);
    if (pool.volumes.size > 0)
      throw failure(
        'VIR_ERR_SYSTEM_ERROR',
        `failed to remove pool '${pool.path}': Directory not empty`,
        'VIR_FROM_STORAGE',
      );
    this.#folders.delete(pool.path);
  }

  deleteVolume(pool: Pool, volume: Volume): void {
    volume.content?.clear();
    pool.volumes.delete(volume.name);
  }

  /** @throws {LibvirtError} as of a full disk, when the host's memory for it is used up */
  write(volume: Volume, offset: number, bytes: Uint8Array): void {
    const content = (volume.content ??= new VolumeContent(this.#budget));
    const before = content.allocatedBytes;
    content.write(offset, bytes);
    this.touch(volume);
    volume.allocationBytes += content.allocatedBytes - before;
    if (volume.format === 'raw') volume.capacityBytes = Math.max(volume.capacityBytes, offset + bytes.length);
  }

  /** At the end of a hole libvirt gives a file that size (virFDStreamThreadDoWrite): what was behind it is gone, what was in the hole is not. */
  cut(volume: Volume, sizeBytes: number): void {
    const before = volume.content?.allocatedBytes ?? 0;
    volume.content?.cut(sizeBytes);
    this.touch(volume);
    volume.allocationBytes += (volume.content?.allocatedBytes ?? 0) - before;
    if (volume.format === 'raw') volume.capacityBytes = sizeBytes;
  }

  /** Fills a new volume from another one. What is in a qcow2 file of another format is not kept, only its size. */
  copy(to: Volume, from: Volume): void {
    this.touch(to);
    if (from.content === undefined || from.format !== to.format) {
      to.allocationBytes = Math.max(to.allocationBytes, Math.min(from.allocationBytes, to.capacityBytes));
      return;
    }
    to.content = new VolumeContent(this.#budget);
    to.content.copyFrom(from.content);
    to.allocationBytes = to.content.allocatedBytes;
    if (from.physicalBytes !== undefined) to.physicalBytes = from.physicalBytes;
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
    if (model.encryption !== null)
      refuse('VIR_ERR_CONFIG_UNSUPPORTED', `storage pool does not support encrypted volumes`);
    const isQcow2 = model.format === 'qcow2';
    const { backingPath, backingFormat } = model;
    if (backingPath !== null) this.volumeByPath(backingPath, 'path');
    const capacityBytes = model.capacityBytes ?? 0;
    const volume: Volume = {
      name: model.name,
      path: `${pool.path}/${model.name}`,
      format: isQcow2 ? 'qcow2' : 'raw',
      capacityBytes,
      allocationBytes: isQcow2 ? QCOW2_EMPTY_BYTES : (model.allocationBytes ?? capacityBytes),
      changed: this.#now(),
      ...(backingPath === null ? {} : { backing: { path: backingPath, format: backingFormat ?? 'raw' } }),
    };
    if (isQcow2) this.#writeHeader(volume);
    pool.volumes.set(volume.name, volume);
    return volume;
  }

  /** Its file was written to. */
  touch(volume: Volume): void {
    volume.changed = this.#now();
  }

  /** As of a file system with nanoseconds: no two changes are at the same time. */
  #now(): string {
    const ms = Date.now();
    this.#changes = (this.#changes + 1) % 1_000_000;
    const fraction = (ms % 1000) * 1_000_000 + this.#changes;
    return `${Math.floor(ms / 1000)}.${String(fraction).padStart(9, '0')}`;
  }

  /** So much of a qcow2 file that it is known for one when it is read back. */
  #writeHeader(volume: Volume): void {
    const header = Buffer.alloc(72);
    header.writeUInt32BE(QCOW2_MAGIC, 0);
    header.writeUInt32BE(2, 4);
    header.writeUInt32BE(16, 20);
    header.writeBigUInt64BE(BigInt(volume.capacityBytes), 24);
    const allocationBytes = volume.allocationBytes;
    this.write(volume, 0, header);
    volume.allocationBytes = allocationBytes;
    volume.physicalBytes = allocationBytes;
  }

  #requireInactive(pool: Pool): void {
    if (pool.active)
      throw failure(
        'VIR_ERR_OPERATION_INVALID',
        `storage pool '${pool.name}' is still active`,
        'VIR_FROM_STORAGE',
      );
  }

  #lifecycle(pool: Pool, event: number): void {
    this.#emit({ type: 'poolLifecycle', pool: poolRef(pool), event, detail: 0 });
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
