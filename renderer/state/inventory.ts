import { useCallback, useSyncExternalStore } from 'react';
import type { Domain } from '../../main/contract/domain.ts';
import type { Host } from '../../main/contract/host.ts';
import type { InventoryChange, InventoryMessage } from '../../main/contract/inventory.ts';
import { KeyedListeners, createStore, domainKey, useStore } from './store.ts';

/**
 * The window's mirror of the core's inventory. Only messages of `inventory.watch` change it: what a click did arrives as a patch, and
 * every view of it re-renders alone.
 */
export class InventoryMirror {
  /** In the order the core lists them. */
  readonly hosts = createStore<readonly Host[]>([]);
  /** When the core that tells all of this was lost (milliseconds since the epoch); null while it is there. */
  readonly coreLostAt = createStore<number | null>(null);
  readonly domains = createStore<readonly Domain[]>([]);
  /** The first snapshot is here: until then nobody knows whether there is nothing. */
  readonly loaded = createStore(false);
  /** Number of the last message; null before the first. */
  seq: number | null = null;
  /** As the core told. */
  #told: readonly Host[] = [];
  readonly #domains = new Map<string, Domain>();
  readonly #listeners = new KeyedListeners();

  apply(message: InventoryMessage): void {
    if (message.type === 'snapshot') this.#takeSnapshot(message.hosts, message.domains);
    else this.#takePatch(message.changes);
    this.seq = message.seq;
    this.loaded.set(true);
  }

  /** Without the core nobody knows of any host: each that was connected is shown as away, and what is known of it as old. */
  setCoreLost(at: number | null): void {
    this.coreLostAt.set(at);
    this.#showHosts();
  }

  domain(key: string): Domain | undefined {
    return this.#domains.get(key);
  }

  watchDomain(key: string, listener: () => void): () => void {
    return this.#listeners.add(key, listener);
  }

  #takeSnapshot(hosts: readonly Host[], domains: readonly Domain[]): void {
    this.#domains.clear();
    for (const one of domains) this.#domains.set(domainKey(one.host, one.uuid), one);
    this.#told = hosts;
    this.#showHosts();
    this.domains.set([...this.#domains.values()]);
    this.#listeners.notifyAll();
  }

  #takePatch(changes: readonly InventoryChange[]): void {
    const touched = new Set<string>();
    let hosts = this.#told;
    for (const change of changes) {
      if (change.type === 'host') hosts = putHost(hosts, change.host);
      else if (change.type === 'hostRemoved') {
        hosts = hosts.filter((host) => host.id !== change.id);
        this.#dropDomainsOf(change.id, touched);
      } else this.#changeDomains(change, touched);
    }
    this.#told = hosts;
    this.#showHosts();
    if (touched.size === 0) return;
    this.domains.set([...this.#domains.values()]);
    for (const key of touched) this.#listeners.notify(key);
  }

  #showHosts(): void {
    const at = this.coreLostAt.get();
    this.hosts.set(at === null ? this.#told : this.#told.map((host) => lastKnown(host, at)));
  }

  #changeDomains(
    change: Exclude<InventoryChange, { type: 'host' | 'hostRemoved' }>,
    touched: Set<string>,
  ): void {
    switch (change.type) {
      case 'domains':
        this.#dropDomainsOf(change.host, touched);
        for (const one of change.domains) this.#put(one, touched);
        break;
      case 'domain':
        this.#put(change.domain, touched);
        break;
      case 'domainRemoved': {
        const key = domainKey(change.host, change.uuid);
        this.#domains.delete(key);
        touched.add(key);
        break;
      }
    }
  }

  #put(one: Domain, touched: Set<string>): void {
    const key = domainKey(one.host, one.uuid);
    this.#domains.set(key, one);
    touched.add(key);
  }

  #dropDomainsOf(host: string, touched: Set<string>): void {
    for (const [key, one] of this.#domains) {
      if (one.host !== host) continue;
      this.#domains.delete(key);
      touched.add(key);
    }
  }
}

function lastKnown(host: Host, at: number): Host {
  return host.state === 'connected'
    ? { ...host, state: 'away', since: at, lastSeen: at, silentSince: null }
    : host;
}

function putHost(hosts: readonly Host[], next: Host): readonly Host[] {
  const index = hosts.findIndex((host) => host.id === next.id);
  return index < 0 ? [...hosts, next] : hosts.with(index, next);
}

/** The mirror of this window, fed by `connect.ts`. */
export const inventory = new InventoryMirror();

export function useHosts(): readonly Host[] {
  return useStore(inventory.hosts);
}

/** Whether a host is a connection of the LXC driver, whose machines are containers. */
export function hasContainers(host: Host | undefined): boolean {
  return host?.info?.hypervisor === 'LXC';
}

export function useHost(id: string): Host | undefined {
  return useSyncExternalStore(inventory.hosts.subscribe, () =>
    inventory.hosts.get().find((host) => host.id === id),
  );
}

export function useDomains(): readonly Domain[] {
  return useStore(inventory.domains);
}

/** Renders again only when this machine changes. */
export function useDomain(host: string, uuid: string): Domain | undefined {
  const key = domainKey(host, uuid);
  const subscribe = useCallback((listener: () => void) => inventory.watchDomain(key, listener), [key]);
  return useSyncExternalStore(subscribe, () => inventory.domain(key));
}

/** When the core was lost; null while it is there. */
export function useCoreLostAt(): number | null {
  return useStore(inventory.coreLostAt);
}

export function useInventoryLoaded(): boolean {
  return useStore(inventory.loaded);
}
