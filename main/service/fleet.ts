import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import type { DomainRef as WireDomain } from '../../drivers/libvirt/protocol/structs.ts';
import type { Domain, DomainRef } from '../contract/domain.ts';
import type { Host } from '../contract/host.ts';
import type { Clock } from '../hosts/clock.ts';
import { FailureError } from '../hosts/failures.ts';
import { readHostInfo } from '../hosts/host-info.ts';
import type { HostLink, OpenLink } from '../hosts/link.ts';
import { HostManager } from '../hosts/manager.ts';
import { lastHeardOf } from '../hosts/open-client.ts';
import type { HostSession } from '../hosts/session.ts';
import type { HostTarget } from '../hosts/target.ts';
import { HostInventory } from '../inventory/host-inventory.ts';
import { InventoryStore } from '../inventory/store.ts';
import { ActivityLog } from '../jobs/activity.ts';
import type { Secrets } from '../settings/secrets.ts';

/** What the figures want to know of hosts and machines; StatsHub is one. */
export interface SessionListener {
  hostConnected(id: string, session: HostSession): void;
  hostAway(id: string): void;
  hostRemoved(id: string): void;
  domainChanged(hostId: string, uuid: string, running: boolean): void;
}

export interface FleetOptions {
  clock: Clock;
  random: () => number;
  openLink: OpenLink;
  openClient: (link: HostLink, target: HostTarget, signal?: AbortSignal) => Promise<LibvirtClient>;
  secrets: Secrets;
  listener: SessionListener;
  /** A host was reached. */
  onReached: (id: string) => void;
  /** A host told how it calls itself. */
  onHostname: (id: string, hostname: string) => void;
  /** A secret that should be remembered could not be kept. */
  onNotKept: (error: unknown) => void;
  onFault: (what: string, error: unknown) => void;
}

/** A machine and the way to it, for one call. */
export interface Machine {
  host: Host;
  session: HostSession;
  domain: Domain;
  /** How libvirt's calls name it. */
  dom: WireDomain;
  inventory: HostInventory;
}

/** Hosts, their sessions and what is known of their machines, wired together. */
export class Fleet {
  readonly store: InventoryStore;
  readonly activity: ActivityLog;
  readonly hosts: HostManager;
  readonly #options: FleetOptions;
  readonly #awaited = new Set<{ id: string; resolve: () => void }>();
  readonly #inventories = new Map<string, { session: HostSession; inventory: HostInventory }>();

  constructor(options: FleetOptions) {
    this.#options = options;
    this.store = new InventoryStore(options.clock);
    this.activity = new ActivityLog(options.clock);
    const { clock, random, openLink, openClient, secrets, onNotKept } = options;
    this.hosts = new HostManager({
      clock,
      random,
      openLink,
      openClient,
      secrets,
      publish: (host) => this.#publish(host),
      opened: (session, signal) => this.#opened(session, signal),
      lost: (session) => this.#lost(session),
      lastHeard: lastHeardOf,
      isOwed: (client) => client.load.inFlight > 0,
      onNotKept,
      onFault: (error) => options.onFault('hosts', error),
    });
  }

  /**
   * @throws FailureError NOT_FOUND for an unknown host or machine, HOST_UNREACHABLE while the host is not connected
   */
  machine(ref: DomainRef): Machine {
    const { host } = this.hosts.connection(ref.host);
    const session = this.hosts.session(ref.host);
    const inventory = this.#inventories.get(ref.host)?.inventory;
    const domain = this.store.domain(ref.host, ref.uuid);
    const dom = inventory?.reference(ref.uuid);
    if (domain === undefined || dom === undefined || inventory === undefined)
      throw new FailureError({
        code: 'NOT_FOUND',
        message: `${host.name} has no such machine (any more).`,
        host: { id: host.id, name: host.name },
      });
    return { host, session, domain, dom, inventory };
  }

  /** How calls name a machine; undefined while the host is not connected, or the machine not known. */
  reference(host: string, uuid: string): WireDomain | undefined {
    return this.#inventories.get(host)?.inventory.reference(uuid);
  }

  /** Reads a machine again, after a change that no event tells; a host that has gone lists it anew when it is back. */
  readAgain(host: string, uuid: string): void {
    this.#inventories.get(host)?.inventory.refresh(uuid);
  }

  /** What a person set for a host's figures has changed: it counts from now on. */
  renewFigures(id: string): void {
    const { session } = this.hosts.connection(id);
    if (session !== null) this.#options.listener.hostConnected(id, session);
  }

  /**
   * Resolves when the host is connected, at once when it is; when it is taken out of the list (a call to it then says so); or when the signal
   * is aborted.
   */
  connected(id: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.store.host(id)?.state === 'connected') return Promise.resolve();
    return new Promise((resolve) => {
      const wait = { id, resolve: () => done() };
      const done = (): void => {
        this.#awaited.delete(wait);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#awaited.add(wait);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Forgets a host and what is known of its machines. */
  async remove(id: string): Promise<void> {
    await this.hosts.remove(id);
    this.store.removeHost(id);
    this.#options.listener.hostRemoved(id);
    for (const wait of this.#awaited) if (wait.id === id) wait.resolve();
  }

  async close(): Promise<void> {
    await this.hosts.close();
    this.store.dispose();
    this.activity.dispose();
  }

  #publish(host: Host): void {
    const before = this.store.host(host.id);
    this.store.putHost(host);
    if (before?.state === host.state) return;
    this.#tell(host, before);
    if (host.state !== 'connected') return;
    // The list that somebody waits for is told at once and not with the next tick.
    this.store.flush();
    const session = this.hosts.session(host.id);
    this.#options.listener.hostConnected(host.id, session);
    this.#options.onReached(host.id);
    void this.#readInfo(session);
    for (const wait of this.#awaited) if (wait.id === host.id) wait.resolve();
  }

  /** A line in the drawer for what happened to a host, not for every step on the way. */
  #tell(host: Host, before: Host | undefined): void {
    const line = {
      host: host.id,
      uuid: null,
      name: host.name,
      kind: 'host',
      detail: host.failure?.message ?? '',
    };
    if (host.state === 'connected') this.activity.add({ ...line, event: 'connected', severity: 'info' });
    if (host.state === 'away' && before?.state === 'connected')
      this.activity.add({ ...line, event: 'away', severity: 'warning' });
    if (host.state === 'failed') this.activity.add({ ...line, event: 'failed', severity: 'error' });
  }

  async #opened(session: HostSession, signal: AbortSignal): Promise<void> {
    const { clock, listener, onFault } = this.#options;
    const { id } = session;
    const inventory = new HostInventory(session, {
      clock,
      store: this.store,
      activity: this.activity,
      onRunning: (uuid, running) => listener.domainChanged(id, uuid, running),
      onFault: (error) => onFault(`inventory of ${session.name}`, error),
    });
    this.#inventories.set(id, { session, inventory });
    // The inventory registers both with the host; they live as long as the client.
    for (const name of ['domainEventCallbackDeviceAdded', 'domainEventCallbackDeviceRemoved'] as const)
      session.client.on(name, ({ dom }) => listener.domainChanged(id, uuidToString(dom.uuid), true));
    await inventory.open(signal);
  }

  async #readInfo(session: HostSession): Promise<void> {
    try {
      const info = await readHostInfo(session.client, {});
      if (!this.hosts.has(session.id) || this.hosts.connection(session.id).session !== session) return;
      // The name first: who waits for the facts finds the host called as it will be.
      this.#options.onHostname(session.id, info.hostname);
      this.hosts.connection(session.id).setInfo(session, info);
    } catch {
      // The link was lost: it is read again after the next opening.
    }
  }

  #lost(session: HostSession): void {
    const open = this.#inventories.get(session.id);
    if (open?.session !== session) return;
    open.inventory.dispose();
    this.#inventories.delete(session.id);
    this.#options.listener.hostAway(session.id);
  }
}
