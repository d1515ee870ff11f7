import type { StatsTick, StatsWatchInput } from '../contract/figures.ts';
import type { HostTick } from './tick-builder.ts';

/** Ticks come a little early and late; a watcher at a slower pace than the sampler's still gets every n-th. */
const EARLY = 0.75;
const NO_DETAILS: ReadonlySet<string> = new Set();

/** One who looks. A slow one misses ticks and gets the newest of every host: what waits for it never grows. */
export class Watcher {
  readonly intervalMs: number;
  readonly #hosts: ReadonlySet<string> | null;
  readonly #details = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, StatsTick>();
  readonly #offered = new Map<string, number>();
  readonly #wakes = new Set<() => void>();
  #closed = false;

  constructor(input: StatsWatchInput) {
    this.intervalMs = input.intervalMs;
    this.#hosts = input.hosts === undefined ? null : new Set(input.hosts);
    for (const { host, uuid } of input.details ?? [])
      this.#details.set(host, (this.#details.get(host) ?? new Set()).add(uuid));
  }

  get closed(): boolean {
    return this.#closed;
  }

  wants(host: string): boolean {
    return this.#hosts === null || this.#hosts.has(host);
  }

  detailsOf(host: string): ReadonlySet<string> {
    return this.#details.get(host) ?? NO_DETAILS;
  }

  offer(host: string, tick: HostTick): void {
    const before = this.#offered.get(host);
    if (before !== undefined && tick.time - before < this.intervalMs * EARLY) return;
    this.#offered.set(host, tick.time);
    this.#waiting.set(host, {
      host,
      time: tick.time,
      intervalMs: this.intervalMs,
      figures: tick.figures,
      domains: [...tick.domains],
      details: [...this.detailsOf(host)].flatMap((uuid) => tick.details.get(uuid) ?? []),
    });
    this.#wakeAll();
  }

  /** A tick of a host that is gone is of no use. */
  drop(host: string): void {
    this.#waiting.delete(host);
    this.#offered.delete(host);
  }

  close(): void {
    this.#closed = true;
    this.#wakeAll();
  }

  /** The next tick; null when it is closed. */
  async next(): Promise<StatsTick | null> {
    while (!this.#closed) {
      for (const [host, tick] of this.#waiting) {
        this.#waiting.delete(host);
        return tick;
      }
      await new Promise<void>((resolve) => this.#wakes.add(resolve));
    }
    return null;
  }

  #wakeAll(): void {
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }
}
