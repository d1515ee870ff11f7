import type { EventMsg, EventNames } from './api.ts';

/** Something that is undone once. */
export interface Disposable {
  dispose(): void;
}

type Listener = (msg: unknown) => void;

/**
 * Listeners by event. One that throws hurts neither the others nor the connection: its error becomes a warning of the
 * process.
 */
export class EventHub {
  readonly #listeners = new Map<string, Set<Listener>>();

  on<K extends EventNames>(name: K, listener: (msg: EventMsg<K>) => void): Disposable {
    const set = this.#listeners.get(name) ?? new Set<Listener>();
    this.#listeners.set(name, set);
    const entry: Listener = (msg) => listener(msg as EventMsg<K>);
    set.add(entry);
    return {
      dispose: () => {
        set.delete(entry);
        if (set.size === 0 && this.#listeners.get(name) === set) this.#listeners.delete(name);
      },
    };
  }

  emit(name: string, msg: unknown): void {
    const set = this.#listeners.get(name);
    if (set) for (const listener of Array.from(set)) EventHub.deliver(name, msg, listener);
  }

  /** Calls a listener and outlives it. */
  static deliver<M>(name: string, msg: M, listener: (msg: M) => void): void {
    try {
      listener(msg);
    } catch (error) {
      process.emitWarning(`a listener of ${name} failed: ${String(error)}`, 'EventListenerWarning');
    }
  }

  get listenerCount(): number {
    let count = 0;
    for (const set of this.#listeners.values()) count += set.size;
    return count;
  }
}
