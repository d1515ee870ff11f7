import { registerNetworkEvent, registerNodeDeviceEvent } from '../../drivers/libvirt/object-events.ts';
import type { NicModel } from '../../drivers/libvirt/model/nic.ts';
import type { FilterModel } from '../../drivers/libvirt/model/nwfilter.ts';
import type { DomainRef as WireDomain } from '../../drivers/libvirt/protocol/structs.ts';
import type { Registration } from '../../drivers/libvirt/registration.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { LibvirtError, LinkError } from '../../drivers/rpc/errors.ts';
import type { Domain } from '../contract/domain.ts';
import { givesLeases, type Lease, type Network, type NetworkMessage } from '../contract/network.ts';
import type { Clock } from '../hosts/clock.ts';
import type { HostSession } from '../hosts/session.ts';
import { inPool } from '../inventory/pool.ts';
import { Mailbox } from './mailbox.ts';
import { readCards } from './read-cards.ts';
import { readFilters } from './read-filters.ts';
import { readInterfaces, type InterfaceFacts } from './read-interfaces.ts';
import { readLeases, readNetworks, type NetworkFacts } from './read-networks.ts';
import { filterWithUsers, usableInterfaces, usersOf, type CardsOf } from './users.ts';

/** DHCP tells no one: leases are read again at this pace. */
const LEASES_MS = 5000;
/** Neither do changes of filters, of autostart, and updates by others: everything is read again at every so many looks at the leases. */
const EVERYTHING_AT = 6;
/** Events come in swarms, as when a network is started. */
const SETTLE_MS = 40;
/** Machines whose XML is read at the same time; the rest of the five calls stay free for a person. */
const CARDS_IN_FLIGHT = 3;

type Part = 'networks' | 'leases' | 'interfaces' | 'filters';

export interface HostNetworksDeps {
  clock: Clock;
  session: HostSession;
  /** The host's machines as they are now. */
  domains: () => Domain[];
  /** How calls name a machine. */
  reference: (uuid: string) => WireDomain | undefined;
  onFault: (error: unknown) => void;
}

/** Networks, devices and filters of one open session, kept true while somebody looks. */
export class HostNetworks {
  readonly #deps: HostNetworksDeps;
  readonly #abort = new AbortController();
  readonly #ends: (() => void)[] = [];
  readonly #readers = new Set<Mailbox<NetworkMessage>>();
  #networks: NetworkFacts[] = [];
  #interfaces: InterfaceFacts[] = [];
  #filters: FilterModel[] = [];
  readonly #leases = new Map<string, Lease[]>();
  readonly #cards = new Map<string, readonly NicModel[]>();
  /** What the readers know, by subject. */
  readonly #told = new Map<string, { text: string; message: NetworkMessage }>();
  readonly #stale = new Set<Part>();
  readonly #staleMachines = new Map<string, WireDomain>();
  #looks = 0;
  #reading = false;
  #takeBack: () => void = () => undefined;
  #takeLookBack: () => void = () => undefined;

  constructor(deps: HostNetworksDeps) {
    this.#deps = deps;
  }

  /**
   * Listens, and reads the networks. Their users come after, with all the rest: where there are a thousand machines that takes seconds.
   * @throws LibvirtError when the host refuses its networks, LinkError
   */
  async open(): Promise<void> {
    await this.#listen();
    for (const domain of this.#deps.domains()) {
      const dom = this.#deps.reference(domain.uuid);
      if (dom !== undefined) this.#staleMachines.set(domain.uuid, dom);
    }
    const options = { signal: this.#abort.signal };
    this.#networks = (await readNetworks(this.#deps.session.client, options)) ?? [];
    for (const part of ['leases', 'interfaces', 'filters'] as const) this.#stale.add(part);
    this.#lookAgain();
    this.#reading = true;
    void this.#readNow();
  }

  dispose(): void {
    this.#abort.abort();
    this.#takeBack();
    this.#takeLookBack();
    for (const end of this.#ends.splice(0)) end();
    for (const reader of this.#readers) reader.close();
  }

  /** Everything as it is, then what changes. */
  join(): { mailbox: Mailbox<NetworkMessage>; leave: () => void } {
    const mailbox = new Mailbox<NetworkMessage>();
    mailbox.put('networks', { type: 'networks', networks: this.networks() });
    for (const [subject, { message }] of this.#told)
      if (message.type !== 'network') mailbox.put(subject, message);
    this.#readers.add(mailbox);
    return { mailbox, leave: () => this.#readers.delete(mailbox) };
  }

  networks(): Network[] {
    const machines = this.#machines();
    return this.#networks.map((facts) => this.#network(facts, machines));
  }

  /** Reads networks, and what hangs on them, again: after a change of ours that no event tells. */
  refresh(): void {
    this.#mark('networks', 'leases', 'interfaces');
  }

  async #listen(): Promise<void> {
    const { client } = this.#deps.session;
    const machine = ({ dom }: { dom: WireDomain }): void => {
      this.#staleMachines.set(uuidToString(dom.uuid), dom);
      this.#later();
    };
    const subscriptions = [
      client.on('domainEventCallbackLifecycle', machine),
      client.on('domainEventCallbackDeviceAdded', machine),
      client.on('domainEventCallbackDeviceRemoved', machine),
    ];
    this.#ends.push(...subscriptions.map((one) => () => one.dispose()));
    await this.#register(
      registerNetworkEvent(client, { eventId: 0, of: null }, () =>
        this.#mark('networks', 'leases', 'interfaces'),
      ),
    );
    await this.#register(
      registerNodeDeviceEvent(client, { eventId: 0, of: null }, () => this.#mark('interfaces')),
    );
  }

  /** Drivers without such events are looked at again and again all the same. */
  async #register(registering: Promise<Registration>): Promise<void> {
    try {
      const registration = await registering;
      const end = (): void => void registration.dispose().catch(() => undefined);
      if (this.#abort.signal.aborted) end();
      else this.#ends.push(end);
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error;
    }
  }

  #mark(...parts: Part[]): void {
    for (const part of parts) this.#stale.add(part);
    this.#later();
  }

  #lookAgain(): void {
    this.#takeLookBack = this.#deps.clock.setTimer(() => {
      this.#looks += 1;
      this.#mark('leases');
      if (this.#looks % EVERYTHING_AT === 0) this.#mark('networks', 'interfaces', 'filters');
      this.#lookAgain();
    }, LEASES_MS);
  }

  #later(): void {
    if (this.#reading || this.#abort.signal.aborted) return;
    if (this.#stale.size + this.#staleMachines.size === 0) return;
    this.#reading = true;
    this.#takeBack = this.#deps.clock.setTimer(() => void this.#readNow(), SETTLE_MS);
  }

  async #readNow(): Promise<void> {
    try {
      await this.#readStale();
    } catch (error) {
      // A lost link ends all of this by itself; what else fails is tried again with the next look.
      if (!(error instanceof LinkError) && !this.#abort.signal.aborted) this.#deps.onFault(error);
    } finally {
      this.#reading = false;
    }
    this.#later();
  }

  async #readStale(): Promise<void> {
    const { client } = this.#deps.session;
    const options = { signal: this.#abort.signal };
    const stale = new Set(this.#stale);
    const machines = [...this.#staleMachines];
    this.#stale.clear();
    this.#staleMachines.clear();
    if (stale.has('networks')) this.#networks = (await readNetworks(client, options)) ?? [];
    await inPool(machines, CARDS_IN_FLIGHT, async ([uuid, dom]) => {
      const cards = await readCards(client, dom, options);
      if (cards === null) this.#cards.delete(uuid);
      else this.#cards.set(uuid, cards);
    });
    if (stale.has('leases') || stale.has('networks')) await this.#readLeases(options);
    if (stale.has('interfaces')) this.#interfaces = (await readInterfaces(client, options)) ?? [];
    if (stale.has('filters')) this.#filters = await readFilters(client, options);
    this.#tell();
  }

  async #readLeases(options: { signal: AbortSignal }): Promise<void> {
    const giving = this.#networks.filter(givesLeases);
    const kept = new Set(giving.map(({ uuid }) => uuid));
    for (const uuid of this.#leases.keys()) if (!kept.has(uuid)) this.#leases.set(uuid, []);
    for (const { uuid, ref } of giving)
      this.#leases.set(uuid, await readLeases(this.#deps.session.client, ref, options));
  }

  #machines(): CardsOf[] {
    return this.#deps.domains().flatMap((domain) => {
      const cards = this.#cards.get(domain.uuid);
      return cards === undefined ? [] : [{ domain, cards }];
    });
  }

  #network({ ref: _ref, ...facts }: NetworkFacts, machines: readonly CardsOf[]): Network {
    const leases = this.#leases.get(facts.uuid) ?? [];
    return { ...facts, host: this.#deps.session.id, users: usersOf(facts.name, machines, leases) };
  }

  /** Sends what differs from what the readers know; the first time, all networks at once with their users. */
  #tell(): void {
    const machines = this.#machines();
    const first = this.#told.size === 0;
    if (first)
      for (const reader of this.#readers)
        reader.put('networks', { type: 'networks', networks: this.networks() });
    const there = new Set(this.#networks.map(({ uuid }) => uuid));
    for (const facts of this.#networks)
      this.#put(`network ${facts.uuid}`, { type: 'network', network: this.#network(facts, machines) }, first);
    for (const subject of this.#told.keys()) {
      const uuid = subject.startsWith('network ') ? subject.slice('network '.length) : null;
      if (uuid === null || there.has(uuid)) continue;
      this.#told.delete(subject);
      this.#told.delete(`leases ${uuid}`);
      this.#leases.delete(uuid);
      for (const reader of this.#readers) reader.put(subject, { type: 'networkRemoved', uuid });
    }
    const interfaces = usableInterfaces(this.#interfaces, this.#networks, machines);
    this.#put('interfaces', { type: 'interfaces', interfaces });
    const filters = this.#filters.map((filter) => filterWithUsers(filter, machines));
    this.#put('filters', { type: 'filters', filters });
    for (const [network, leases] of this.#leases)
      this.#put(`leases ${network}`, { type: 'leases', network, leases });
  }

  #put(subject: string, message: NetworkMessage, quietly = false): void {
    const text = JSON.stringify(message);
    if (this.#told.get(subject)?.text === text) return;
    this.#told.set(subject, { text, message });
    if (quietly) return;
    for (const reader of this.#readers) reader.put(subject, message);
  }
}
