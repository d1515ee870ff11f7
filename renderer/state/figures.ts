import type {
  DomainDetailFigures,
  DomainFigures,
  HostFigures,
  Sparklines,
  StatsTick,
} from '../../main/contract/figures.ts';
import { KeyedListeners, domainKey } from './store.ts';

/** How many samples a small graph shows. */
export const SPARK_POINTS = 40;

export type SparkSeries = 'cpu' | 'memory' | 'disk' | 'net';
export type Samples = readonly (number | null)[];

const NO_SAMPLES: Samples = [];

/** What a row of the table draws, as one value that is new with each sample. */
export interface DomainLive {
  readonly figures: DomainFigures | null;
  readonly samples: Readonly<Record<SparkSeries, Samples>>;
}

const NOTHING_LIVE: DomainLive = {
  figures: null,
  samples: { cpu: NO_SAMPLES, memory: NO_SAMPLES, disk: NO_SAMPLES, net: NO_SAMPLES },
};

/** One sample of one machine with everything that was told about it. */
export interface DomainTick {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly intervalMs: number;
  readonly figures: DomainFigures;
  /** Null when nobody asked for details of this machine. */
  readonly detail: DomainDetailFigures | null;
}

/** A sum in which what was not measured stays unknown. */
export function sum(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}

/**
 * The last figures of everything, and the last samples of every machine. It holds no history: that is the core's (`stats.history`).
 */
export class FiguresStore {
  readonly #figures = new Map<string, DomainFigures>();
  readonly #details = new Map<string, DomainDetailFigures>();
  readonly #hosts = new Map<string, HostFigures>();
  readonly #sparks = new Map<string, Record<SparkSeries, Samples>>();
  /** Made when somebody asks: most machines are never in view. */
  readonly #live = new Map<string, DomainLive>();
  readonly #times = new Map<string, number>();
  readonly #listeners = new KeyedListeners();
  readonly #tickListeners = new Map<string, Set<(tick: DomainTick) => void>>();
  #lastTickAt = 0;

  figures(key: string): DomainFigures | null {
    return this.#figures.get(key) ?? null;
  }

  detail(key: string): DomainDetailFigures | null {
    return this.#details.get(key) ?? null;
  }

  host(id: string): HostFigures | null {
    return this.#hosts.get(id) ?? null;
  }

  /** The same array until the next sample. */
  samples(key: string, series: SparkSeries): Samples {
    return this.#sparks.get(key)?.[series] ?? NO_SAMPLES;
  }

  /** The same object until the next sample. */
  live(key: string): DomainLive {
    const figures = this.figures(key);
    const samples = this.#sparks.get(key);
    if (figures === null && samples === undefined) return NOTHING_LIVE;
    const held = this.#live.get(key);
    if (held !== undefined && held.figures === figures && held.samples === samples) return held;
    const next = { figures, samples: samples ?? NOTHING_LIVE.samples };
    this.#live.set(key, next);
    return next;
  }

  /** `key` is a machine's key or a host's id. */
  watch(key: string, listener: () => void): () => void {
    return this.#listeners.add(key, listener);
  }

  onTick(key: string, listener: (tick: DomainTick) => void): () => void {
    const set = this.#tickListeners.get(key) ?? new Set();
    this.#tickListeners.set(key, set);
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#tickListeners.get(key) === set) this.#tickListeners.delete(key);
    };
  }

  seed(sparklines: Sparklines): void {
    for (const { host, uuid, ...series } of sparklines) {
      const key = domainKey(host, uuid);
      this.#sparks.set(key, series);
      this.#listeners.notify(key);
    }
  }

  /** When the last tick came, by this computer's clock; 0 before the first. */
  get lastTickAt(): number {
    return this.#lastTickAt;
  }

  apply(tick: StatsTick): void {
    // While one subscription takes over from another, both bring the same tick.
    if (tick.time < (this.#times.get(tick.host) ?? 0)) return;
    const again = tick.time === this.#times.get(tick.host);
    this.#times.set(tick.host, tick.time);
    this.#lastTickAt = Date.now();
    if (tick.figures === null) this.#hosts.delete(tick.host);
    else this.#hosts.set(tick.host, tick.figures);
    const details = new Map(tick.details.map((detail) => [detail.uuid, detail]));
    const seen = new Set<string>();
    for (const figures of tick.domains) {
      const key = domainKey(tick.host, figures.uuid);
      seen.add(key);
      this.#figures.set(key, figures);
      const detail = details.get(figures.uuid);
      if (detail !== undefined) this.#details.set(key, detail);
      else if (!again) this.#details.delete(key);
      if (!again) this.#push(key, figures);
      this.#listeners.notify(key);
    }
    this.#forgetUnseen(tick.host, seen);
    this.#listeners.notify(tick.host);
    for (const figures of tick.domains) this.#tell(tick, figures, details.get(figures.uuid) ?? null);
  }

  /** The host does not answer: the last figures would look alive. The small graphs stay, as what was. */
  hostAway(host: string): void {
    if (!this.#times.delete(host)) return;
    this.#hosts.delete(host);
    this.#forgetUnseen(host, new Set());
    this.#listeners.notify(host);
  }

  #push(key: string, figures: DomainFigures): void {
    const before = this.#sparks.get(key);
    this.#sparks.set(key, {
      cpu: pushed(before?.cpu, figures.cpu),
      memory: pushed(before?.memory, figures.memoryUsedKiB),
      disk: pushed(before?.disk, sum(figures.diskReadBytes, figures.diskWriteBytes)),
      net: pushed(before?.net, sum(figures.netInBytes, figures.netOutBytes)),
    });
  }

  #tell(tick: StatsTick, figures: DomainFigures, detail: DomainDetailFigures | null): void {
    const listeners = this.#tickListeners.get(domainKey(tick.host, figures.uuid));
    if (listeners === undefined) return;
    const told = { time: tick.time, intervalMs: tick.intervalMs, figures, detail };
    for (const listener of listeners) listener(told);
  }

  #forgetUnseen(host: string, seen: ReadonlySet<string>): void {
    const prefix = `${host}/`;
    for (const key of this.#figures.keys()) {
      if (!key.startsWith(prefix) || seen.has(key)) continue;
      this.#figures.delete(key);
      this.#details.delete(key);
      this.#listeners.notify(key);
    }
  }
}

function pushed(before: Samples | undefined, value: number | null): Samples {
  const next = before === undefined ? [] : before.slice(-(SPARK_POINTS - 1));
  next.push(value);
  return next;
}
