import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { StoragePoolRef } from '../../drivers/libvirt/protocol/structs.ts';
import { virConnectListAllStoragePoolsFlags as LIST } from '../../drivers/libvirt/constants/storage.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { VolumeUser } from '../contract/storage.ts';
import { inPool } from '../inventory/pool.ts';
import { diskPaths, namedVolumes, volumeName } from '../jobs/delete/plan.ts';
import { readMachines, type HostMachine } from '../jobs/delete/read.ts';
import { VolumeReader } from '../jobs/delete/volumes.ts';
import { readVolumes } from './read.ts';

const IN_FLIGHT = 4;

/** Who needs some files, asked of the host now. */
export interface FileUsers {
  /** Machines, by path. */
  readonly users: ReadonlyMap<string, readonly VolumeUser[]>;
  /** Paths of volumes elsewhere that lie on one of them. */
  readonly breaks: readonly string[];
}

/**
 * Looks at every machine and every volume of the host: a file can be needed by its path, by a link to it, through another pool, or by a
 * file that lies on it. Before anything is deleted or written over; what a page shows is kept by HostStorage.
 */
export async function readFileUsers(
  client: LibvirtClient,
  paths: ReadonlySet<string>,
  options: CallOptions,
): Promise<FileUsers> {
  if (paths.size === 0) return { users: new Map(), breaks: [] };
  const reader = new VolumeReader(client, options);
  const machines = await readMachines(client, options);
  const models = machines.flatMap((machine) => machine.models);
  await reader.refreshPools({
    own: [...paths],
    paths: models.flatMap(diskPaths),
    pools: models.flatMap(namedVolumes).map(({ pool }) => pool),
  });
  const users = new Map<string, VolumeUser[]>();
  await inPool(machines, IN_FLIGHT, async (machine) => {
    for (const { path, user } of await usesOf(machine, paths, reader))
      users.set(path, [...(users.get(path) ?? []), user]);
  });
  return { users, breaks: await readOverlays(client, paths, { reader, options }) };
}

async function usesOf(
  { dom, models }: HostMachine,
  paths: ReadonlySet<string>,
  reader: VolumeReader,
): Promise<{ path: string; user: VolumeUser }[]> {
  const found = new Map<string, { path: string; user: VolumeUser }>();
  const base = { uuid: uuidToString(dom.uuid), name: dom.name, running: dom.id >= 0 };
  for (const model of models) {
    const named = await reader.namedPaths(model);
    for (const disk of model.disks) {
      const [byName] = namedVolumes({ ...model, disks: [disk] });
      const top = disk.source?.path ?? (byName === undefined ? undefined : named.get(volumeName(byName)));
      if (top === undefined) continue;
      const told = disk.backing.flatMap(({ source }) => source.path ?? []);
      for (const path of new Set([...(await reader.chain(top)), ...told])) {
        const via = path === top ? 'disk' : 'backing';
        for (const own of await reader.sameFiles(paths, { path, isTop: via === 'disk', dom })) {
          const key = `${own}\n${disk.target}`;
          if (found.get(key)?.user.via !== 'disk')
            found.set(key, { path: own, user: { ...base, target: disk.target, via } });
        }
      }
    }
  }
  return [...found.values()];
}

async function readOverlays(
  client: LibvirtClient,
  paths: ReadonlySet<string>,
  { reader, options }: { reader: VolumeReader; options: CallOptions },
): Promise<string[]> {
  const breaks = new Set<string>();
  for (const pool of await activePools(client, options))
    for (const { path, backingPath } of await readVolumes(client, pool, options)) {
      if (path === null || backingPath === null || paths.has(path)) continue;
      const same = await reader.sameFiles(paths, { path: backingPath, isTop: false, dom: null });
      if (same.length > 0) breaks.add(path);
    }
  return [...breaks];
}

async function activePools(client: LibvirtClient, options: CallOptions): Promise<readonly StoragePoolRef[]> {
  const flags = LIST.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE;
  return (await client.remote.connectListAllStoragePools({ needResults: 1, flags }, options)).pools;
}
