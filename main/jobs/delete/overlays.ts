import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virConnectListAllStoragePoolsFlags as LIST } from '../../../drivers/libvirt/constants/storage.ts';
import type { StoragePoolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import { listVolumes, without } from '../../storage/read.ts';
import type { Unseen } from '../../storage/unseen.ts';
import type { VolumeReader } from './volumes.ts';

export interface OverlaySearch {
  readonly client: LibvirtClient;
  readonly paths: ReadonlySet<string>;
  readonly reader: VolumeReader;
  /** Gets what cannot be looked at. */
  readonly unseen: Unseen;
  readonly options: CallOptions;
}

/** Volumes of all active pools that lie on one of the paths and are none of them, by that path. No machine need have them. */
export async function findOverlays(search: OverlaySearch): Promise<Map<string, string[]>> {
  const { client, paths, reader, unseen, options } = search;
  const overlays = new Map<string, string[]>();
  if (paths.size === 0) return overlays;
  for (const { name } of await listPools(client, LIST.VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE, options))
    unseen.pool(name);
  for (const pool of await listPools(client, LIST.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, options)) {
    const { volumes, unreadable } = await listVolumes(client, pool, options);
    for (const name of unreadable) unseen.volume(pool.name, name);
    for (const { name, path, backingPath, backingFormat } of volumes) {
      if (path === null || backingPath === null || paths.has(path)) continue;
      const same = await reader.sameFiles(paths, { path: backingPath, isTop: false, dom: null });
      for (const own of same) overlays.set(own, [...(overlays.get(own) ?? []), path]);
      if (same.length === 0 && !isRaw(backingFormat) && (await reader.look(backingPath)) === null)
        unseen.volume(pool.name, name);
    }
  }
  return overlays;
}

/** What is raw lies on nothing. Null: of a driver, or a file, that has no formats. */
export function isRaw(format: string | null): boolean {
  return format === null || format === 'raw';
}

async function listPools(
  client: LibvirtClient,
  flags: number,
  options: CallOptions,
): Promise<readonly StoragePoolRef[]> {
  const reply = await client.remote
    .connectListAllStoragePools({ needResults: 1, flags }, options)
    .catch(without(['VIR_ERR_NO_SUPPORT']));
  return reply?.pools ?? [];
}
