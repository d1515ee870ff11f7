import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { VolumeUser } from '../contract/storage.ts';
import { inPool } from '../inventory/pool.ts';
import { findOverlays, type OverlaySearch } from '../jobs/delete/overlays.ts';
import { readAllMachines } from '../jobs/delete/read.ts';
import { followLinks, usesOf } from '../jobs/delete/uses.ts';
import { VolumeReader } from '../jobs/delete/volumes.ts';
import { Unseen } from './unseen.ts';
import type { FormatClaim } from './volume-image.ts';

const IN_FLIGHT = 4;

/** Who needs some files, asked of the host now. */
export interface FileUsers {
  /** Machines, by path. */
  readonly users: ReadonlyMap<string, readonly VolumeUser[]>;
  /** Those of them that write to it while they run, by path. */
  readonly writers: ReadonlyMap<string, readonly VolumeUser[]>;
  /** As what machines have it that write to it, by path. */
  readonly claims: ReadonlyMap<string, readonly FormatClaim[]>;
  /** Paths of volumes elsewhere that lie on one of them. */
  readonly breaks: readonly string[];
  /** What may need one of them and cannot be seen: a sentence for each kind, for a person to judge. */
  readonly unseen: readonly string[];
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
  if (paths.size === 0)
    return { users: new Map(), writers: new Map(), claims: new Map(), breaks: [], unseen: [] };
  const reader = new VolumeReader(client, options);
  const unseen = new Unseen();
  const machines = await readAllMachines(client, unseen, options);
  await reader.refreshPools(paths, unseen);
  const search: OverlaySearch = { client, paths, reader, unseen, options };
  const users = new Map<string, VolumeUser[]>();
  const writers = new Map<string, VolumeUser[]>();
  const claims = new Map<string, FormatClaim[]>();
  await followLinks(machines, search);
  // Before the machines' chains: it asks at once where all that lies under a volume leads.
  const overlays = await findOverlays(search);
  await inPool(machines, IN_FLIGHT, async (machine) => {
    for (const { path, user, format, writes } of await usesOf(machine, search)) {
      users.set(path, [...(users.get(path) ?? []), user]);
      if (writes) writers.set(path, [...(writers.get(path) ?? []), user]);
      if (user.via === 'disk' || (user.via !== 'backing' && format !== null))
        claims.set(path, [...(claims.get(path) ?? []), { machine: user.name, format }]);
    }
  });
  const breaks = [...new Set([...overlays.values()].flat())];
  return { users, writers, claims, breaks, unseen: unseen.sentences() };
}
