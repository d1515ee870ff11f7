import type { HostSample } from './host-figures.ts';
import type { DomainSample } from './sample.ts';

/** What a host said at one time, to compare what it says later with. */
export class Baseline {
  readonly host: HostSample;
  readonly #machines = new Map<string, DomainSample>();

  constructor(machines: readonly DomainSample[], host: HostSample) {
    this.host = host;
    for (const sample of machines) this.#machines.set(sample.uuid, sample);
  }

  machine(uuid: string): DomainSample | undefined {
    return this.#machines.get(uuid);
  }

  get size(): number {
    return this.#machines.size;
  }

  has(uuid: string): boolean {
    return this.#machines.has(uuid);
  }

  /** It has stopped, or (`running`) its devices have changed: a disk or card may have given way to another one of the same name. */
  domainChanged(uuid: string, running: boolean): void {
    const sample = this.#machines.get(uuid);
    if (sample === undefined) return;
    if (running) this.#machines.set(uuid, { ...sample, disks: [], nics: [] });
    else this.#machines.delete(uuid);
  }
}
