import { useSyncExternalStore } from 'react';

export type Unsubscribe = () => void;

/** One value that can be observed. */
export interface Store<T> {
  readonly get: () => T;
  readonly set: (next: T) => void;
  readonly update: (change: (value: T) => T) => void;
  readonly subscribe: (listener: () => void) => Unsubscribe;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  const store: Store<T> = {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    update: (change) => store.set(change(value)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return store;
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** Part of a store; `select` must give the same value (by Object.is) while its part has not changed. */
export function useSelected<T, S>(store: Store<T>, select: (value: T) => S): S {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}

/** Listeners by key: whoever watches one machine is not woken by another. */
export class KeyedListeners {
  readonly #byKey = new Map<string, Set<() => void>>();

  add(key: string, listener: () => void): Unsubscribe {
    const set = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, set);
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#byKey.get(key) === set) this.#byKey.delete(key);
    };
  }

  notify(key: string): void {
    for (const listener of this.#byKey.get(key) ?? []) listener();
  }

  notifyAll(): void {
    for (const key of this.#byKey.keys()) this.notify(key);
  }
}

/** The key of a machine in every map of the window. */
export function domainKey(host: string, uuid: string): string {
  return `${host}/${uuid}`;
}
