import { virDomainModificationImpact, virDomainState } from '../../drivers/libvirt/constants/index.ts';
import { uuidFromString } from '../../drivers/libvirt/uuid.ts';
import type { StatsClient } from './client.ts';
import type { DomainSample } from './sample.ts';

/** Seconds between two tellings of a guest, when nobody has chosen. */
const PERIOD_SEC = 5;
/** The rest has its turn at the next tick. */
const EACH_TICK = 4;

/** Sets a period of memory statistics on running machines whose guest never told any: without one their balloon is silent. */
export class BalloonPeriods {
  readonly #client: StatsClient;
  readonly #tried = new Map<string, number>();
  #busy = false;

  constructor(client: StatsClient) {
    this.#client = client;
  }

  /** Asks once for each run of a machine, whatever comes of it: a guest without a balloon's driver never tells. */
  consider(samples: readonly DomainSample[], signal: AbortSignal): void {
    const present = new Set(samples.map((sample) => sample.uuid));
    for (const uuid of this.#tried.keys()) if (!present.has(uuid)) this.#tried.delete(uuid);
    if (this.#busy) return;
    const silent = samples.filter((sample) => isSilent(sample) && this.#tried.get(sample.uuid) !== sample.id);
    void this.#setAll(silent.slice(0, EACH_TICK), signal);
  }

  /** One after another: a machine that hangs does not take up more than one of the few calls that a host serves at once. */
  async #setAll(samples: readonly DomainSample[], signal: AbortSignal): Promise<void> {
    this.#busy = true;
    for (const sample of samples) {
      this.#tried.set(sample.uuid, sample.id);
      await this.#set(sample, signal);
    }
    this.#busy = false;
  }

  async #set(sample: DomainSample, signal: AbortSignal): Promise<void> {
    const dom = { name: sample.name, uuid: uuidFromString(sample.uuid), id: sample.id };
    const args = { dom, period: PERIOD_SEC, flags: virDomainModificationImpact.VIR_DOMAIN_AFFECT_LIVE };
    try {
      await this.#client.remote.domainSetMemoryStatsPeriod(args, { signal, timeoutMs: 0 });
    } catch {
      // Not allowed, no balloon, stopped meanwhile: then this machine has no memory figures, which is what its graph says.
    }
  }
}

function isSilent({ state, memory }: DomainSample): boolean {
  if (state !== virDomainState.VIR_DOMAIN_RUNNING || memory.currentKiB === null) return false;
  return memory.lastUpdateSec === 0 || (memory.lastUpdateSec === null && memory.availableKiB === null);
}
