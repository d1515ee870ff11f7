import type {
  DomainDetailFigures,
  DomainFigures,
  HostFigures,
  Sparklines,
  StatsTick,
} from '../../main/contract/figures.ts';
import { KeyedListeners, domainKey } from './store.ts';

/** How many intervals of time a small graph shows. */
export const SPARK_POINTS = 40;

export type SparkSeries = 'cpu' | 'memory' | 'disk' | 'net';
/** Oldest first, one for each interval of time, the last is now; null where there is no figure. */
export type Samples = readonly (number | null)[];

const NO_SAMPLES: Samples = [];

/** What a row of the table draws, as one value that is new with each sample. */
export interface DomainLive {
  readonly figures: DomainFigures | null;
  readonly samples: Readonly<Record<SparkSeries, Samples>>;
}

/** The time where small graphs end (milliseconds since the epoch), and that from one sample to the next. */
export interface GraphEnd {
  readonly time: number;
  readonly intervalMs: number;
}

/** So late a tick may come until its time counts as a gap. */
const LATE_INTERVALS = 2.5;

type SparkFigures = Omit<DomainFigures, 'uuid' | 'memoryTotalKiB'>;

const NO_FIGURES: SparkFigures = {
  cpu: null,
  memoryUsedKiB: null,
  diskReadBytes: null,
  diskWriteBytes: null,
  netInBytes: null,
  netOutBytes: null,
};

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
  /** Where the small graphs of each host end. */
  readonly #ends = new Map<string, GraphEnd>();
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

  /** What was before this window looked; it ends at `end.time`. */
  seed(sparklines: Sparklines, end: GraphEnd): void {
    for (const { host, uuid, ...series } of sparklines) {
      const key = domainKey(host, uuid);
      this.#ends.set(host, end);
      this.#sparks.set(key, series);
      this.#listeners.notify(key);
    }
  }

  /** Time goes on where no tick comes: the right edge of a small graph is now, and what nobody knows is a gap. */
  passTime(now: number): void {
    for (const [host, { time, intervalMs }] of this.#ends) {
      if (now - time < LATE_INTERVALS * intervalMs) continue;
      const passed = this.#moveEnd(host, now, intervalMs);
      for (const key of this.#sparks.keys()) {
        if (!key.startsWith(`${host}/`)) continue;
        this.#push(key, NO_FIGURES, passed);
        this.#listeners.notify(key);
      }
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
    const passed = again ? 0 : this.#moveEnd(tick.host, tick.time, tick.intervalMs);
    for (const figures of tick.domains) {
      const key = domainKey(tick.host, figures.uuid);
      seen.add(key);
      this.#figures.set(key, figures);
      const detail = details.get(figures.uuid);
      if (detail !== undefined) this.#details.set(key, detail);
      else if (!again) this.#details.delete(key);
      if (!again) this.#push(key, figures, passed);
      this.#listeners.notify(key);
    }
    this.#forgetUnseen(tick.host, seen);
    if (!again) this.#pushGaps(tick.host, seen, passed);
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

  /** How many intervals it is from where a host's graphs end to `time`, where they end now. At another pace they begin anew. */
  #moveEnd(host: string, time: number, intervalMs: number): number {
    const end = this.#ends.get(host);
    if (end !== undefined && end.intervalMs !== intervalMs)
      for (const key of this.#sparks.keys()) if (key.startsWith(`${host}/`)) this.#sparks.delete(key);
    const passed = end === undefined ? 1 : Math.max(0, Math.round((time - end.time) / intervalMs));
    if (end === undefined || passed > 0) this.#ends.set(host, { time, intervalMs });
    return passed;
  }

  #push(key: string, figures: SparkFigures, passed: number): void {
    const before = this.#sparks.get(key);
    this.#sparks.set(key, {
      cpu: pushed(before?.cpu, figures.cpu, passed),
      memory: pushed(before?.memory, figures.memoryUsedKiB, passed),
      disk: pushed(before?.disk, sum(figures.diskReadBytes, figures.diskWriteBytes), passed),
      net: pushed(before?.net, sum(figures.netInBytes, figures.netOutBytes), passed),
    });
  }

  /** Machines that a tick leaves out are off: their graphs go on without figures until nothing of them is left. */
  #pushGaps(host: string, seen: ReadonlySet<string>, passed: number): void {
    for (const [key, { cpu, memory, disk, net }] of this.#sparks) {
      if (!key.startsWith(`${host}/`) || seen.has(key)) continue;
      if ([cpu, memory, disk, net].every((samples) => samples.every((value) => value === null)))
        this.#sparks.delete(key);
      else this.#push(key, NO_FIGURES, passed);
      this.#listeners.notify(key);
    }
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

/** `passed` intervals later: the time between is empty, and a figure of the same interval takes the place of the last. */
function pushed(before: Samples | undefined, value: number | null, passed: number): Samples {
  if (before === undefined) return [value];
  if (passed === 0) return value === null ? before : before.with(-1, value);
  const empty = Array.from({ length: Math.min(passed, SPARK_POINTS) - 1 }, () => null);
  return [...before, ...empty, value].slice(-SPARK_POINTS);
}
