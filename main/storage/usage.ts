import type { HostMachine } from '../jobs/delete/read.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import type { Volume, VolumeUser } from '../contract/storage.ts';
import { isWithin, machineFiles, pathOf, type MachineFile } from './machine-files.ts';
import type { BareVolume } from './views.ts';

/** Longest chain of files that is followed; QEMU itself refuses far earlier. */
const MAX_CHAIN = 64;

/** A pool's volumes, under the pool's name. */
export interface PoolVolumes {
  readonly uuid: string;
  readonly name: string;
  /** Of its volumes; null where they are in none. */
  readonly folder: string | null;
  readonly volumes: readonly BareVolume[];
}

/** Where paths lead, as the host tells: what is not in it leads nowhere else, for all that is known. */
export type Links = ReadonlyMap<string, string>;

/** The paths of which `withUsers` should know where they lead. */
export function linkedPaths(pools: readonly PoolVolumes[], machines: readonly HostMachine[]): Set<string> {
  const files = machines.flatMap(({ models }) => models.flatMap(machineFiles));
  const sources = files.flatMap(({ source, backing }) => [source, ...backing]);
  return new Set([
    ...pools.flatMap(({ folder }) => folder ?? []),
    ...sources.flatMap(({ path }) => path ?? []),
    ...pools.flatMap(({ volumes }) => volumes.flatMap(({ backing }) => backing ?? [])),
  ]);
}

/**
 * Who uses what on one host, from what its pools and machines tell: files by their path or by pool and volume, by links to them, and those
 * under them as their own headers and the XML of running machines tell. Pure; by pool UUID.
 */
export function withUsers(
  pools: readonly PoolVolumes[],
  machines: readonly HostMachine[],
  links: Links = new Map(),
): Map<string, Volume[]> {
  const namesOf = namesByLink(pools, links);
  const known = new Map<string, BareVolume>();
  const named = new Map<string, string>();
  const baseOf = new Map<string, Set<string>>();
  for (const { name, volumes } of pools)
    for (const volume of volumes) {
      known.set(volume.path, volume);
      named.set(`${name}/${volume.name}`, volume.path);
      for (const under of namesOf(volume.backing)) entry(baseOf, under).add(volume.path);
    }
  const users = new Map<string, Map<string, VolumeUser>>();
  for (const machine of machines)
    for (const use of usesOf(machine, { known, named, namesOf })) {
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

/** All paths under which a file is known: the one that is asked for, and volumes that it leads to or that lead to the same. */
function namesByLink(pools: readonly PoolVolumes[], links: Links): (path: string | null) => string[] {
  const byReal = new Map<string, Set<string>>();
  for (const { folder, volumes } of pools) {
    const real = folder === null ? undefined : links.get(folder);
    for (const { path } of volumes) {
      const there =
        folder !== null && real !== undefined && isWithin(path, folder)
          ? real + path.slice(folder.length)
          : path;
      entry(byReal, links.get(path) ?? there).add(path);
    }
  }
  return (path) =>
    path === null ? [] : [...new Set([path, ...(byReal.get(links.get(path) ?? path) ?? [])])];
}

/** The host lists machines in the order in which they changed: a page would jump. */
function byName(a: VolumeUser, b: VolumeUser): number {
  return a.name.localeCompare(b.name) || a.target.localeCompare(b.target);
}

interface Host {
  readonly known: ReadonlyMap<string, BareVolume>;
  readonly named: ReadonlyMap<string, string>;
  readonly namesOf: (path: string | null) => string[];
}

interface Use {
  readonly path: string;
  readonly user: VolumeUser;
}

function usesOf({ dom, models }: HostMachine, host: Host): Use[] {
  const uuid = uuidToString(dom.uuid);
  const running = dom.id >= 0;
  return models.flatMap((model) =>
    machineFiles(model)
      .flatMap((file) => filesOf(file, host))
      .map(({ target, path, via }) => ({ path, user: { uuid, name: dom.name, target, running, via } })),
  );
}

interface UsedFile {
  readonly target: string;
  readonly path: string;
  readonly via: VolumeUser['via'];
}

function filesOf({ target, via, source, backing }: MachineFile, host: Host): UsedFile[] {
  const { known, named, namesOf } = host;
  const path = pathOf(source, named);
  const told = backing.flatMap((under) => namesOf(pathOf(under, named)));
  const chain = new Set([...told, ...(path === null ? [] : filesUnder(path, host))]);
  const files = namesOf(path).map((name): UsedFile => ({ target, path: holderOf(name, known), via }));
  return [...files, ...[...chain].map((under) => ({ target, path: under, via: 'backing' as const }))];
}

/** A container's files lie in a folder of their own, which its pool knows as a volume. */
function holderOf(path: string, known: Host['known']): string {
  if (known.has(path)) return path;
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/'))))
    if (known.get(at)?.type === 'dir') return at;
  return path;
}

/** By the headers of the volumes, top first. */
function filesUnder(top: string, { known, namesOf }: Host): string[] {
  const chain: string[] = [];
  const under = (path: string): string | null =>
    namesOf(path).flatMap((name) => known.get(name)?.backing ?? [])[0] ?? null;
  for (
    let next = under(top);
    next !== null && next !== top && !chain.includes(next) && chain.length < MAX_CHAIN;
    next = under(next)
  )
    chain.push(next);
  return chain.flatMap(namesOf);
}

function entry(map: Map<string, Set<string>>, key: string): Set<string> {
  const set = map.get(key) ?? new Set<string>();
  map.set(key, set);
  return set;
}
