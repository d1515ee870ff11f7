import type { ForwardMode, Network } from '../../../main/contract/network.ts';
import type { MigratePlan } from '../../../main/contract/migrate.ts';

/** A machine and its plan. */
interface Planned {
  readonly host: string;
  readonly plan: Pick<MigratePlan, 'kind' | 'via' | 'bytes' | 'disks' | 'networks'>;
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

/** How long all of them take, one after another. */
export interface Estimate {
  readonly seconds: number;
  /** Bytes a second; null: not the same of all. */
  readonly rate: number | null;
  /** One of them goes no faster than is allowed: it takes so long where its disks have no holes, and its memory is not changed meanwhile. */
  readonly limited: boolean;
}

/**
 * Null: it is not known of every one.
 * @param limit bytes a second at most, of each disk that a machine that runs takes along, all at once, and then of its memory: libvirt has it for each job of
 *   QEMU's; null: none
 * @param rateOf bytes a second from a host by a way, as measured; null: not yet
 */
export function estimateOf(
  moves: readonly Planned[],
  limit: number | null,
  rateOf: (host: string, via: 'direct' | 'relay') => number | null,
): Estimate | null {
  let seconds = 0;
  let isLimited = false;
  const rates = new Set<number>();
  for (const { host, plan } of moves) {
    const bytes = plan.bytes.memory + plan.bytes.disks;
    if (bytes === 0) continue;
    const measured = rateOf(host, plan.via === 'direct' ? 'direct' : 'relay');
    const most = plan.kind === 'live' ? limit : null;
    if (measured === null && most === null) return null;
    const fastest = measured ?? Infinity;
    const takes = secondsOf(plan, fastest, most ?? Infinity);
    const isSlower = most !== null && takes > bytes / fastest;
    isLimited ||= isSlower;
    rates.add(isSlower ? most : fastest);
    seconds += takes;
  }
  const [rate = null] = rates;
  return { seconds, rate: rates.size === 1 ? rate : null, limited: isLimited };
}

function secondsOf({ bytes, disks }: Planned['plan'], measured: number, most: number): number {
  const largest = Math.max(
    0,
    ...disks.flatMap(({ way, capacityBytes }) => (way === 'shared' ? [] : [capacityBytes])),
  );
  return Math.max(bytes.disks / measured, largest / most) + bytes.memory / Math.min(measured, most);
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
    [...disks.filter(({ way }) => way !== 'shared'), ...media].map(({ source }) => source),
  );
}
