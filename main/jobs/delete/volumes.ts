import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virConnectListAllStoragePoolsFlags } from '../../../drivers/libvirt/constants/storage.ts';
import type { DomainModel } from '../../../drivers/libvirt/model/domain.ts';
import { readPool, readVolume } from '../../../drivers/libvirt/model/storage.ts';
import type { DomainRef, StoragePoolRef, StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import { pause, systemClock } from '../../hosts/clock.ts';
import { inPool } from '../../inventory/pool.ts';
import { isBusy } from '../../storage/steps/remove-volume.ts';
import { namedVolumes, volumeName, type KnownVolume } from './plan.ts';

/** Longest chain of files that is followed; QEMU itself refuses far earlier. */
const MAX_CHAIN = 64;
/** A pool on a network with many files takes its time to look at them. */
const REFRESH_LIMIT_MS = 120_000;
/** A pool that is busy is asked again so often, after this time. */
const BUSY_TRIES = 20;
const BUSY_MS = 500;
/** Pools that are refreshed at one time: each call takes one of the five places of the connection. */
const REFRESHES = 2;

interface Looked {
  known: KnownVolume;
  /** The file under it, as its own header says. */
  backing: string | null;
  /** The format of that file, as its header says; null where it says none. */
  backingFormat: string | null;
  /** libvirt's own name of the volume; for files it is the path. */
  key: string | null;
  /** Size and times of the file; two paths with the same are one file by a link, or by two pools. Null where they are not told. */
  stamp: string | null;
}

/** What the pools to refresh must hold. */
export interface PoolsWanted {
  /** Of the machine that goes. */
  own: readonly string[];
  /** Of all machines. */
  paths: readonly string[];
  /** Pools that disks name. */
  pools: readonly string[];
}

/** A file that a machine uses: a disk's own, or one under it. */
export interface UsedFile {
  path: string;
  isTop: boolean;
  /** Null: nobody can be asked how large it is, so what may be the same counts as the same. */
  dom: DomainRef | null;
}

/** The volume of a path, or null when no active pool has it. */
export async function volumeByPath(
  client: LibvirtClient,
  path: string,
  options: CallOptions,
): Promise<StorageVolRef | null> {
  return orElse(
    client.remote.storageVolLookupByPath({ path }, options).then(({ vol }) => vol),
    null,
  );
}

/** Looks at volumes of one host, each once. */
export class VolumeReader {
  readonly #client: LibvirtClient;
  readonly #options: CallOptions;
  readonly #looked = new Map<string, Promise<Looked | null>>();

  constructor(client: LibvirtClient, options: CallOptions) {
    this.#client = client;
    this.#options = options;
  }

  /**
   * Lets the pools that hold the files look at their folders again: what qemu-img made there, a pool does not know before. A pool that
   * cannot be refreshed fails the whole, since a file that is made on top of another could hide in it.
   */
  async refreshPools({ own, paths, pools: named }: PoolsWanted): Promise<void> {
    const { remote } = this.#client;
    const flags = virConnectListAllStoragePoolsFlags.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE;
    const listed = remote.connectListAllStoragePools({ needResults: 1, flags }, this.#options);
    const { pools } = await listed.catch(without('VIR_ERR_NO_SUPPORT', { pools: [] }));
    const wanted = new Set(named);
    for (const path of new Set(own)) {
      const vol = await volumeByPath(this.#client, path, this.#options);
      if (vol !== null) wanted.add(vol.pool);
    }
    await inPool(pools, REFRESHES, async (pool) => {
      if (!wanted.has(pool.name) && !(await this.#isAbove(pool, paths))) return;
      const refresh = () =>
        remote.storagePoolRefresh({ pool, flags: 0 }, { ...this.#options, timeoutMs: REFRESH_LIMIT_MS });
      await this.#whenIdle(refresh).catch(stopped);
    });
  }

  /** A pool in which a volume is being made cannot be looked through: a short while is waited for that. */
  async #whenIdle<T>(work: () => Promise<T>): Promise<T> {
    const { signal = new AbortController().signal } = this.#options;
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!isBusy(error) || tries === BUSY_TRIES) throw error;
      }
      await pause(systemClock, BUSY_MS, signal);
      signal.throwIfAborted();
    }
  }

  /** What its pool knows of a path; null when no active pool has it. */
  look(path: string): Promise<Looked | null> {
    let looked = this.#looked.get(path);
    if (looked === undefined) {
      looked = this.#look(path);
      this.#looked.set(path, looked);
    }
    return looked;
  }

  /** The path and the files under it, top first, as far as pools know them. A machine that is off tells of the top one only. */
  async chain(path: string): Promise<string[]> {
    const chain: string[] = [];
    for (
      let next: string | null = path;
      next !== null && !chain.includes(next) && chain.length < MAX_CHAIN;
    ) {
      chain.push(next);
      const looked: Looked | null = await this.look(next);
      next = looked?.backing ?? null;
    }
    return chain;
  }

  /**
   * Paths of the disks that name a pool and a volume in place of a path (`<disk type='volume'>`), by `volumeName`, where the pool is
   * active.
   */
  async namedPaths(model: DomainModel): Promise<Map<string, string>> {
    const { remote } = this.#client;
    const paths = new Map<string, string>();
    for (const named of namedVolumes(model)) {
      const lookUp = async (): Promise<string> => {
        const { pool } = await remote.storagePoolLookupByName({ name: named.pool }, this.#options);
        const { vol } = await remote.storageVolLookupByName({ pool, name: named.volume }, this.#options);
        return (await remote.storageVolGetPath({ vol }, this.#options)).name;
      };
      const path = await orElse(lookUp(), null);
      if (path !== null) paths.set(volumeName(named), path);
    }
    return paths;
  }

  /** Those of `paths` that are a file which a machine uses: by path, by libvirt's key, or by all that tells one file from another. */
  async sameFiles(paths: ReadonlySet<string>, used: UsedFile): Promise<string[]> {
    const looked = await this.look(used.path);
    const same: string[] = [];
    for (const own of paths) {
      if (own === used.path || (await this.#isSame(own, used, looked))) same.push(own);
    }
    return same;
  }

  async #isSame(own: string, used: UsedFile, looked: Looked | null): Promise<boolean> {
    const mine = await this.look(own);
    if (mine === null) return false;
    if (looked !== null) {
      if (looked.key !== null && looked.key === mine.key) return true;
      return looked.stamp !== null && looked.stamp === mine.stamp;
    }
    if (baseName(own) !== baseName(used.path)) return false;
    // Of a file under another one nothing more can be asked: what may be the same stays.
    return (
      !used.isTop || used.dom === null || (await this.#hasSize(used.dom, used.path, mine.known.capacityBytes))
    );
  }

  /** For a path that no pool has, such as one through a symbolic link: its machine can tell how large it is. */
  async #hasSize(dom: DomainRef, path: string, bytes: number): Promise<boolean> {
    const info = this.#client.remote.domainGetBlockInfo({ dom, path, flags: 0 }, this.#options);
    const capacity = await orElse(
      info.then((told) => Number(told.capacity)),
      null,
    );
    return capacity === bytes;
  }

  async #isAbove(pool: StoragePoolRef, paths: readonly string[]): Promise<boolean> {
    const reply = await orElse(
      this.#client.remote.storagePoolGetXmlDesc({ pool, flags: 0 }, this.#options),
      null,
    );
    const folder = reply === null ? null : readPool(reply.xml).targetPath;
    return (
      folder !== null && paths.some((path) => path.startsWith(folder.endsWith('/') ? folder : `${folder}/`))
    );
  }

  async #look(path: string): Promise<Looked | null> {
    const vol = await volumeByPath(this.#client, path, this.#options);
    if (vol === null) return null;
    const reply = await orElse(
      this.#client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, this.#options),
      null,
    );
    if (reply === null) return null;
    const { capacityBytes, allocationBytes, backingPath, backingFormat, changed } = readVolume(reply.xml);
    const known = {
      pool: vol.pool,
      capacityBytes: capacityBytes ?? 0,
      allocationBytes: allocationBytes ?? 0,
    };
    const key = vol.key === '' ? null : vol.key;
    return {
      known,
      backing: backingPath,
      backingFormat,
      key,
      stamp: changed === null ? null : `${capacityBytes} ${changed}`,
    };
  }
}

/** The value, or what stands for it when libvirt refuses: a driver without snapshots, a file that no pool has. */
export async function orElse<T, E>(call: Promise<T>, otherwise: E): Promise<T | E> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LibvirtError) return otherwise;
    throw error;
  }
}

/** What stands for an answer when libvirt refuses for just this reason. */
function without<E>(code: string, otherwise: E): (error: unknown) => E {
  return (error) => {
    if (error instanceof LibvirtError && error.code === code) return otherwise;
    throw error;
  };
}

/** A pool that was stopped since it was listed: its files are in no pool then. */
function stopped(error: unknown): void {
  const codes = ['VIR_ERR_NO_STORAGE_POOL', 'VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_SUPPORT'];
  if (!(error instanceof LibvirtError && codes.includes(error.code))) throw error;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
