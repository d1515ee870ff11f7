import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { registerStoragePoolEvent } from '../../drivers/libvirt/object-events.ts';
import type { DomainRef, StoragePoolRef } from '../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString, uuidToString } from '../../drivers/libvirt/uuid.ts';
import type { Pool, StorageMessage } from '../contract/storage.ts';
import { pause, type Clock } from '../hosts/clock.ts';
import { readRealPaths } from '../hosts/host-paths.ts';
import type { HostSession } from '../hosts/session.ts';
import { readMachines, readModels, type HostMachine } from '../jobs/delete/read.ts';
import { listVolumes, poolByUuid, readPools, without, type ListedVolumes } from './read.ts';
import { linkedPaths, withUsers, type Links, type PoolVolumes } from './usage.ts';
import { hiddenOf, isActive, toUsage, toVolume } from './views.ts';

/** How often the sizes of pools are asked for, and their volumes listed anew. */
const INFO_MS = 10_000;
const LIST_MS = 30_000;
/** A list that takes long is not made so often that the host does nothing else. */
const LIST_SHARE = 10;
/** Events that come at once are looked at together. */
const GATHER_MS = 200;

export interface HostStorageOptions {
  readonly session: HostSession;
  readonly clock: Clock;
  readonly put: (message: StorageMessage) => void;
}

/** Pools and volumes of one connected host while somebody looks at them, and who uses them. */
export class HostStorage {
  readonly #options: HostStorageOptions;
  readonly #pools = new Map<string, Pool>();
  readonly #volumes = new Map<string, ListedVolumes>();
  readonly #machines = new Map<string, HostMachine>();
  #links: Links = new Map();
  /** What must be read again. */
  #listPools = true;
  readonly #listVolumes = new Set<string>();
  readonly #readMachines = new Map<string, DomainRef>();
  #wake: () => void = () => undefined;

  constructor(options: HostStorageOptions) {
    this.#options = options;
  }

  /** Reads, and follows what changes until the signal is aborted. @throws LinkError when the link is lost */
  async run(signal: AbortSignal): Promise<void> {
    const { session, clock } = this.#options;
    const registrations = await this.#register(session.client);
    try {
      const bulk = await session.bulkClient();
      for (const machine of await readMachines(bulk, { signal }))
        this.#machines.set(uuidToString(machine.dom.uuid), machine);
      let infoAt = clock.now() + INFO_MS;
      let listAt = clock.now();
      while (!signal.aborted) {
        if (clock.now() >= listAt) for (const uuid of this.#activePools()) this.#listVolumes.add(uuid);
        const begun = clock.now();
        const listed = await this.#work(bulk, signal);
        const now = clock.now();
        if (listed) listAt = now + Math.max(LIST_MS, (now - begun) * LIST_SHARE);
        if (now >= infoAt) {
          await this.#readInfo(session.client, signal);
          infoAt = clock.now() + INFO_MS;
        }
        await this.#rest(Math.min(infoAt, listAt), signal);
      }
    } finally {
      for (const registration of registrations) registration.dispose();
    }
  }

  /** Something was done to the host's storage: what it has is listed anew, and the machine's disks are read where one was changed. */
  touch(machine: string | null): void {
    this.#listPools = true;
    for (const uuid of this.#activePools()) this.#listVolumes.add(uuid);
    const known = machine === null ? undefined : this.#machines.get(machine);
    if (known !== undefined) this.#readMachines.set(uuidToString(known.dom.uuid), known.dom);
    this.#wake();
  }

  async #register(client: LibvirtClient): Promise<{ dispose(): void }[]> {
    const poolChanged = (): void => {
      this.#listPools = true;
      this.#wake();
    };
    const machineChanged = ({ dom }: { dom: DomainRef }): void => {
      this.#readMachines.set(uuidToString(dom.uuid), dom);
      this.#wake();
    };
    await poolEvents(client);
    return [
      client.on('storagePoolEventLifecycle', poolChanged),
      client.on('storagePoolEventRefresh', ({ pool }) => {
        this.#listVolumes.add(uuidToString(pool.uuid));
        poolChanged();
      }),
      // The inventory has registered these; they come as long as the connection lives.
      client.on('domainEventCallbackLifecycle', machineChanged),
      client.on('domainEventCallbackDeviceAdded', machineChanged),
      client.on('domainEventCallbackDeviceRemoved', machineChanged),
    ];
  }

  /** True when volumes of pools were listed. */
  async #work(bulk: LibvirtClient, signal: AbortSignal): Promise<boolean> {
    if (this.#listPools) {
      this.#listPools = false;
      await this.#readPools(signal);
    }
    const machines = [...this.#readMachines.values()];
    this.#readMachines.clear();
    for (const dom of machines) await this.#readMachine(bulk, dom, signal);
    const pools = [...this.#listVolumes];
    this.#listVolumes.clear();
    for (const uuid of pools) {
      const pool = this.#pools.get(uuid);
      if (pool === undefined || !isActive(pool.state)) continue;
      const ref: StoragePoolRef = { name: pool.name, uuid: uuidFromString(uuid) };
      this.#volumes.set(uuid, await listVolumes(bulk, ref, { signal }));
      this.#tellVolumes();
    }
    if (machines.length > 0) this.#tellVolumes();
    if (machines.length > 0 || pools.length > 0) await this.#followLinks(signal);
    return pools.length > 0;
  }

  /** Asks the host where paths lead, once for all; where that makes a difference, who uses what is told again. */
  async #followLinks(signal: AbortSignal): Promise<void> {
    const { client } = this.#options.session;
    const paths = linkedPaths(this.#poolVolumes(), [...this.#machines.values()]);
    // libvirt's own connection tells of a link that is lost.
    const real = await readRealPaths(client, paths, { signal }).catch(() => null);
    if (real === null) return;
    const links = new Map([...real].filter(([path, to]) => path !== to));
    const isSame =
      links.size === this.#links.size && [...links].every(([path, to]) => this.#links.get(path) === to);
    this.#links = links;
    if (!isSame) this.#tellVolumes();
  }

  async #readPools(signal: AbortSignal): Promise<void> {
    const { session, put } = this.#options;
    const pools = await readPools(session.client, session.id, { signal });
    const uuids = new Set(pools.map(({ uuid }) => uuid));
    const first = this.#pools.size === 0;
    for (const uuid of this.#pools.keys()) {
      if (uuids.has(uuid)) continue;
      this.#pools.delete(uuid);
      this.#volumes.delete(uuid);
      put({ type: 'poolRemoved', uuid });
    }
    for (const pool of pools) {
      const before = this.#pools.get(pool.uuid);
      this.#pools.set(pool.uuid, pool);
      if (isActive(pool.state) && !isActive(before?.state ?? 'inactive')) this.#listVolumes.add(pool.uuid);
      if (!isActive(pool.state) && this.#volumes.delete(pool.uuid))
        put({ type: 'volumes', pool: pool.uuid, volumes: [], hidden: { noText: 0, unreadable: 0 } });
      if (!first) put({ type: 'pool', pool });
    }
    if (first) put({ type: 'pools', pools });
  }

  async #readInfo(client: LibvirtClient, signal: AbortSignal): Promise<void> {
    for (const uuid of this.#activePools()) {
      const pool = this.#pools.get(uuid);
      if (pool === undefined) continue;
      const read = async () =>
        client.remote.storagePoolGetInfo({ pool: await poolByUuid(client, uuid, { signal }) }, { signal });
      const info = await read().catch(without(['VIR_ERR_NO_STORAGE_POOL']));
      if (info === null) {
        this.#listPools = true;
        continue;
      }
      const now = { ...pool, ...toUsage(info) };
      this.#pools.set(uuid, now);
      this.#options.put({ type: 'pool', pool: now });
    }
  }

  async #readMachine(bulk: LibvirtClient, dom: DomainRef, signal: AbortSignal): Promise<void> {
    const uuid = uuidToString(dom.uuid);
    const ref = await bulk.remote
      .domainLookupByUuid({ uuid: dom.uuid }, { signal })
      .catch(without(['VIR_ERR_NO_DOMAIN']));
    const models = ref === null ? [] : await readModels(bulk, ref.dom, { signal });
    if (ref === null || models.length === 0) this.#machines.delete(uuid);
    else this.#machines.set(uuid, { dom: ref.dom, models });
  }

  #tellVolumes(): void {
    const machines = [...this.#machines.values()];
    for (const [pool, volumes] of withUsers(this.#poolVolumes(), machines, this.#links)) {
      const hidden = hiddenOf(this.#volumes.get(pool)?.unreadable ?? []);
      this.#options.put({ type: 'volumes', pool, volumes, hidden });
    }
  }

  #poolVolumes(): PoolVolumes[] {
    return [...this.#volumes].flatMap(([uuid, { volumes }]) => {
      const pool = this.#pools.get(uuid);
      if (pool === undefined) return [];
      return [{ uuid, name: pool.name, folder: pool.path, volumes: volumes.map(toVolume) }];
    });
  }

  #activePools(): string[] {
    return [...this.#pools.values()].filter(({ state }) => isActive(state)).map(({ uuid }) => uuid);
  }

  /** Until then, or until something happens. */
  async #rest(until: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    if (this.#isDirty()) return;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await pause(clock, Math.max(0, until - clock.now()), AbortSignal.any([signal, woken.signal]));
    this.#wake = () => undefined;
    if (woken.signal.aborted) await pause(clock, GATHER_MS, signal);
  }

  #isDirty(): boolean {
    return this.#listPools || this.#listVolumes.size > 0 || this.#readMachines.size > 0;
  }
}

const asked = new WeakMap<LibvirtClient, Promise<void>>();

/**
 * Lets the host send the events of its pools, once for a connection and as long as it lives: libvirtd refuses a registration that comes
 * while the one before is taken back (“event callback already tracked”). A driver without these events is asked at its pace.
 */
function poolEvents(client: LibvirtClient): Promise<void> {
  const before = asked.get(client);
  if (before !== undefined) return before;
  const lacking = without([
    'VIR_ERR_NO_SUPPORT',
    'VIR_ERR_RPC',
    'VIR_ERR_INTERNAL_ERROR',
    'VIR_ERR_INVALID_ARG',
  ]);
  const register = async (): Promise<void> => {
    for (const eventId of [0, 1] as const)
      await registerStoragePoolEvent(client, { eventId, of: null }, () => undefined).catch(lacking);
  };
  const registering = register();
  asked.set(client, registering);
  return registering;
}
