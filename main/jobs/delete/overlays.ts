import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import { isRaw } from '../../storage/image.ts';
import { listVolumes } from '../../storage/read.ts';
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

/**
 * What nobody but itself tells of: volumes of all active pools that lie on one of the paths and are none of them, and pools whose folder is
 * in one of them; by that path. No machine need have them.
 */
export async function findOverlays(search: OverlaySearch): Promise<Map<string, string[]>> {
  const { client, paths, reader, unseen, options } = search;
  const overlays = new Map<string, string[]>();
  if (paths.size === 0) return overlays;
  const add = (own: string, name: string): unknown => overlays.set(own, [...(overlays.get(own) ?? []), name]);
  for (const { ref, active, folder } of await reader.pools()) {
    if (folder !== null)
      for (const own of paths) if (await reader.leadsInto(folder, own)) add(own, `the pool ${ref.name}`);
    if (!active) {
      unseen.pool(ref.name);
      continue;
    }
    const { volumes, unreadable } = await listVolumes(client, ref, options);
    for (const name of unreadable) unseen.volume(ref.name, name);
    await reader.follow(volumes.flatMap(({ backingPath }) => backingPath ?? []));
    for (const { name, path, backingPath, backingFormat } of volumes) {
      if (path === null || backingPath === null || paths.has(path)) continue;
      const same = await reader.sameFiles(paths, { path: backingPath, via: 'backing', dom: null });
      for (const own of same) add(own, path);
      if (
        same.length === 0 &&
        !isRaw(backingFormat) &&
        (await reader.look(await reader.real(backingPath))) === null
      )
        unseen.volume(ref.name, name);
    }
  }
  return overlays;
}
