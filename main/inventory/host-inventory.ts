import { setMaxListeners } from 'node:events';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString, uuidToString } from '../../drivers/libvirt/uuid.ts';
import { LinkError } from '../../drivers/rpc/errors.ts';
import type { Domain } from '../contract/domain.ts';
import { pause } from '../hosts/clock.ts';
import type { HostSession } from '../hosts/session.ts';
import { AddressReader } from './address-reader.ts';
import { readBestAddresses } from './addresses.ts';
import { EventNews, isPartOfStart } from './event-news.ts';
import {
  listenToHost,
  registerFirst,
  registerLater,
  type EventLine,
  type HostEventSink,
} from './host-events.ts';
import { readLifecycle, type LifecycleEffect } from './lifecycle.ts';
import { inPool } from './pool.ts';
import { listHost, readInfo, readOne } from './read.ts';
import { figuresOf, withHistory } from './records.ts';
import { isActive } from './states.ts';
import type { HostInventoryDeps } from './host-inventory-deps.ts';
import { OwnMarks } from './own-marks.ts';

/** Machines that are read again at the same time; each reading is a burst of five calls. */
const REREADS_IN_FLIGHT = 2;
/** More than this waiting: one list of the host is cheaper than reading each. */
const RELIST_AT = 24;
/** Pace of listing a host whose driver has no events, or whose list failed. */
const POLL_MS = 10_000;
/** Calls in the background that fill in what the bulk statistics lack; the rest of the five stay free for a person. */
const FILL_IN_FLIGHT = 3;

/** Keeps the machines of one open session true, by its events alone. A new session gets a new one. */
export class HostInventory {
  readonly #deps: HostInventoryDeps;
  readonly #session: HostSession;
  readonly #client: LibvirtClient;
  readonly #refs = new Map<string, DomainRef>();
  readonly #abort = new AbortController();
  readonly #addresses: AddressReader;
  readonly #marks: OwnMarks;
  readonly #news = new EventNews();
  /** Events that came before the first list; null when it is there. */
  #early: (() => void)[] | null = [];
  readonly #toldEarly = new Set<string>();
  readonly #toRead = new Set<string>();
  /** Being read now; true when something happened to it in the meantime. */
  readonly #reading = new Map<string, boolean>();
  #relisting = false;
  /** Machines that events told of while a list is under way: the list may be older than they are. */
  #toldMeanwhile: Set<string> | null = null;

  constructor(session: HostSession, deps: HostInventoryDeps) {
    this.#deps = deps;
    this.#session = session;
    this.#client = session.client;
    // Many calls share this signal, and each listens to it while it waits.
    setMaxListeners(0, this.#abort.signal);
    this.#addresses = new AddressReader({ clock: deps.clock, read: (uuid) => this.#readAddresses(uuid) });
    this.#marks = new OwnMarks({
      client: this.#client,
      call: { signal: this.#abort.signal },
      reference: (uuid) => this.#refs.get(uuid),
      known: () => this.#known(),
      mark: (uuid, marks) => this.#patch(uuid, (domain) => ({ ...domain, ...marks })),
      onFault: (error) => this.#fault(error),
    });
  }

  /**
   * Two round trips, whatever the number of machines: registers for events, then lists. The events come first, so that nothing falls
   * between; what they tell before the list is here is applied after it.
   */
  async open(signal: AbortSignal): Promise<void> {
    listenToHost(this.#client, this.#sink);
    const hasEvents = await registerFirst(this.#client, { signal });
    const bare = await this.#list({ signal });
    const early = this.#early ?? [];
    this.#early = null;
    for (const apply of early) apply();
    // The list is several calls, and they need not tell of one moment.
    for (const uuid of this.#toldEarly) this.refresh(uuid);
    this.#toldEarly.clear();
    void this.#settle(hasEvents, bare).catch((error: unknown) => this.#fault(error));
  }

  /** The session is over. What is known stays in the store. */
  dispose(): void {
    this.#abort.abort();
    this.#addresses.dispose();
  }

  /** How calls name this machine; no look-up is needed. */
  reference(uuid: string): DomainRef | undefined {
    return this.#refs.get(uuid);
  }

  /** Reads one machine again, after a change that no event tells. */
  refresh(uuid: string): void {
    if (this.#reading.has(uuid)) {
      this.#reading.set(uuid, true);
      return;
    }
    this.#toRead.add(uuid);
    this.#readNext();
  }

  /** Asks for the machine's addresses when its turn comes. */
  wantAddresses(uuid: string): void {
    this.#addresses.ask(uuid);
  }

  /** What can wait until the list is shown. */
  async #settle(hasEvents: boolean, bare: readonly string[]): Promise<void> {
    const options = { signal: this.#abort.signal };
    await registerLater(this.#client, options);
    await this.#fillIn(bare);
    this.#marks.askUnknown();
    for (const domain of this.#known()) if (isActive(domain.state)) this.#addresses.ask(domain.uuid);
    if (!hasEvents) await this.#poll(options);
  }

  async #poll(options: { signal: AbortSignal }): Promise<void> {
    while (!options.signal.aborted) {
      await pause(this.#deps.clock, POLL_MS, options.signal);
      try {
        if (!options.signal.aborted) await this.#listAll(options);
      } catch (error) {
        // A slow answer is no reason to stop looking.
        this.#fault(error);
      }
    }
  }

  async #list(options: { signal: AbortSignal }): Promise<string[]> {
    const { store } = this.#deps;
    const host = this.#session.id;
    const told = new Set<string>();
    this.#toldMeanwhile = told;
    const listing = await listHost(this.#client, host, options).finally(() => (this.#toldMeanwhile = null));
    this.#refs.clear();
    for (const [uuid, ref] of listing.refs) this.#refs.set(uuid, ref);
    const bare = new Set(listing.bare);
    const domains = listing.facts.map((facts) => {
      const before = store.domain(host, facts.uuid);
      const domain = withHistory(facts, before, null);
      // What is filled in later is not shown as zero again at every list.
      return before !== undefined && bare.has(facts.uuid) ? { ...domain, ...figuresOf(before) } : domain;
    });
    const kept = [...told].flatMap((uuid) => store.domain(host, uuid) ?? []);
    const before = this.#runningNow();
    store.setDomains(host, [...domains.filter(({ uuid }) => !told.has(uuid)), ...kept]);
    // Who opens the session asks of all machines by himself.
    if (this.#early === null) this.#tellRunning(before, this.#runningNow());
    for (const uuid of told) this.refresh(uuid);
    return listing.bare;
  }

  #runningNow(): Set<string> {
    return new Set(
      this.#known()
        .filter(({ state }) => isActive(state))
        .map(({ uuid }) => uuid),
    );
  }

  #tellRunning(before: ReadonlySet<string>, now: ReadonlySet<string>): void {
    for (const uuid of before) if (!now.has(uuid)) this.#stopped(uuid);
    for (const uuid of now) if (!before.has(uuid)) this.#started(uuid);
  }

  #started(uuid: string): void {
    this.#deps.onRunning(uuid, true);
    this.#addresses.follow(uuid);
  }

  #stopped(uuid: string): void {
    this.#addresses.forget(uuid);
    this.#deps.onRunning(uuid, false);
  }

  async #fillIn(bare: readonly string[]): Promise<void> {
    await inPool(bare, FILL_IN_FLIGHT, async (uuid) => {
      const dom = this.#refs.get(uuid);
      if (dom === undefined || this.#abort.signal.aborted) return;
      const info = await readInfo(this.#client, dom, { signal: this.#abort.signal });
      if (info !== null) this.#patch(uuid, (domain) => ({ ...domain, ...info }));
    });
  }

  readonly #sink: HostEventSink = {
    lifecycle: (dom, event, detail) => {
      if (this.#early !== null) this.#toldEarly.add(uuidToString(dom.uuid));
      this.#whenListed(() => this.#lifecycle(dom, event, detail));
    },
    balloon: (dom, memoryKiB) =>
      this.#whenListed(() => this.#patch(uuidToString(dom.uuid), (domain) => ({ ...domain, memoryKiB }))),
    agent: (dom, connected) =>
      this.#whenListed(() => {
        if (connected) this.#addresses.ask(uuidToString(dom.uuid));
      }),
    changed: (dom) => this.#whenListed(() => this.#changed(uuidToString(dom.uuid))),
    line: (dom, line) => this.#whenListed(() => this.#line(dom, line)),
  };

  #whenListed(apply: () => void): void {
    if (this.#abort.signal.aborted) return;
    if (this.#early === null) apply();
    else this.#early.push(apply);
  }

  #line(dom: DomainRef, line: EventLine): void {
    const uuid = uuidToString(dom.uuid);
    if (!this.#news.isNews(uuid, line, this.#deps.clock.now())) return;
    this.#deps.activity.add({ host: this.#session.id, uuid, name: dom.name, ...line });
  }

  #lifecycle(dom: DomainRef, event: number, detail: number): void {
    const { effect, ...told } = readLifecycle(event, detail);
    const uuid = uuidToString(dom.uuid);
    const known = this.#deps.store.domain(this.#session.id, uuid);
    if (!isPartOfStart(told.event, known?.state)) this.#line(dom, { kind: 'lifecycle', ...told });
    this.#toldMeanwhile?.add(uuid);
    // A reading that is under way may have been answered before this happened.
    if (this.#reading.has(uuid)) this.#reading.set(uuid, true);
    if (known === undefined) {
      if (effect.kind === 'undefined') return;
      this.#refs.set(uuid, dom);
      this.refresh(uuid);
      return;
    }
    this.#apply(known, dom, effect);
  }

  #apply(known: Domain, dom: DomainRef, effect: LifecycleEffect): void {
    const { uuid } = known;
    switch (effect.kind) {
      case 'none':
        return;
      case 'reread':
        this.#refs.set(uuid, dom);
        this.#changed(uuid);
        this.refresh(uuid);
        return;
      case 'undefined':
        if (isActive(known.state))
          this.#deps.store.putDomain({ ...known, persistent: false, autostart: false });
        else this.#remove(uuid);
        return;
      case 'state':
        this.#enter(known, dom, effect);
        return;
      default:
    }
  }

  #enter(known: Domain, dom: DomainRef, effect: LifecycleEffect & { kind: 'state' }): void {
    const { uuid } = known;
    const { state } = effect;
    const reason = effect.keepsReason === true && state === known.state ? known.reason : effect.reason;
    const active = isActive(state);
    const started = active && !isActive(known.state);
    if (!active && !known.persistent) {
      // Nothing is left of a transient machine that has stopped; libvirt sends no other event for it.
      this.#remove(uuid);
      return;
    }
    this.#refs.set(uuid, { ...dom, id: active ? dom.id : -1 });
    this.#deps.store.putDomain({
      ...known,
      state,
      reason,
      id: active ? (dom.id >= 0 ? dom.id : known.id) : null,
      since: state === known.state ? known.since : this.#deps.clock.now(),
      // A start uses the saved state up.
      managedSave: known.managedSave && !started,
      addresses: active ? known.addresses : [],
    });
    if (started) this.#started(uuid);
    else if (!active) {
      this.#stopped(uuid);
      // Off, the definition for the next start counts; and a save left a saved state behind.
      this.refresh(uuid);
    } else if (effect.asksReason === true || (state === 'paused' && known.reason === 'restored'))
      // Restored and left paused on demand (virsh restore --paused): the event has a pause like any other, the host `migration`.
      this.refresh(uuid);
  }

  #changed(uuid: string): void {
    this.#patch(uuid, (domain) => ({ ...domain, changedAt: this.#deps.clock.now() }));
    this.#marks.ask(uuid);
  }

  #patch(uuid: string, change: (domain: Domain) => Domain): void {
    const known = this.#deps.store.domain(this.#session.id, uuid);
    if (known !== undefined) this.#deps.store.putDomain(change(known));
  }

  #remove(uuid: string): void {
    this.#refs.delete(uuid);
    this.#news.forget(uuid);
    this.#stopped(uuid);
    this.#deps.store.removeDomain(this.#session.id, uuid);
  }

  #readNext(): void {
    if (this.#abort.signal.aborted || this.#relisting) return;
    if (this.#toRead.size > RELIST_AT) {
      this.#relisting = true;
      this.#toRead.clear();
      void this.#relist().finally(() => {
        this.#relisting = false;
        this.#readNext();
      });
      return;
    }
    while (this.#reading.size < REREADS_IN_FLIGHT) {
      const next = this.#toRead.values().next();
      if (next.done === true) return;
      const uuid = next.value;
      this.#toRead.delete(uuid);
      this.#reading.set(uuid, false);
      void this.#readNow(uuid)
        .catch((error: unknown) => this.#fault(error))
        .finally(() => {
          const again = this.#reading.get(uuid) === true;
          this.#reading.delete(uuid);
          if (again) this.#toRead.add(uuid);
          this.#readNext();
        });
    }
  }

  async #listAll(options: { signal: AbortSignal }): Promise<void> {
    await this.#fillIn(await this.#list(options));
    this.#marks.askUnknown();
  }

  /** Lists until it succeeds: those who were to be read are told of by nothing else. */
  async #relist(): Promise<void> {
    const options = { signal: this.#abort.signal };
    while (!options.signal.aborted) {
      try {
        await this.#listAll(options);
        return;
      } catch (error) {
        this.#fault(error);
        await pause(this.#deps.clock, POLL_MS, options.signal);
      }
    }
  }

  async #readNow(uuid: string): Promise<void> {
    const host = this.#session.id;
    const ref = this.#refs.get(uuid) ?? { name: '', uuid: uuidFromString(uuid), id: -1 };
    const read = await readOne(this.#client, { host, uuid, ref }, { signal: this.#abort.signal });
    // Something happened since it was asked: the answer may be older than that, and it is asked again.
    if (this.#abort.signal.aborted || this.#reading.get(uuid) === true) return;
    if (read === null) {
      this.#remove(uuid);
      return;
    }
    const before = this.#deps.store.domain(host, uuid);
    this.#refs.set(uuid, read.ref);
    // Of one that was not in the list an event told, a moment ago.
    this.#deps.store.putDomain(withHistory(read.facts, before, this.#deps.clock.now()));
    this.#marks.ask(uuid);
    const runs = isActive(read.facts.state);
    if (before !== undefined && isActive(before.state) === runs) return;
    if (runs) this.#started(uuid);
    else this.#stopped(uuid);
  }

  async #readAddresses(uuid: string): Promise<boolean> {
    const dom = this.#refs.get(uuid);
    const domain = this.#deps.store.domain(this.#session.id, uuid);
    if (dom === undefined || domain === undefined || !isActive(domain.state)) return true;
    try {
      const addresses = await readBestAddresses(this.#client, dom, this.#abort.signal);
      this.#patch(uuid, (now) => (isActive(now.state) ? { ...now, addresses } : now));
      return addresses.length > 0;
    } catch (error) {
      this.#fault(error);
      return false;
    }
  }

  #known(): Domain[] {
    return this.#deps.store.domains(this.#session.id);
  }

  /** A lost link ends everything here by itself; what else fails belongs into the log. */
  #fault(error: unknown): void {
    if (!(error instanceof LinkError) && !this.#abort.signal.aborted) this.#deps.onFault(error);
  }
}
