import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { DiskModel } from '../../drivers/libvirt/model/disk.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { VolumeUser } from '../contract/storage.ts';
import { inPool } from '../inventory/pool.ts';
import { findOverlays, isRaw, type OverlaySearch } from '../jobs/delete/overlays.ts';
import { diskPaths, namedVolumes, volumeName } from '../jobs/delete/plan.ts';
import { readMachines, type HostMachine } from '../jobs/delete/read.ts';
import { VolumeReader } from '../jobs/delete/volumes.ts';
import { Unseen } from './unseen.ts';
import type { FormatClaim } from './volume-image.ts';

const IN_FLIGHT = 4;

/** Who needs some files, asked of the host now. */
export interface FileUsers {
  /** Machines, by path. */
  readonly users: ReadonlyMap<string, readonly VolumeUser[]>;
  /** As what machines have it as their disk, by path. */
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
  if (paths.size === 0) return { users: new Map(), claims: new Map(), breaks: [], unseen: [] };
  const reader = new VolumeReader(client, options);
  const machines = await readMachines(client, options);
  const models = machines.flatMap((machine) => machine.models);
  await reader.refreshPools({
    own: [...paths],
    paths: models.flatMap(diskPaths),
    pools: models.flatMap(namedVolumes).map(({ pool }) => pool),
  });
  const search: OverlaySearch = { client, paths, reader, unseen: new Unseen(), options };
  const users = new Map<string, VolumeUser[]>();
  const claims = new Map<string, FormatClaim[]>();
  await inPool(machines, IN_FLIGHT, async (machine) => {
    for (const { path, user, format } of await usesOf(machine, search)) {
      users.set(path, [...(users.get(path) ?? []), user]);
      if (user.via === 'disk')
        claims.set(path, [...(claims.get(path) ?? []), { machine: user.name, format }]);
    }
  });
  const overlays = await findOverlays(search);
  const breaks = [...new Set([...overlays.values()].flat())];
  return { users, claims, breaks, unseen: search.unseen.sentences() };
}

interface Use {
  readonly path: string;
  readonly user: VolumeUser;
  /** Of the disk's driver. */
  readonly format: string | null;
}

async function usesOf(
  { dom, models }: HostMachine,
  { paths, reader, unseen }: Pick<OverlaySearch, 'paths' | 'reader' | 'unseen'>,
): Promise<Use[]> {
  const found = new Map<string, Use>();
  const running = dom.id >= 0;
  const base = { uuid: uuidToString(dom.uuid), name: dom.name, running };
  /** Files whose chains a machine that runs has told. */
  const told = new Set<string>();
  for (const [index, model] of models.entries()) {
    const named = await reader.namedPaths(model);
    for (const disk of model.disks) {
      const [byName] = namedVolumes({ ...model, disks: [disk] });
      const top = disk.source?.path ?? (byName === undefined ? undefined : named.get(volumeName(byName)));
      if (top === undefined) {
        if (byName !== undefined) unseen.disk(dom.name, disk);
        continue;
      }
      // The first of a machine that runs is how it runs: QEMU has opened all of its files.
      if (running && index === 0) told.add(top);
      const chain = await reader.chain(top);
      if (!told.has(top) && (await isBlind(disk, chain, reader))) unseen.disk(dom.name, disk);
      const under = disk.backing.flatMap(({ source }) => source.path ?? []);
      for (const path of new Set([...chain, ...under])) {
        const via = path === top ? 'disk' : 'backing';
        for (const own of await reader.sameFiles(paths, { path, isTop: via === 'disk', dom })) {
          const key = `${own}\n${disk.target}`;
          if (found.get(key)?.user.via !== 'disk')
            found.set(key, {
              path: own,
              user: { ...base, target: disk.target, via },
              format: disk.format,
            });
        }
      }
    }
  }
  return [...found.values()];
}

/** Whether the chain goes on where no pool looks. What is raw lies on nothing. */
async function isBlind(
  { format }: Pick<DiskModel, 'format'>,
  chain: readonly string[],
  reader: VolumeReader,
): Promise<boolean> {
  const [last, above] = chain.toReversed();
  if (last === undefined || (await reader.look(last)) !== null) return false;
  const seen = above === undefined ? null : await reader.look(above);
  return !isRaw(above === undefined ? format : (seen?.backingFormat ?? null));
}
