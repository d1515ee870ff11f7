import type { Pool, StorageMessage } from '../contract/storage.ts';
import { pause, type Clock } from '../hosts/clock.ts';
import { isExpected } from '../hosts/failures.ts';
import type { HostSession } from '../hosts/session.ts';
import type { ActivityLog } from '../jobs/activity.ts';
import { HostStorage } from './host-storage.ts';

/** A host that could not be read is asked again after this time. */
const RETRY_MS = 2000;

export interface StorageHubOptions {
  readonly clock: Clock;
  /** @throws FailureError HOST_UNREACHABLE while it is not connected */
  readonly session: (host: string) => HostSession;
  /** Resolves when the host is connected, or the signal is aborted. */
  readonly connected: (host: string, signal: AbortSignal) => Promise<void>;
  readonly activity: ActivityLog;
  /** A host told how full a pool is. */
  readonly onUsage: (host: string, pool: Pool) => void;
  readonly onFault: (error: unknown) => void;
}

/** What is known of the storage of hosts that somebody looks at. Nothing is asked of a host at which nobody looks. */
export class StorageHub {
  readonly #options: StorageHubOptions;
  readonly #watched = new Map<string, WatchedHost>();

  constructor(options: StorageHubOptions) {
    this.#options = options;
  }

  /** First everything, as soon as the host has told it, then what changes; everything again when a lost link is back. */
  async *watch(host: string, signal: AbortSignal): AsyncGenerator<StorageMessage, void, void> {
    let watched = this.#watched.get(host);
    if (watched === undefined) {
      watched = new WatchedHost(host, this.#options);
      this.#watched.set(host, watched);
    }
    const reader = watched.join();
    try {
      yield* reader.read(signal);
    } finally {
      if (watched.leave(reader)) this.#watched.delete(host);
    }
  }

  /** Something was done to a host's storage that it sends no event for. */
  touch(host: string): void {
    this.#watched.get(host)?.touch(null);
  }

  /** Nobody is told anything any more. */
  close(): void {
    for (const watched of this.#watched.values()) watched.close();
    this.#watched.clear();
  }
}

class WatchedHost {
  readonly #host: string;
  readonly #options: StorageHubOptions;
  readonly #stop = new AbortController();
  readonly #readers = new Set<Reader>();
  /** The last message of each key. */
  readonly #known = new Map<string, StorageMessage>();
  #storage: HostStorage | null = null;

  constructor(host: string, options: StorageHubOptions) {
    this.#host = host;
    this.#options = options;
    void this.#run();
    void this.#followJobs();
  }

  join(): Reader {
    const reader = new Reader();
    this.#readers.add(reader);
    const pools = [...this.#known.values()].flatMap((message) =>
      message.type === 'pool' ? [message.pool] : [],
    );
    if (this.#known.size > 0) reader.put({ type: 'pools', pools });
    for (const message of this.#known.values()) if (message.type === 'volumes') reader.put(message);
    return reader;
  }

  /** True when nobody looks any more. */
  leave(reader: Reader): boolean {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return false;
    this.#stop.abort();
    return true;
  }

  close(): void {
    this.#stop.abort();
    for (const reader of this.#readers) reader.close();
  }

  touch(machine: string | null): void {
    this.#storage?.touch(machine);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { clock, session, connected, onFault } = this.#options;
    while (!signal.aborted) {
      await connected(this.#host, signal);
      if (signal.aborted) return;
      try {
        this.#storage = new HostStorage({
          session: session(this.#host),
          clock,
          put: (message) => this.#put(message),
        });
        await this.#storage.run(signal);
      } catch (error) {
        if (!signal.aborted && !isExpected(error)) onFault(error);
      }
      this.#storage = null;
      await pause(clock, RETRY_MS, signal);
    }
  }

  /** Jobs make and delete volumes, and libvirt sends no event for it. */
  async #followJobs(): Promise<void> {
    for await (const message of this.#options.activity.watch(this.#stop.signal))
      if (message.type === 'job' && message.job.host === this.#host && message.job.finishedAt !== null)
        this.touch(message.job.uuid);
  }

  #put(message: StorageMessage): void {
    if (message.type === 'pool') this.#options.onUsage(this.#host, message.pool);
    if (message.type === 'pools') {
      this.#known.clear();
      for (const pool of message.pools) {
        this.#options.onUsage(this.#host, pool);
        this.#known.set(`pool ${pool.uuid}`, { type: 'pool', pool });
      }
    } else if (message.type === 'poolRemoved') {
      this.#known.delete(`pool ${message.uuid}`);
      this.#known.delete(`volumes ${message.uuid}`);
    } else {
      const key = keyOf(message);
      const before = this.#known.get(key);
      if (before !== undefined && JSON.stringify(before) === JSON.stringify(message)) return;
      this.#known.set(key, message);
    }
    for (const reader of this.#readers) reader.put(message);
  }
}

/** What one watcher has not read yet: of each thing only the newest, so that a slow one fills no memory. */
class Reader {
  readonly #pending = new Map<string, StorageMessage>();
  #wake: () => void = () => undefined;
  #closed = false;

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  put(message: StorageMessage): void {
    if (message.type === 'pools') this.#pending.clear();
    if (message.type === 'poolRemoved') this.#pending.delete(`volumes ${message.uuid}`);
    const key = keyOf(message);
    this.#pending.delete(key);
    this.#pending.set(key, message);
    this.#wake();
  }

  async *read(signal: AbortSignal): AsyncGenerator<StorageMessage, void, void> {
    while (!signal.aborted && !this.#closed) {
      const [next] = this.#pending;
      if (next === undefined) await this.#more(signal);
      else {
        this.#pending.delete(next[0]);
        yield next[1];
      }
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

function keyOf(message: StorageMessage): string {
  switch (message.type) {
    case 'pools':
      return 'pools';
    case 'pool':
      return `pool ${message.pool.uuid}`;
    case 'poolRemoved':
      return `pool ${message.uuid}`;
    case 'volumes':
      return `volumes ${message.pool}`;
  }
}
