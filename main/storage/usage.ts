import { namedVolumes } from '../jobs/delete/plan.ts';
import type { HostMachine } from '../jobs/delete/read.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import type { DomainModel } from '../../drivers/libvirt/model/domain.ts';
import type { Volume, VolumeUser } from '../contract/storage.ts';
import type { BareVolume } from './views.ts';

/** Longest chain of files that is followed; QEMU itself refuses far earlier. */
const MAX_CHAIN = 64;

/** A pool's volumes, under the pool's name. */
export interface PoolVolumes {
  readonly uuid: string;
  readonly name: string;
  readonly volumes: readonly BareVolume[];
}

/**
 * Who uses what on one host, from what its pools and machines tell: disks by their path or by pool and volume, and the files under them as
 * their own headers and the XML of running machines tell. Pure; by pool UUID.
 */
export function withUsers(
  pools: readonly PoolVolumes[],
  machines: readonly HostMachine[],
): Map<string, Volume[]> {
  const known = new Map<string, BareVolume>();
  const named = new Map<string, string>();
  const baseOf = new Map<string, Set<string>>();
  for (const { name, volumes } of pools)
    for (const volume of volumes) {
      known.set(volume.path, volume);
      named.set(`${name}/${volume.name}`, volume.path);
      if (volume.backing !== null) entry(baseOf, volume.backing).add(volume.path);
    }
  const users = new Map<string, Map<string, VolumeUser>>();
  for (const machine of machines)
    for (const use of usesOf(machine, { known, named })) {
      const byTarget = users.get(use.path) ?? new Map<string, VolumeUser>();
      users.set(use.path, byTarget);
      const key = `${use.user.uuid} ${use.user.target}`;
      // What is a disk now and lies under one at the next start is shown as the disk.
      if (byTarget.get(key)?.via !== 'disk') byTarget.set(key, use.user);
    }
  return new Map(
    pools.map(({ uuid, volumes }) => [
      uuid,
      volumes.map((volume) => ({
        ...volume,
        usedBy: [...(users.get(volume.path)?.values() ?? [])].toSorted(byName),
        baseOf: [...(baseOf.get(volume.path) ?? [])].toSorted(),
      })),
    ]),
  );
}

/** The host lists machines in the order in which they changed: a page would jump. */
function byName(a: VolumeUser, b: VolumeUser): number {
  return a.name.localeCompare(b.name) || a.target.localeCompare(b.target);
}

interface Host {
  readonly known: ReadonlyMap<string, BareVolume>;
  readonly named: ReadonlyMap<string, string>;
}

interface Use {
  readonly path: string;
  readonly user: VolumeUser;
}

function usesOf({ dom, models }: HostMachine, host: Host): Use[] {
  const uuid = uuidToString(dom.uuid);
  const running = dom.id >= 0;
  return models.flatMap((model) =>
    diskFiles(model, host).map(({ target, path, via }) => ({
      path,
      user: { uuid, name: dom.name, target, running, via },
    })),
  );
}

interface DiskFile {
  readonly target: string;
  readonly path: string;
  readonly via: VolumeUser['via'];
}

function diskFiles(model: DomainModel, { known, named }: Host): DiskFile[] {
  return model.disks.flatMap((disk) => {
    const one = { ...model, disks: [disk] };
    const byName = namedVolumes(one).flatMap(({ pool, volume }) => named.get(`${pool}/${volume}`) ?? []);
    const top = disk.source?.path ?? byName[0] ?? null;
    const told = disk.backing.flatMap(({ source }) => source.path ?? []);
    const chain = new Set([...told, ...(top === null ? [] : filesUnder(top, known))]);
    const files: DiskFile[] = top === null ? [] : [{ target: disk.target, path: top, via: 'disk' }];
    return [...files, ...[...chain].map((path) => ({ target: disk.target, path, via: 'backing' as const }))];
  });
}

/** By the headers of the volumes, top first. */
function filesUnder(top: string, known: Host['known']): string[] {
  const chain: string[] = [];
  for (
    let next = known.get(top)?.backing ?? null;
    next !== null && next !== top && !chain.includes(next) && chain.length < MAX_CHAIN;
    next = known.get(next)?.backing ?? null
  )
    chain.push(next);
  return chain;
}

function entry(map: Map<string, Set<string>>, key: string): Set<string> {
  const set = map.get(key) ?? new Set<string>();
  map.set(key, set);
  return set;
}
