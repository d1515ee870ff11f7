import { virDomainModificationImpact, virDomainState } from '../../drivers/libvirt/constants/index.ts';
import { uuidFromString } from '../../drivers/libvirt/uuid.ts';
import type { StatsClient } from './client.ts';
import type { DomainSample } from './sample.ts';

/** Seconds between two tellings of a guest, when nobody has chosen. */
const PERIOD_SEC = 5;
/** The rest has its turn at the next tick, so that the host's calls of that tick do not wait behind hundreds. */
const AT_ONCE = 4;

/** Sets a period of memory statistics on running machines whose guest never told any: without one their balloon is silent. */
export class BalloonPeriods {
  readonly #client: StatsClient;
  readonly #tried = new Map<string, number>();

  constructor(client: StatsClient) {
    this.#client = client;
  }

  /** Asks once for each run of a machine, whatever comes of it: a guest without a balloon's driver never tells. */
  consider(samples: readonly DomainSample[], signal: AbortSignal): void {
    const present = new Set(samples.map((sample) => sample.uuid));
    for (const uuid of this.#tried.keys()) if (!present.has(uuid)) this.#tried.delete(uuid);
    const silent = samples.filter((sample) => isSilent(sample) && this.#tried.get(sample.uuid) !== sample.id);
    for (const sample of silent.slice(0, AT_ONCE)) {
      this.#tried.set(sample.uuid, sample.id);
      void this.#set(sample, signal);
    }
  }

  async #set(sample: DomainSample, signal: AbortSignal): Promise<void> {
    const dom = { name: sample.name, uuid: uuidFromString(sample.uuid), id: sample.id };
    const flags = virDomainModificationImpact.VIR_DOMAIN_AFFECT_LIVE;
    try {
      await this.#client.remote.domainSetMemoryStatsPeriod({ dom, period: PERIOD_SEC, flags }, { signal });
    } catch {
      // Not allowed, no balloon, stopped meanwhile: then this machine has no memory figures, which is what its graph says.
    }
  }
}

function isSilent({ state, memory }: DomainSample): boolean {
  if (state !== virDomainState.VIR_DOMAIN_RUNNING || memory.currentKiB === null) return false;
  return memory.lastUpdateSec === 0 || (memory.lastUpdateSec === null && memory.availableKiB === null);
}
