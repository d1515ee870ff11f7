import type { Clock } from '../hosts/clock.ts';
import type { Domain } from '../contract/domain.ts';
import type { Host } from '../contract/host.ts';
import type { InventoryChange, InventoryMessage } from '../contract/inventory.ts';
import { ChangeLog } from './change-log.ts';

/** Changes of one moment travel together; a person does not see 16 ms. */
const TICK_MS = 16;
/** Changed hosts and machines that are kept for readers that lag. */
const LOG_BOUND = 5000;
/** More machines than this changed at once: all of the host in one change. */
const WHOLE_HOST_AT = 64;

/** What exists: hosts and their machines. The only owner of that state; everyone else gets copies by `watch`. */
export class InventoryStore {
  readonly #clock: Clock;
  readonly #hosts = new Map<string, Host>();
  readonly #domains = new Map<string, Map<string, Domain>>();
  readonly #pending = new Map<string, InventoryChange>();
  readonly #log: ChangeLog<InventoryChange[]>;
  #cancelTick: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#log = new ChangeLog(clock.now(), LOG_BOUND);
  }

  host(id: string): Host | undefined {
    return this.#hosts.get(id);
  }

  hosts(): Host[] {
    return [...this.#hosts.values()];
  }

  domain(host: string, uuid: string): Domain | undefined {
    return this.#domains.get(host)?.get(uuid);
  }

  /** Machines of one host, or of all. */
  domains(host?: string): Domain[] {
    if (host !== undefined) return [...(this.#domains.get(host)?.values() ?? [])];
    return [...this.#domains.values()].flatMap((ofHost) => [...ofHost.values()]);
  }

  putHost(host: Host): void {
    this.#hosts.set(host.id, host);
    this.#change(`host ${host.id}`, { type: 'host', host });
  }

  removeHost(id: string): void {
    if (!this.#hosts.delete(id)) return;
    this.#domains.delete(id);
    this.#dropPending(id);
    this.#change(`removed ${id}`, { type: 'hostRemoved', id });
  }

  putDomain(domain: Domain): void {
    const known = this.domain(domain.host, domain.uuid);
    if (known !== undefined && sameDomain(known, domain)) return;
    this.#ofHost(domain.host).set(domain.uuid, domain);
    this.#change(`domain ${domain.host} ${domain.uuid}`, { type: 'domain', domain });
  }

  removeDomain(host: string, uuid: string): void {
    if (this.#domains.get(host)?.delete(uuid) !== true) return;
    this.#change(`domain ${host} ${uuid}`, { type: 'domainRemoved', host, uuid });
  }

  /** All machines of a host as they are now; only what differs becomes a change. */
  setDomains(host: string, domains: readonly Domain[]): void {
    const known = this.#ofHost(host);
    const next = new Map(domains.map((domain) => [domain.uuid, domain]));
    const changed = domains.filter((domain) => {
      const before = known.get(domain.uuid);
      return before === undefined || !sameDomain(before, domain);
    });
    const gone = [...known.keys()].filter((uuid) => !next.has(uuid));
    if (known.size === 0 || changed.length + gone.length > WHOLE_HOST_AT) {
      this.#domains.set(host, next);
      this.#dropPending(host, 'domain');
      this.#change(`domains ${host}`, { type: 'domains', host, domains: [...next.values()] });
      return;
    }
    for (const uuid of gone) this.removeDomain(host, uuid);
    for (const domain of changed) this.putDomain(domain);
  }

  /**
   * First what changed since `sinceSeq`, when all of that is still known, else a snapshot; then changes as they come. A reader that
   * falls too far behind gets a snapshot again.
   */
  async *watch(
    sinceSeq: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<InventoryMessage, void, void> {
    let seq = sinceSeq ?? -1;
    while (!signal.aborted) {
      const missed = this.#log.since(seq);
      if (missed === null) {
        this.flush();
        seq = this.#log.seq;
        yield { type: 'snapshot', seq, hosts: this.hosts(), domains: this.domains() };
        continue;
      }
      for (const patch of missed) {
        seq = patch.seq;
        yield { type: 'patch', seq, changes: patch.item };
        if (signal.aborted) return;
      }
      await this.#log.changedSince(seq, signal);
    }
  }

  /** Sends what waits for the tick now. */
  flush(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
    if (this.#pending.size === 0) return;
    const changes = [...this.#pending.values()];
    this.#pending.clear();
    const weight = changes.reduce(
      (sum, change) => sum + (change.type === 'domains' ? change.domains.length : 1),
      0,
    );
    this.#log.append(changes, Math.max(1, weight));
  }

  dispose(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
  }

  #ofHost(host: string): Map<string, Domain> {
    let known = this.#domains.get(host);
    if (known === undefined) {
      known = new Map();
      this.#domains.set(host, known);
    }
    return known;
  }

  /** The last value of a key wins, at the end of what waits: what was put after a removal stays after it. */
  #change(key: string, change: InventoryChange): void {
    this.#pending.delete(key);
    this.#pending.set(key, change);
    this.#cancelTick ??= this.#clock.setTimer(() => {
      this.#cancelTick = null;
      this.flush();
    }, TICK_MS);
  }

  #dropPending(host: string, only?: 'domain'): void {
    for (const [key, change] of this.#pending) {
      const ofDomain =
        (change.type === 'domain' && change.domain.host === host) ||
        (change.type === 'domainRemoved' && change.host === host) ||
        (change.type === 'domains' && change.host === host);
      if (ofDomain || (only === undefined && key === `host ${host}`)) this.#pending.delete(key);
    }
  }
}

/** Whether two records of one machine say the same. */
function sameDomain(a: Domain, b: Domain): boolean {
  // What may be left out is never taken away again: `b` has all keys.
  for (const key of Object.keys(b) as (keyof Domain)[]) {
    if (key !== 'addresses' && key !== 'tags' && a[key] !== b[key]) return false;
  }
  return sameWords(a.addresses, b.addresses) && sameWords(a.tags, b.tags);
}

function sameWords(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a?.length === b?.length && (a ?? []).every((word, i) => word === b?.[i]);
}
