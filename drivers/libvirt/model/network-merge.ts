import { canonical, changedFields, itemOf, ORDERED, same } from './network-difference.ts';
import type { NetworkField, NetworkIpModel, NetworkModel } from './network-types.ts';

/** One person's change of a network, and what others have made of it since they read it. */
export interface NetworkMerge {
  /** The network as it is now, with the change. */
  readonly merged: NetworkModel;
  /** What both have changed, each in another way: there `merged` is as it is now. */
  readonly conflicts: readonly NetworkField[];
  /** What others have changed, and `merged` keeps. */
  readonly kept: readonly NetworkField[];
}

/** @param base what `wanted` was made from; `present`: what it is now */
export function mergeNetwork(
  base: NetworkModel,
  { wanted, present }: { wanted: NetworkModel; present: NetworkModel },
): NetworkMerge {
  const merged = { ...present };
  const conflicts: NetworkField[] = [];
  const theirs = changedFields(base, present);
  for (const field of changedFields(base, wanted)) {
    if (!theirs.has(field)) take(merged, field, wanted);
    else if (!same(wanted[field], present[field]) && !mergeLists(merged, field, { base, wanted, present }))
      conflicts.push(field);
  }
  const kept = [...theirs].filter((field) => !same(merged[field], wanted[field]));
  return { merged, conflicts, kept };
}

function take<F extends NetworkField>(to: NetworkModel, field: F, from: Pick<NetworkModel, F>): void {
  to[field] = from[field];
}

interface Sides<T> {
  readonly base: T;
  readonly wanted: T;
  readonly present: T;
}

/** What each side has added and removed goes together; false: not for what is no set. */
function mergeLists(merged: NetworkModel, field: NetworkField, sides: Sides<NetworkModel>): boolean {
  if (ORDERED.has(field)) return false;
  const { base, wanted, present } = sides;
  switch (field) {
    case 'ips': {
      const ips = mergeIps({ base: base.ips, wanted: wanted.ips, present: present.ips });
      if (ips !== null) merged.ips = ips;
      return ips !== null;
    }
    case 'devices':
    case 'dnsHosts':
    case 'routes':
    case 'portGroups':
      return mergeField(merged, field, sides);
    default:
      return false;
  }
}

function mergeField<F extends 'devices' | 'dnsHosts' | 'routes' | 'portGroups'>(
  merged: NetworkModel,
  field: F,
  { base, wanted, present }: Sides<NetworkModel>,
): boolean {
  const list = mergeSets<NetworkModel[F][number]>({
    base: base[field],
    wanted: wanted[field],
    present: present[field],
  });
  if (list === null) return false;
  Object.assign(merged, { [field]: list });
  return true;
}

/** Null: an item that one side removes or changes is another by now. */
function mergeSets<T>({ base, wanted, present }: Sides<readonly T[]>): T[] | null {
  const [before, asked, now] = [base, wanted, present].map((list) => new Set(list.map(itemOf)));
  if (before === undefined || asked === undefined || now === undefined) return null;
  const removed = [...before].filter((item) => !asked.has(item));
  if (removed.some((item) => !now.has(item))) return null;
  const added = wanted.filter((item) => !before.has(itemOf(item)) && !now.has(itemOf(item)));
  return [...present.filter((item) => !removed.includes(itemOf(item))), ...added];
}

/** Where all sides have the same addresses, what DHCP gives out by each goes together. */
function mergeIps(sides: Sides<readonly NetworkIpModel[]>): NetworkIpModel[] | null {
  const keyOf = ({ family, address, prefix }: NetworkIpModel): string => canonical([family, address, prefix]);
  const keys = (list: readonly NetworkIpModel[]): string[] => list.map(keyOf).toSorted();
  if (!same(keys(sides.base), keys(sides.wanted)) || !same(keys(sides.base), keys(sides.present)))
    return mergeSets(sides);
  const merged: NetworkIpModel[] = [];
  for (const present of sides.present) {
    const of = (list: readonly NetworkIpModel[]) => list.find((ip) => keyOf(ip) === keyOf(present));
    const [base, wanted] = [of(sides.base), of(sides.wanted)];
    if (base === undefined || wanted === undefined) return null;
    const ranges = mergeSets({ base: base.ranges, wanted: wanted.ranges, present: present.ranges });
    const hosts = mergeSets({ base: base.hosts, wanted: wanted.hosts, present: present.hosts });
    if (ranges === null || hosts === null) return null;
    merged.push({ ...present, ranges, hosts });
  }
  return merged;
}
