import type { Failure } from '../../main/contract/failure.ts';
import type {
  HostInterface,
  Lease,
  Network,
  NetworkFilter,
  NetworkMessage,
} from '../../main/contract/network.ts';
import { api } from '../api/client.ts';
import { HostWatch, useWatched, useWatching } from './host-watch.ts';

/** What is known of one host's networks. */
export interface HostNetworks {
  /** The first list is here. */
  readonly loaded: boolean;
  readonly networks: readonly Network[];
  readonly interfaces: readonly HostInterface[];
  readonly filters: readonly NetworkFilter[];
  /** By the network's UUID; missing while they are not known. */
  readonly leases: ReadonlyMap<string, readonly Lease[]>;
  /** Why the host does not tell, as long as it does not. */
  readonly failure: Failure | null;
}

export const NO_NETWORKS: HostNetworks = {
  loaded: false,
  networks: [],
  interfaces: [],
  filters: [],
  leases: new Map(),
  failure: null,
};

/** What a message of `network.watch` makes of what was known. */
export function applyNetworks(before: HostNetworks, message: NetworkMessage): HostNetworks {
  const known = { ...before, loaded: true, failure: null };
  switch (message.type) {
    case 'networks': {
      const there = new Set(message.networks.map(({ uuid }) => uuid));
      const leases = new Map([...before.leases].filter(([uuid]) => there.has(uuid)));
      return { ...known, networks: byName(message.networks), leases };
    }
    case 'network': {
      const others = before.networks.filter(({ uuid }) => uuid !== message.network.uuid);
      return { ...known, networks: byName([...others, message.network]) };
    }
    case 'networkRemoved':
      return {
        ...known,
        networks: before.networks.filter(({ uuid }) => uuid !== message.uuid),
        leases: new Map([...before.leases].filter(([uuid]) => uuid !== message.uuid)),
      };
    case 'interfaces':
      return { ...known, interfaces: byName(message.interfaces) };
    case 'filters':
      return { ...known, filters: byName(message.filters) };
    case 'leases':
      return { ...known, leases: new Map(before.leases).set(message.network, message.leases) };
  }
}

function byName<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return items.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

const watch = new HostWatch<HostNetworks, NetworkMessage>({
  initial: NO_NETWORKS,
  open: (host, signal) => api.network.watch({ host }, { signal }),
  apply: applyNetworks,
  fail: (before, failure) => ({ ...before, failure }),
});

/** Follows the networks of these hosts while the component is there. */
export function useNetworksWatch(hosts: readonly string[]): void {
  useWatching(watch, hosts);
}

export function useAllNetworks(): ReadonlyMap<string, HostNetworks> {
  return useWatched(watch);
}

export function useHostNetworks(host: string): HostNetworks {
  return useAllNetworks().get(host) ?? NO_NETWORKS;
}
