import type {
  History,
  HistoryInput,
  Sparklines,
  SparklinesInput,
  StatsTick,
  StatsWatchInput,
} from '../contract/figures.ts';
import type { StatsClient } from './client.ts';
import { systemClock, type Clock } from './clock.ts';
import { composeHistory } from './compose-history.ts';
import { HostHistory } from './host-history.ts';
import { GAP_INTERVALS } from './sample-clock.ts';
import { HostSampler } from './sampler.ts';
import { sparklinesOf } from './sparklines.ts';
import { Watcher } from './watcher.ts';

export interface HubOptions {
  readonly clock?: Clock;
  /** A host refused its figures; it is asked again, at longer and longer intervals. */
  readonly onError?: (hostId: string, error: unknown) => void;
}

interface Host {
  readonly history: HostHistory;
  readonly sampler: HostSampler;
}

const DEFAULT_INTERVAL_MS = 2000;

/**
 * The figures of all hosts: samples those that somebody looks at, tells who looks, and keeps the history. One call for each host and
 * tick; nobody looking, no call.
 */
export class StatsHub {
  readonly #clock: Clock;
  readonly #onError: (hostId: string, error: unknown) => void;
  readonly #hosts = new Map<string, Host>();
  readonly #watchers = new Set<Watcher>();
  #disposed = false;

  constructor(options: HubOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#onError = options.onError ?? (() => undefined);
  }

  /** A connection is open, the first one or a new one. */
  hostConnected(
    id: string,
    client: StatsClient,
    options: { readonly hypervisor: string; readonly setBalloonPeriod: boolean },
  ): void {
    if (this.#disposed) return;
    const host = this.#hosts.get(id) ?? this.#create(id);
    // Balloon statistics are QEMU's.
    const setBalloonPeriod = options.setBalloonPeriod && options.hypervisor.toUpperCase() === 'QEMU';
    host.sampler.connect(client, { setBalloonPeriod });
    this.#demand(id);
  }

  /** The link is lost: what is kept stays. */
  hostAway(id: string): void {
    this.#hosts.get(id)?.sampler.disconnect();
    for (const watcher of this.#watchers) watcher.drop(id);
  }

  hostRemoved(id: string): void {
    this.hostAway(id);
    this.#hosts.delete(id);
  }

  /** A machine has started, stopped or changed its devices. */
  domainChanged(hostId: string, uuid: string, running: boolean): void {
    this.#hosts.get(hostId)?.sampler.domainChanged(uuid, running);
    for (const watcher of this.#watchers) watcher.domainChanged(hostId, uuid, running);
  }

  /**
   * Ticks of the hosts asked for, until the signal or the caller ends it (`return`, also while a `next` waits). Sampling starts with the
   * first call of `next`.
   */
  watch(input: StatsWatchInput, signal?: AbortSignal): AsyncIterableIterator<StatsTick, undefined> {
    const watcher = new Watcher(input);
    const end = (): void => {
      watcher.close();
      signal?.removeEventListener('abort', end);
      if (this.#watchers.delete(watcher)) this.#demandAll();
    };
    const begin = (): void => {
      if (watcher.closed || this.#watchers.has(watcher)) return;
      if (this.#disposed || signal?.aborted === true) return end();
      signal?.addEventListener('abort', end);
      this.#watchers.add(watcher);
      this.#demandAll();
    };
    const iterator: AsyncIterableIterator<StatsTick, undefined> = {
      next: async () => {
        begin();
        const value = await watcher.next();
        return value === null ? { done: true, value: undefined } : { done: false, value };
      },
      return: async () => {
        end();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  history(input: HistoryInput): History {
    const host = this.#hosts.get(input.host);
    const interval = host?.sampler.intervalMs ?? DEFAULT_INTERVAL_MS;
    return composeHistory(host?.history ?? new HostHistory(() => 0), {
      uuid: input.uuid ?? null,
      range: input.range,
      maxPoints: input.maxPoints,
      // When this computer's clock was set back, ticks go on from where it was.
      now: Math.max(this.#clock.now(), host?.history.timeline.last ?? 0),
      open: host === undefined ? 'notWatched' : host.sampler.pausedFor,
      gapMs: GAP_INTERVALS * interval,
    });
  }

  /** The time until now in `points` points of `intervalMs`, of every machine that was there in it. */
  sparklines({ points, intervalMs }: SparklinesInput): Sparklines {
    return [...this.#hosts].flatMap(([id, { history, sampler }]) => {
      const now = Math.max(this.#clock.now(), history.timeline.last ?? 0);
      const paused = sampler.pausedFor !== null;
      return sparklinesOf(id, history, { points, intervalMs, now, paused });
    });
  }

  /** Bytes that the history takes. */
  get historyBytes(): number {
    let sum = 0;
    for (const { history } of this.#hosts.values()) sum += history.bytes;
    return sum;
  }

  /** Ends all watching and sampling; no timer stays. */
  dispose(): void {
    this.#disposed = true;
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers.clear();
    for (const { sampler } of this.#hosts.values()) sampler.disconnect();
    this.#hosts.clear();
  }

  #create(id: string): Host {
    const history = new HostHistory(() => this.#machineCount());
    const sampler = new HostSampler({
      clock: this.#clock,
      history,
      onTick: (tick) => {
        for (const watcher of this.#watchers) if (watcher.wants(id)) watcher.offer(id, tick);
      },
      onError: (error) => this.#onError(id, error),
    });
    const host = { history, sampler };
    this.#hosts.set(id, host);
    return host;
  }

  #machineCount(): number {
    let sum = 0;
    for (const { history } of this.#hosts.values()) sum += history.machines.size;
    return sum;
  }

  #demandAll(): void {
    for (const id of this.#hosts.keys()) this.#demand(id);
  }

  #demand(id: string): void {
    const interested = [...this.#watchers].filter((watcher) => !watcher.closed && watcher.wants(id));
    const details = new Set(interested.flatMap((watcher) => [...watcher.detailsOf(id)]));
    const intervalMs =
      interested.length === 0 ? null : Math.min(...interested.map((watcher) => watcher.intervalMs));
    this.#hosts.get(id)?.sampler.demand({ intervalMs, details });
  }
}
