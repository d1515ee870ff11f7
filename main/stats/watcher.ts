import type { StatsTick, StatsWatchInput } from '../contract/figures.ts';
import type { Baseline } from './baseline.ts';
import type { HostFigureSet, HostTick } from './tick-builder.ts';

const NO_DETAILS: ReadonlySet<string> = new Set();

/** From which on the next tick of a host is over. */
interface Offered {
  /** Of the last tick that was offered. */
  readonly time: number;
  readonly baseline: Baseline;
  /** From the baseline to the newest tick. */
  readonly seconds: number;
}

/**
 * One who looks. Figures are over the time since its own last tick: at a slower pace than the sampler's it gets every n-th tick, with
 * the rates over all n. A slow reader misses ticks and gets the newest of every host: what waits for it never grows. */
export class Watcher {
  readonly intervalMs: number;
  readonly #hosts: ReadonlySet<string> | null;
  readonly #details = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, StatsTick>();
  readonly #offered = new Map<string, Offered>();
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
    if (before !== undefined && !isDue(before, tick, this.intervalMs)) {
      this.#offered.set(host, passed(before, tick));
      return;
    }
    const details = this.detailsOf(host);
    const { figures, domains, details: all } = sinceOffered(before, tick, details);
    this.#offered.set(host, { time: tick.time, baseline: tick.baseline, seconds: 0 });
    this.#waiting.set(host, {
      host,
      time: tick.time,
      intervalMs: this.intervalMs,
      figures,
      domains: [...domains],
      details: all.filter(({ uuid }) => details.has(uuid)),
    });
    this.#wakeAll();
  }

  /** As Baseline.domainChanged. */
  domainChanged(host: string, uuid: string, running: boolean): void {
    this.#offered.get(host)?.baseline.domainChanged(uuid, running);
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

/** Ticks come a little early and late: half a tick of the sampler's decides. */
function isDue(before: Offered, tick: HostTick, intervalMs: number): boolean {
  return tick.time - before.time >= intervalMs - tick.intervalMs / 2;
}

/** A tick that is left out. Where the sampler began anew, there is nothing before it to compare with. */
function passed(before: Offered, tick: HostTick): Offered {
  if (tick.seconds === null) return { ...before, baseline: tick.baseline, seconds: 0 };
  return { ...before, seconds: before.seconds + tick.seconds };
}

function sinceOffered(
  before: Offered | undefined,
  tick: HostTick,
  details: ReadonlySet<string>,
): HostFigureSet {
  // Nothing was left out: the tick is over the same time.
  if (before === undefined || before.seconds === 0 || tick.seconds === null) return tick;
  return tick.since(before.baseline, before.seconds + tick.seconds, details);
}
