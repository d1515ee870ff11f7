import { useEffect, useSyncExternalStore } from 'react';
import type { Failure } from '../../main/contract/failure.ts';
import type { HiddenVolumes, Pool, StorageMessage, Volume } from '../../main/contract/storage.ts';
import { api } from '../api/client.ts';
import { failureOf } from '../api/failure.ts';
import { follow } from '../api/follow.ts';
import { createStore } from './store.ts';

/** What is known of one host's storage. A host that went away keeps what was known. */
export interface HostStorage {
  /** The first list is here. */
  readonly loaded: boolean;
  readonly pools: readonly Pool[];
  /** By the pool's UUID; missing while they are not known. */
  readonly volumes: ReadonlyMap<string, readonly Volume[]>;
  /** Of the same pools: how many there are beside those, and why they are not shown. */
  readonly hidden: ReadonlyMap<string, HiddenVolumes>;
  /** Why the host does not tell, as long as it does not. */
  readonly failure: Failure | null;
}

export const NO_STORAGE: HostStorage = {
  loaded: false,
  pools: [],
  volumes: new Map(),
  hidden: new Map(),
  failure: null,
};

/** What a message of `pool.watch` makes of what was known. */
export function applyStorage(before: HostStorage, message: StorageMessage): HostStorage {
  const known = { ...before, loaded: true, failure: null };
  switch (message.type) {
    case 'pools': {
      const there = new Set(message.pools.map(({ uuid }) => uuid));
      const volumes = new Map([...before.volumes].filter(([uuid]) => there.has(uuid)));
      return { ...known, pools: byName(message.pools), volumes };
    }
    case 'pool': {
      const others = before.pools.filter(({ uuid }) => uuid !== message.pool.uuid);
      return { ...known, pools: byName([...others, message.pool]) };
    }
    case 'poolRemoved':
      return {
        ...known,
        pools: before.pools.filter(({ uuid }) => uuid !== message.uuid),
        volumes: new Map([...before.volumes].filter(([uuid]) => uuid !== message.uuid)),
      };
    case 'volumes':
      return {
        ...known,
        volumes: new Map(before.volumes).set(message.pool, message.volumes),
        hidden: new Map(before.hidden).set(message.pool, message.hidden),
      };
  }
}

function byName(pools: readonly Pool[]): readonly Pool[] {
  return pools.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

const hosts = createStore<ReadonlyMap<string, HostStorage>>(new Map());
/** How many look at a host, and how to end it. */
const watches = new Map<string, { users: number; readonly stop: AbortController }>();

function change(host: string, how: (before: HostStorage) => HostStorage): void {
  hosts.update((all) => new Map(all).set(host, how(all.get(host) ?? NO_STORAGE)));
}

/** Follows a host's storage until the given function is called; whoever asks for the same host shares it. */
export function watchStorage(host: string): () => void {
  const watch = watches.get(host) ?? { users: 0, stop: startWatch(host) };
  watches.set(host, watch);
  watch.users += 1;
  return () => {
    watch.users -= 1;
    if (watch.users > 0) return;
    watch.stop.abort();
    watches.delete(host);
  };
}

function startWatch(host: string): AbortController {
  const stop = new AbortController();
  void follow(
    (signal) => Promise.resolve(messages(host, signal)),
    (message) => change(host, (before) => applyStorage(before, message)),
    stop.signal,
  );
  return stop;
}

/** A host that refuses is asked again by `follow`; until then the page says why. */
async function* messages(host: string, signal: AbortSignal): AsyncGenerator<StorageMessage, void, void> {
  try {
    yield* await api.pool.watch({ host }, { signal });
  } catch (error) {
    const failure = failureOf(error);
    // A link that is lost is the host's own state, which is shown anyway.
    if (!signal.aborted && failure.code !== 'LINK_LOST') change(host, (before) => ({ ...before, failure }));
    throw error;
  }
}

/** Watches these hosts while the component is there. */
export function useStorageWatch(ids: readonly string[]): void {
  const joined = ids.join('\n');
  useEffect(() => {
    const ends = joined === '' ? [] : joined.split('\n').map(watchStorage);
    return () => {
      for (const end of ends) end();
    };
  }, [joined]);
}

export function useHostStorage(host: string): HostStorage {
  return useSyncExternalStore(hosts.subscribe, () => hosts.get().get(host) ?? NO_STORAGE);
}

export function useAllStorage(): ReadonlyMap<string, HostStorage> {
  return useSyncExternalStore(hosts.subscribe, hosts.get);
}
