import type { Network } from '../../../main/contract/network.ts';
import type { Pool, Volume } from '../../../main/contract/storage.ts';
import type { HostNetworks } from '../../state/networks.ts';
import type { HostStorage } from '../../state/storage.ts';
import { compareNames, hasWords, rankOf, words } from '../machines/find.ts';

/** A pool, volume or network that the search found. */
export type FoundThing =
  | { readonly kind: 'pool'; readonly host: string; readonly pool: Pool }
  | { readonly kind: 'volume'; readonly host: string; readonly pool: Pool; readonly volume: Volume }
  | { readonly kind: 'network'; readonly host: string; readonly network: Network };

interface Candidate {
  readonly thing: FoundThing;
  readonly name: string;
  readonly text: string;
}

export function nameOf(thing: FoundThing): string {
  return thing.kind === 'network'
    ? thing.network.name
    : (thing.kind === 'pool' ? thing.pool : thing.volume).name;
}

/** The name of the best of them begins with the first word of the text. */
export function beginsSo([best]: readonly FoundThing[], text: string): boolean {
  const [first] = words(text);
  return best !== undefined && first !== undefined && rankOf(nameOf(best), first) === 0;
}

function storageOf([host, { pools, volumes }]: readonly [string, HostStorage]): Candidate[] {
  return pools.flatMap((pool) => [
    { thing: { kind: 'pool', host, pool }, name: pool.name, text: `${pool.name} ${pool.path ?? ''}` },
    ...(volumes.get(pool.uuid) ?? []).map((volume): Candidate => ({
      thing: { kind: 'volume', host, pool, volume },
      name: volume.name,
      text: `${volume.name} ${pool.name} ${volume.usedBy.map(({ name }) => name).join(' ')}`,
    })),
  ]);
}

function networksOf([host, { networks }]: readonly [string, HostNetworks]): Candidate[] {
  return networks.map((network) => ({
    thing: { kind: 'network', host, network },
    name: network.name,
    text: [
      network.name,
      network.bridge ?? '',
      ...network.ips.map(({ address, prefix }) => `${address}/${prefix}`),
    ].join(' '),
  }));
}

/** Pools, volumes and networks that have all words of the text in what names them, or their host's name; best first. */
export function findThings(
  known: {
    readonly storage: ReadonlyMap<string, HostStorage>;
    readonly networks: ReadonlyMap<string, HostNetworks>;
    readonly hostName: (id: string) => string;
  },
  query: { readonly text: string; readonly limit: number },
): readonly FoundThing[] {
  const wanted = words(query.text);
  const [first] = wanted;
  // Without a word every volume would be found.
  if (first === undefined) return [];
  return [...[...known.storage].flatMap(storageOf), ...[...known.networks].flatMap(networksOf)]
    .filter(({ thing, text }) => hasWords(`${text} ${known.hostName(thing.host)}`.toLowerCase(), wanted))
    .map((candidate) => ({ ...candidate, rank: rankOf(candidate.name, first) }))
    .sort((a, b) => a.rank - b.rank || compareNames(a.name, b.name))
    .slice(0, query.limit)
    .map(({ thing }) => thing);
}
