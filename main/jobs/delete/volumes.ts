import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainModel } from '../../../drivers/libvirt/model/domain.ts';
import { readVolume } from '../../../drivers/libvirt/model/storage.ts';
import type { StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import type { KnownVolume } from './plan.ts';

/** Longest chain of files that is followed; QEMU itself refuses far earlier. */
const MAX_CHAIN = 64;

interface Looked {
  known: KnownVolume;
  /** The file under it, as its own header says. */
  backing: string | null;
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

  /** Paths of the disks that name a pool and a volume in place of a path (`<disk type='volume'>`), where the pool is active. */
  async volumeDisks(model: DomainModel): Promise<string[]> {
    const { remote } = this.#client;
    const found = await Promise.all(
      model.disks.map(async ({ source }) => {
        if (source === null || source.pool === null || source.volume === null) return null;
        const { pool: name, volume } = source;
        const lookUp = async (): Promise<string> => {
          const { pool } = await remote.storagePoolLookupByName({ name }, this.#options);
          const { vol } = await remote.storageVolLookupByName({ pool, name: volume }, this.#options);
          return (await remote.storageVolGetPath({ vol }, this.#options)).name;
        };
        return orElse(lookUp(), null);
      }),
    );
    return found.filter((path) => path !== null);
  }

  async #look(path: string): Promise<Looked | null> {
    const vol = await volumeByPath(this.#client, path, this.#options);
    if (vol === null) return null;
    const reply = await orElse(
      this.#client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, this.#options),
      null,
    );
    if (reply === null) return null;
    const { capacityBytes, allocationBytes, backingPath } = readVolume(reply.xml);
    const known = {
      pool: vol.pool,
      capacityBytes: capacityBytes ?? 0,
      allocationBytes: allocationBytes ?? 0,
    };
    return { known, backing: backingPath };
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
