import type { DomainDetailFigures, DomainFigures, HostFigures } from '../contract/figures.ts';
import { BalloonWatch } from './balloon.ts';
import { domainDetailFigures, domainFigures, machineSums, pair } from './domain-figures.ts';
import { hostFigures, type HostSample } from './host-figures.ts';
import type { HostHistory, MachineTick } from './host-history.ts';
import type { DomainSample } from './sample.ts';

/** The figures of one host at one time. */
export interface HostTick {
  readonly time: number;
  readonly figures: HostFigures | null;
  readonly domains: readonly DomainFigures[];
  /** By UUID, of machines whose details are watched. */
  readonly details: ReadonlyMap<string, DomainDetailFigures>;
}

export interface Reading {
  readonly machines: readonly DomainSample[];
  readonly host: HostSample;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly monotonic: number;
  /** Since the reading before; null when rates cannot be told. */
  readonly seconds: number | null;
}

/** Makes figures of readings: it remembers the one before. */
export class TickBuilder {
  readonly #history: HostHistory;
  readonly #balloons = new BalloonWatch();
  #machines = new Map<string, DomainSample>();
  #host: HostSample | null = null;

  constructor(history: HostHistory) {
    this.#history = history;
  }

  /** The next reading has nothing before it. */
  reset(): void {
    this.#machines.clear();
    this.#host = null;
  }

  forget(uuid: string): void {
    this.#machines.delete(uuid);
  }

  /** A disk or card may have given way to another one of the same name: its counters go on from nothing that is known. */
  forgetDevices(uuid: string): void {
    const sample = this.#machines.get(uuid);
    if (sample !== undefined) this.#machines.set(uuid, { ...sample, disks: [], nics: [] });
  }

  /** Figures of a reading; they are added to the history. `details`: UUIDs of the machines that are watched closely. */
  build(reading: Reading, details: ReadonlySet<string>): HostTick {
    const figures = hostFigures(reading.seconds === null ? null : this.#host, reading.host);
    const detailFigures = new Map<string, DomainDetailFigures>();
    const ticks = new Map<string, MachineTick>();
    for (const sample of reading.machines) {
      const samples = pair(this.#machines.get(sample.uuid), sample, {
        seconds: reading.seconds,
        guestLive: this.#balloons.isLive(sample, { now: reading.monotonic, wall: reading.time }),
      });
      if (details.has(sample.uuid)) {
        this.#history.detailWatched(sample.uuid, reading.time);
        detailFigures.set(sample.uuid, domainDetailFigures(samples));
      }
      const sums = this.#history.keepsDetail(sample.uuid) ? machineSums(samples) : null;
      ticks.set(sample.uuid, { figures: domainFigures(samples), sums });
    }
    this.#history.add(reading.time, figures, ticks.values());
    this.#machines = new Map(reading.machines.map((sample) => [sample.uuid, sample]));
    this.#balloons.keepOnly(new Set(this.#machines.keys()));
    this.#host = reading.host;
    return {
      time: reading.time,
      figures,
      domains: [...ticks.values()].map((tick) => tick.figures),
      details: detailFigures,
    };
  }
}
