import { useEffect, useSyncExternalStore } from 'react';
import type { Failure } from '../../main/contract/failure.ts';
import { failureOf } from '../api/failure.ts';
import { follow } from '../api/follow.ts';
import { createStore } from './store.ts';

/** How one kind of things of a host is followed. */
export interface HostWatchOptions<State, Message> {
  /** What is known of a host before it has told anything. */
  readonly initial: State;
  /** Opens the stream of the contract. */
  readonly open: (host: string, signal: AbortSignal) => Promise<AsyncIterable<Message>>;
  /** What a message makes of what was known. */
  readonly apply: (before: State, message: Message) => State;
  /** What a refusal makes of it. The host is asked again by itself. */
  readonly fail: (before: State, failure: Failure) => State;
}

/**
 * A mirror by host that is kept only while somebody looks, and shared by all who do. A host that nobody looks at, or that went away, keeps
 * what was known.
 */
export class HostWatch<State, Message> {
  readonly #options: HostWatchOptions<State, Message>;
  readonly #hosts = createStore<ReadonlyMap<string, State>>(new Map());
  readonly #watches = new Map<string, { users: number; readonly stop: AbortController }>();

  constructor(options: HostWatchOptions<State, Message>) {
    this.#options = options;
  }

  readonly all = (): ReadonlyMap<string, State> => this.#hosts.get();
  readonly subscribe = (listener: () => void): (() => void) => this.#hosts.subscribe(listener);

  of(host: string): State {
    return this.all().get(host) ?? this.#options.initial;
  }

  /** Follows a host until the given function is called. */
  watch(host: string): () => void {
    const watch = this.#watches.get(host) ?? { users: 0, stop: this.#start(host) };
    this.#watches.set(host, watch);
    watch.users += 1;
    return () => {
      watch.users -= 1;
      if (watch.users > 0) return;
      watch.stop.abort();
      this.#watches.delete(host);
    };
  }

  #start(host: string): AbortController {
    const stop = new AbortController();
    void follow(
      (signal) => Promise.resolve(this.#messages(host, signal)),
      (message) => this.#change(host, (before) => this.#options.apply(before, message)),
      stop.signal,
    );
    return stop;
  }

  async *#messages(host: string, signal: AbortSignal): AsyncGenerator<Message, void, void> {
    try {
      yield* await this.#options.open(host, signal);
    } catch (error) {
      const failure = failureOf(error);
      // A lost link is the host's own state, which is shown anyway.
      if (!signal.aborted && failure.code !== 'LINK_LOST')
        this.#change(host, (before) => this.#options.fail(before, failure));
      throw error;
    }
  }

  #change(host: string, how: (before: State) => State): void {
    this.#hosts.update((all) => new Map(all).set(host, how(all.get(host) ?? this.#options.initial)));
  }
}

/** Watches these hosts while the component is there. */
export function useWatching<State, Message>(watch: HostWatch<State, Message>, ids: readonly string[]): void {
  const joined = ids.join('\n');
  useEffect(() => {
    const ends = joined === '' ? [] : joined.split('\n').map((id) => watch.watch(id));
    return () => {
      for (const end of ends) end();
    };
  }, [watch, joined]);
}

export function useWatched<State, Message>(watch: HostWatch<State, Message>): ReadonlyMap<string, State> {
  return useSyncExternalStore(watch.subscribe, watch.all);
}
