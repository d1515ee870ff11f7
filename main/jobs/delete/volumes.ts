import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virConnectListAllStoragePoolsFlags as LIST } from '../../../drivers/libvirt/constants/storage.ts';
import type { DomainModel } from '../../../drivers/libvirt/model/domain.ts';
import { readPool, readVolume } from '../../../drivers/libvirt/model/storage.ts';
import type { DomainRef, StoragePoolRef, StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import { poolAbilities } from '../../contract/pool-abilities.ts';
import type { VolumeUser } from '../../contract/storage.ts';
import { pause, systemClock } from '../../hosts/clock.ts';
import { readRealPaths } from '../../hosts/host-paths.ts';
import { inPool } from '../../inventory/pool.ts';
import {
  isWithin,
  namedVolumes,
  plainPath,
  volumeName,
  type NamedVolume,
} from '../../storage/machine-files.ts';
import { isBusy } from '../../storage/steps/remove-volume.ts';
import type { Unseen } from '../../storage/unseen.ts';
import type { KnownVolume } from './plan.ts';

/** Longest chain of files that is followed; QEMU itself refuses far earlier. */
const MAX_CHAIN = 64;
/** A pool on a network with many files takes its time to look at them; a server that is away never ends. */
const REFRESH_LIMIT_MS = 60_000;
/** A pool that is busy is asked again so often, after this time. */
const BUSY_TRIES = 20;
const BUSY_MS = 500;
/** Calls at one time: one of the five that a connection is served is left for others. */
const IN_FLIGHT = 4;

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

/** A file or folder that a machine uses, or that a volume lies on. */
export interface UsedFile {
  path: string;
  via: VolumeUser['via'];
  /** Null: no machine has it, or one that cannot be asked. */
  dom: DomainRef | null;
}

/** A pool of the host as it was when the reader looked first. */
export interface HostPool {
  readonly ref: StoragePoolRef;
  readonly active: boolean;
  readonly type: string;
  /** The folder of its volumes; null where they are in none. */
  readonly folder: string | null;
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
  /** Where paths lead; null: nobody knows. */
  readonly #real = new Map<string, string | null>();
  /** Paths of volumes that are named by their pool; null: of none that is in sight. */
  readonly #named = new Map<string, Promise<string | null>>();
  #pools: Promise<readonly HostPool[]> | null = null;

  constructor(client: LibvirtClient, options: CallOptions) {
    this.#client = client;
    this.#options = options;
  }

  /**
   * Lets all active pools of files look at their folders again: what qemu-img made there, a pool does not know before, and what lies on a
   * file may be in any of them. Before anything is looked at.
   * @param paths what is to be lost: of the pool that has it nobody is told “unseen” while libvirt works in it, as that ends by itself
   * @throws LibvirtError while libvirt works in a pool that has one of the paths (isBusy)
   */
  async refreshPools(paths: Iterable<string>, unseen: Unseen): Promise<void> {
    const end = systemClock.now() + REFRESH_LIMIT_MS;
    await inPool(await this.pools(), IN_FLIGHT, async ({ ref: pool, active, type }) => {
      if (!active || !poolAbilities(type).files) return;
      const refresh = () => {
        const timeoutMs = Math.max(1, end - systemClock.now());
        return this.#client.remote.storagePoolRefresh({ pool, flags: 0 }, { ...this.#options, timeoutMs });
      };
      await this.#whenIdle(refresh).catch(async (error: unknown) => {
        if (isBusy(error) && (await this.#hasAny(pool, paths))) throw error;
        if (!isGone(error)) unseen.stale(pool.name, error);
      });
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

  /** All pools of the host. */
  pools(): Promise<readonly HostPool[]> {
    this.#pools ??= this.#listPools();
    return this.#pools;
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
  chain(path: string): Promise<string[]> {
    return this.#chain(path, (next) => Promise.resolve(next));
  }

  /** The same, by where each of them leads. */
  realChain(path: string): Promise<string[]> {
    return this.#chain(path, (next) => this.real(next));
  }

  async #chain(path: string, lead: (path: string) => Promise<string>): Promise<string[]> {
    const chain: string[] = [];
    let next: string | null = path;
    while (next !== null && !chain.includes(next) && chain.length < MAX_CHAIN) {
      chain.push(next);
      const looked: Looked | null = await this.look(await lead(next));
      next = looked?.backing ?? null;
    }
    return chain;
  }

  /** Asks the host at once where these lead: what is looked at by itself costs a program each. */
  async follow(paths: Iterable<string>): Promise<void> {
    const asked = [...new Set(paths)].filter((path) => !this.#real.has(path));
    const real = await readRealPaths(this.#client, asked, this.#options);
    for (const path of asked) this.#real.set(path, real.get(path) ?? null);
  }

  /** Where a path leads, by all links; itself where that is not known, or an active pool has it under this name. */
  async real(path: string): Promise<string> {
    if ((await this.look(path)) !== null) return path;
    return this.#lead(path);
  }

  async #lead(path: string): Promise<string> {
    if (!this.#real.has(path)) await this.follow([path]);
    return this.#real.get(path) ?? path;
  }

  /** A disk of a machine may be one of `paths` by a link, and nobody tells: no pool has its path, and it is as large. */
  async mayBeAny(paths: ReadonlySet<string>, { path, dom }: UsedFile): Promise<boolean> {
    if (dom === null || (await this.look(path)) !== null) return false;
    await this.#lead(path);
    if (this.#real.get(path) !== null) return false;
    for (const own of paths) {
      const mine = await this.look(own);
      if (mine !== null && (await this.#hasSize(dom, path, mine.known.capacityBytes))) return true;
    }
    return false;
  }

  /**
   * Paths of what names a pool and a volume in place of a path (`<disk type='volume'>`), by `volumeName`, where the pool is active.
   */
  async namedPaths(model: DomainModel): Promise<Map<string, string>> {
    const paths = new Map<string, string>();
    for (const named of namedVolumes(model)) {
      const name = volumeName(named);
      const looking = this.#named.get(name) ?? orElse(this.#lookUp(named), null);
      this.#named.set(name, looking);
      const path = await looking;
      if (path !== null) paths.set(name, path);
    }
    return paths;
  }

  async #lookUp({ pool: name, volume }: NamedVolume): Promise<string> {
    const { remote } = this.#client;
    const { pool } = await remote.storagePoolLookupByName({ name }, this.#options);
    const { vol } = await remote.storageVolLookupByName({ pool, name: volume }, this.#options);
    return (await remote.storageVolGetPath({ vol }, this.#options)).name;
  }

  /** A path is this file, or in this folder, as it is written or by where both lead: a pool lists links as volumes like any other. */
  async leadsInto(path: string, own: string): Promise<boolean> {
    return isWithin(path, own) || isWithin(await this.#lead(path), await this.#lead(own));
  }

  /**
   * Those of `paths` that are a file which is used: by path, by where links lead, by libvirt's key, or by all that tells one file from
   * another; and folders that it is in.
   */
  async sameFiles(paths: ReadonlySet<string>, used: UsedFile): Promise<string[]> {
    const looked = await this.look(await this.real(used.path));
    const same: string[] = [];
    for (const own of paths) {
      if ((await this.leadsInto(used.path, own)) || (await this.#isSame(own, used, looked))) same.push(own);
    }
    return same;
  }

  async #isSame(own: string, used: UsedFile, looked: Looked | null): Promise<boolean> {
    const mine = await this.look(await this.real(own));
    if (mine === null) return false;
    if (looked !== null) {
      if (looked.key !== null && looked.key === mine.key) return true;
      if (looked.stamp !== null && looked.stamp === mine.stamp) return true;
      return this.#isSameMeanwhile(own, used.path);
    }
    if (baseName(own) !== baseName(used.path)) return false;
    switch (used.via) {
      case 'disk':
        return used.dom === null || (await this.#hasSize(used.dom, used.path, mine.known.capacityBytes));
      case 'file':
        // Kernels and variables of firmware have the same names everywhere.
        return false;
      case 'backing':
      case 'copy':
        // Nothing more can be asked of it: what may be the same stays.
        return true;
    }
  }

  /**
   * What a guest writes to has other times with every look. Where the host does not tell where paths lead, one look at the file is between
   * two at the one that is used: what was changed before the first, or after the second, is another file.
   */
  async #isSameMeanwhile(own: string, used: string): Promise<boolean> {
    if (this.#isTold(own) && this.#isTold(used)) return false;
    const first = await this.#look(used);
    const mine = await this.#look(own);
    if (first?.known.capacityBytes !== mine?.known.capacityBytes) return false;
    const [before, at] = [modifiedAt(first), modifiedAt(mine)];
    return before <= at && at <= modifiedAt(await this.#look(used));
  }

  #isTold(path: string): boolean {
    return (this.#real.get(path) ?? null) !== null;
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

  async #hasAny(pool: StoragePoolRef, paths: Iterable<string>): Promise<boolean> {
    for (const path of paths)
      if ((await volumeByPath(this.#client, path, this.#options))?.pool === pool.name) return true;
    return false;
  }

  async #listPools(): Promise<HostPool[]> {
    const { remote } = this.#client;
    const list = async (flags: number): Promise<readonly StoragePoolRef[]> => {
      const listed = remote.connectListAllStoragePools({ needResults: 1, flags }, this.#options);
      return (await listed.catch(without('VIR_ERR_NO_SUPPORT', { pools: [] }))).pools;
    };
    const found: HostPool[] = [];
    for (const active of [true, false]) {
      const pools = await list(
        active ? LIST.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE : LIST.VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE,
      );
      await inPool(pools, IN_FLIGHT, async (ref) => {
        const reply = await remote
          .storagePoolGetXmlDesc({ pool: ref, flags: 0 }, this.#options)
          .catch(without('VIR_ERR_NO_STORAGE_POOL', null));
        if (reply === null) return;
        const { type, targetPath } = readPool(reply.xml);
        found.push({ ref, active, type, folder: targetPath === null ? null : plainPath(targetPath) });
      });
    }
    return found.toSorted((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
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

/** A pool that went since it was listed, or was stopped: then it is told as one. A driver whose pools are not refreshed has them as they are. */
function isGone(error: unknown): boolean {
  const codes = ['VIR_ERR_NO_STORAGE_POOL', 'VIR_ERR_NO_SUPPORT'];
  return error instanceof LibvirtError && codes.includes(error.code);
}

/** Seconds; NaN where that is not told. */
function modifiedAt(looked: Looked | null): number {
  return Number(looked?.stamp?.split(' ')[1] ?? NaN);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
