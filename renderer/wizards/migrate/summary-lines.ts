import type { ForwardMode, Network } from '../../../main/contract/network.ts';
import type { MigratePlan } from '../../../main/contract/migrate.ts';

/** A machine and its plan. */
interface Planned {
  readonly host: string;
  readonly plan: Pick<MigratePlan, 'via' | 'bytes' | 'networks'>;
}

/** A way of the data, how many go by it, and from which hosts (ids). */
export interface Way {
  readonly via: 'direct' | 'relay';
  readonly count: number;
  readonly from: readonly string[];
}

/** By which ways machines go; none: nothing goes over but definitions. */
export function waysOf(moves: readonly Planned[]): Way[] {
  return (['direct', 'relay'] as const).flatMap((via) => {
    const by = moves.filter(({ plan }) => plan.via === via);
    return by.length === 0 ? [] : [{ via, count: by.length, from: [...new Set(by.map(({ host }) => host))] }];
  });
}

/** Seconds for all of them, one after another; null: it is not known of every source. `rateOf`: bytes a second from a host. */
export function secondsFor(
  moves: readonly Planned[],
  rateOf: (host: string) => number | null,
): number | null {
  let seconds = 0;
  for (const { host, plan } of moves) {
    const bytes = plan.bytes.memory + plan.bytes.disks;
    const rate = rateOf(host);
    if (bytes > 0 && rate === null) return null;
    seconds += bytes / (rate ?? 1);
  }
  return seconds;
}

/** What libvirt itself routes, or shuts in, is of one host alone; what is bridged is the one outside. */
const OWN: ReadonlySet<ForwardMode> = new Set(['isolated', 'nat', 'route', 'open']);

/** Networks, by their name at the source, that are another one at the target whatever they are called: so may the addresses be there. */
export function ownNetworks(
  moves: readonly Planned[],
  to: string,
  networksOf: (host: string) => readonly Pick<Network, 'name' | 'bridge' | 'mode'>[],
): string[] {
  const at = (host: string, name: string) =>
    networksOf(host).find((one) => one.name === name || one.bridge === name);
  const isOwn = (network: ReturnType<typeof at>): boolean => network !== undefined && OWN.has(network.mode);
  const found = moves.flatMap(({ host, plan }) =>
    plan.networks.flatMap((one) => {
      const there = at(to, one.to);
      // What is not there has yet to be chosen.
      if (there === undefined) return [];
      return isOwn(at(host, one.from)) || isOwn(there) ? [one.from] : [];
    }),
  );
  return [...new Set(found)];
}

/** Paths of what a move sends over, disks and CDs: the source's own of these are what is deleted there. */
export function goesOver(plans: readonly Pick<MigratePlan, 'disks' | 'media'>[]): string[] {
  return plans.flatMap(({ disks, media }) =>
    [...disks.filter(({ way }) => way === 'copy'), ...media].map(({ source }) => source),
  );
}
