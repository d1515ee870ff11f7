import type { DomainDetailFigures, DomainFigures, HostFigures } from '../contract/figures.ts';
import { BalloonWatch } from './balloon.ts';
import { Baseline } from './baseline.ts';
import { domainDetailFigures, domainFigures, machineSums, pair, type SamplePair } from './domain-figures.ts';
import { hostFigures, type HostSample } from './host-figures.ts';
import type { HostHistory } from './host-history.ts';
import type { DomainSample } from './sample.ts';

/** The figures of one host over one stretch of time. */
export interface HostFigureSet {
  readonly figures: HostFigures | null;
  readonly domains: readonly DomainFigures[];
  /** Of machines whose details are watched. */
  readonly details: readonly DomainDetailFigures[];
}

/** The figures of one host at one time, over the time since its tick before. */
export interface HostTick extends HostFigureSet {
  readonly time: number;
  /** Of the sampler: whoever wants ticks at a slower pace leaves some out. */
  readonly intervalMs: number;
  /** Since the tick before; null when rates cannot be told. */
  readonly seconds: number | null;
  /** For figures over a longer time. */
  readonly baseline: Baseline;
  /** Figures over the `seconds` since an earlier baseline. `details`: UUIDs of the machines that are watched closely. */
  since(baseline: Baseline, seconds: number, details: ReadonlySet<string>): HostFigureSet;
}

export interface Reading {
  readonly machines: readonly DomainSample[];
  readonly host: HostSample;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly monotonic: number;
  /** Between two ticks as they are wanted. */
  readonly intervalMs: number;
  /** Since the reading before; null when rates cannot be told. */
  readonly seconds: number | null;
}

/** Makes figures of readings: it remembers the one before. */
export class TickBuilder {
  readonly #history: HostHistory;
  readonly #balloons = new BalloonWatch();
  #before: Baseline | null = null;

  constructor(history: HostHistory) {
    this.#history = history;
  }

  /** The next reading has nothing before it. */
  reset(): void {
    this.#before = null;
  }

  domainChanged(uuid: string, running: boolean): void {
    this.#before?.domainChanged(uuid, running);
  }

  /** Figures of a reading; they are added to the history. `details`: UUIDs of the machines that are watched closely. */
  build(reading: Reading, details: ReadonlySet<string>): HostTick {
    const { machines, host, time, intervalMs, seconds } = reading;
    const live = this.#liveGuests(reading);
    const before = seconds === null ? null : this.#before;
    const said = { machines, host, live };
    for (const uuid of details) this.#history.detailWatched(uuid, time);
    const set = figureSet(said, { before, seconds, details });
    this.#record(reading, before, { live, set });
    const baseline = new Baseline(machines, host);
    this.#before = baseline;
    this.#balloons.keepOnly(baseline);
    return {
      ...set,
      time,
      intervalMs,
      seconds,
      baseline,
      since: (earlier, over, wanted) => figureSet(said, { before: earlier, seconds: over, details: wanted }),
    };
  }

  #liveGuests({ machines, monotonic, time }: Reading): ReadonlySet<string> {
    const live = new Set<string>();
    for (const sample of machines)
      if (this.#balloons.isLive(sample, { now: monotonic, wall: time })) live.add(sample.uuid);
    return live;
  }

  /** Adds the tick to the history. */
  #record(
    reading: Reading,
    before: Baseline | null,
    known: { live: ReadonlySet<string>; set: HostFigureSet },
  ): void {
    const { machines, time, seconds } = reading;
    const history = this.#history;
    const tick = history.begin(time, known.set.figures);
    for (const [index, figures] of known.set.domains.entries()) {
      const sample = machines[index];
      const kept = sample !== undefined && history.keepsDetail(sample.uuid);
      const sums = kept ? machineSums(pairOf(sample, before, { seconds, live: known.live })) : null;
      history.addMachine(tick, time, { figures, sums });
    }
  }
}

interface Said {
  readonly machines: readonly DomainSample[];
  readonly host: HostSample;
  /** UUIDs of machines whose guest's own figures are live. */
  readonly live: ReadonlySet<string>;
}

interface Stretch {
  readonly before: Baseline | null;
  readonly seconds: number | null;
  readonly details: ReadonlySet<string>;
}

function figureSet(said: Said, { before, seconds, details }: Stretch): HostFigureSet {
  const { machines, host, live } = said;
  const domains: DomainFigures[] = [];
  const close: DomainDetailFigures[] = [];
  for (const sample of machines) {
    const samples = pairOf(sample, before, { seconds, live });
    domains.push(domainFigures(samples));
    if (details.has(sample.uuid)) close.push(domainDetailFigures(samples));
  }
  return { figures: hostFigures(before?.host ?? null, host), domains, details: close };
}

function pairOf(
  sample: DomainSample,
  before: Baseline | null,
  { seconds, live }: { readonly seconds: number | null; readonly live: ReadonlySet<string> },
): SamplePair {
  return pair(before?.machine(sample.uuid), sample, { seconds, guestLive: live.has(sample.uuid) });
}
