import type {
  DhcpHost,
  Network,
  NetworkEdited,
  NetworkSpec,
  PortGroup,
} from '../../../main/contract/network.ts';
import { api } from '../../api/client.ts';
import { createStore, useSelected, useStore } from '../../state/store.ts';
import { specOf } from './kinds.ts';

type DnsEntry = NetworkSpec['dnsHosts'][number];

/** The one dialog of the networks' page that is open. */
export type NetworkDialog =
  | { readonly kind: 'create'; readonly host: string }
  | { readonly kind: 'edit' | 'stop' | 'delete' | 'restart'; readonly network: Network }
  /** `before`: what is changed; null for one more. */
  | {
      readonly kind: 'fixed';
      readonly network: Network;
      readonly before: DhcpHost | null;
      readonly fill?: DhcpHost;
    }
  | { readonly kind: 'dns'; readonly network: Network; readonly before: DnsEntry | null }
  | { readonly kind: 'portGroup'; readonly network: Network; readonly before: PortGroup | null };

const dialog = createStore<NetworkDialog | null>(null);

export function openNetworkDialog(next: NetworkDialog): void {
  dialog.set(next);
}

export function closeNetworkDialog(): void {
  dialog.set(null);
}

export function useNetworkDialog(): NetworkDialog | null {
  return useStore(dialog);
}

/** What the last edit of a network did, until it is put away; by host and UUID. */
const outcomes = createStore<ReadonlyMap<string, NetworkEdited>>(new Map());

const keyOf = ({ host, uuid }: Pick<Network, 'host' | 'uuid'>): string => `${host}/${uuid}`;

export function useOutcome(network: Pick<Network, 'host' | 'uuid'>): NetworkEdited | undefined {
  return useSelected(outcomes, (all) => all.get(keyOf(network)));
}

export function dropOutcome(network: Pick<Network, 'host' | 'uuid'>): void {
  outcomes.update((all) => new Map([...all].filter(([key]) => key !== keyOf(network))));
}

/** Writes what was made of the network as it is given here (`despite`: in spite of what its preview says), and keeps what it did for the network's page to tell. */
export async function writeNetwork(network: Network, spec: NetworkSpec, despite = false): Promise<void> {
  const { host, uuid } = network;
  const edited = await api.network.edit({ host, uuid, base: specOf(network), spec, despite });
  outcomes.update((all) => new Map(all).set(keyOf(network), edited));
}

/** Writes what is different from the network as it is now. */
export function changeNetwork(network: Network, change: Partial<NetworkSpec>): Promise<void> {
  return writeNetwork(network, { ...specOf(network), ...change });
}
