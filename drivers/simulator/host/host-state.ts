import {
  virDomainEventDefinedDetailType as defined,
  virDomainEventType as lifecycle,
  virDomainEventUndefinedDetailType as undefinedDetail,
} from '../../libvirt/constants/index.ts';
import type { DomainRef } from '../../libvirt/protocol/structs.ts';
import { uuidToString } from '../../libvirt/uuid.ts';
import { domainDefinition } from '../descriptions/domain-definition.ts';
import { checkDefinition } from '../descriptions/check-definition.ts';
import { specFromDefinition } from '../descriptions/read-definition.ts';
import { failure } from '../failures.ts';
import { HostFigures } from '../figures/host-figures.ts';
import { planNetworks } from '../fleet/networks.ts';
import { POOL_PATH, type PlannedHost, type PlannedMachine } from '../fleet/plan.ts';
import type { MachineSpec } from '../fleet/spec.ts';
import { parseXml } from '../../xml/index.ts';
import { hashText, randomFrom, randomUuid } from '../random.ts';
import type { HostEvent } from './events.ts';
import type { MachineHost } from './machine-host.ts';
import { Machine } from './machine.ts';
import { guestMemory } from './guest-of.ts';
import { EVENTS } from './lifecycle-events.ts';
import { STATES } from './machine-state.ts';
import { Networks } from './networks.ts';
import { Storage, type Pool, type Volume } from './storage.ts';

const GIB = 2 ** 30;
const FIRST_PORT = 5900;
const HOST_UPTIME_SEC = 86 * 86_400;
/** What the host's own programs hold, and what it caches of files, as shares of its memory. */
const OWN_MEMORY = 0.03;
const CACHE_SHARE = 0.18;

/** Everything a simulated host has, without the connections to it. */
export class HostState {
  readonly name: string;
  readonly hostname: string;
  readonly plan: PlannedHost;
  readonly machines: Machine[] = [];
  readonly storage: Storage;
  readonly networks: Networks;
  readonly figures: HostFigures;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #machineHost: MachineHost;
  readonly #listeners = new Set<(event: HostEvent) => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #ports = new Set<number>();
  readonly #addresses: Map<string, string>;
  /** No port below it is free. */
  #lowestPort = FIRST_PORT;
  #nextId = 1;
  #nextNic = 0;
  #closed = false;

  /** `addresses`: of the fleet's cards by their MAC, as a guest keeps its own wherever it goes. */
  constructor(
    plan: PlannedHost,
    options: { seed: number; now: () => number; addresses: Map<string, string> },
  ) {
    this.plan = plan;
    this.#addresses = options.addresses;
    this.name = plan.name;
    this.hostname = `${plan.name}.demo`;
    this.#now = options.now;
    const seed = hashText(plan.name) ^ options.seed;
    this.#random = randomFrom(seed);
    const emit = (event: HostEvent) => this.emit(event);
    this.storage = new Storage(planPools(plan, this.#random), emit);
    this.networks = new Networks(planNetworks(this.#random), {
      emit,
      newUuid: () => randomUuid(this.#random),
    });
    this.figures = new HostFigures({ cpus: plan.cpus, seed, now: options.now(), uptimeSec: HOST_UPTIME_SEC });
    this.#machineHost = this.#createMachineHost(seed);
    for (const planned of plan.machines) {
      for (const { mac, address } of planned.spec.nics) this.#addresses.set(mac, address);
      this.machines.push(placeMachine(this.#machineHost, planned));
    }
  }

  now(): number {
    return this.#now();
  }

  emit(event: HostEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  listen(listener: (event: HostEvent) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** @throws {LibvirtError} VIR_ERR_NO_DOMAIN */
  machine(ref: { uuid: Uint8Array; name?: string }): Machine {
    const found = this.findMachine(ref);
    if (found !== null) return found;
    const named = ref.name === undefined ? '' : ` (${ref.name})`;
    throw failure('VIR_ERR_NO_DOMAIN', `no domain with matching uuid '${uuidToString(ref.uuid)}'${named}`);
  }

  findMachine(ref: { uuid: Uint8Array }): Machine | null {
    return this.machines.find(({ spec }) => sameUuid(spec.uuid, ref.uuid)) ?? null;
  }

  machineByName(name: string): Machine {
    const found = this.machines.find(({ spec }) => spec.name === name);
    if (found === undefined) throw failure('VIR_ERR_NO_DOMAIN', `no domain with matching name '${name}'`);
    return found;
  }

  machineById(id: number): Machine {
    const found = this.machines.find((machine) => machine.isActive && machine.ref.id === id);
    if (found === undefined) throw failure('VIR_ERR_NO_DOMAIN', `no domain with matching id ${id}`);
    return found;
  }

  machineByPort(port: number): Machine | null {
    return this.machines.find((machine) => machine.graphicsPort === port) ?? null;
  }

  /** virDomainDefineXML: a new machine, or a new definition of one that is there. */
  define(xml: string): Machine {
    const { spec, known } = this.#readDefinition(xml);
    if (known === null) {
      const machine = this.#add(spec, xml, true);
      this.#definedEvent(machine, defined.VIR_DOMAIN_EVENT_DEFINED_ADDED);
      return machine;
    }
    known.redefine({ ...spec, load: known.spec.load }, withUuid(xml, spec.uuid));
    this.#definedEvent(known, defined.VIR_DOMAIN_EVENT_DEFINED_UPDATED);
    return known;
  }

  /** virDomainCreateXML: a machine without a definition, or one that runs by another text than its own. */
  create(xml: string, options: { paused: boolean }): Machine {
    const { spec, known } = this.#readDefinition(xml);
    if (known?.isActive === true)
      throw failure(
        'VIR_ERR_OPERATION_INVALID',
        `domain '${spec.name}' is already active`,
        'VIR_FROM_DOMAIN',
      );
    if (known !== null) {
      known.startAs({ ...spec, load: known.spec.load }, withUuid(xml, spec.uuid), options);
      return known;
    }
    const machine = this.#add(spec, xml, false);
    try {
      machine.start(options);
    } catch (error) {
      this.#remove(machine);
      throw error;
    }
    return machine;
  }

  /** A machine that comes by migration: it waits, and has no definition. */
  receive(xml: string): Machine {
    const { spec, known } = this.#readDefinition(xml);
    if (known !== null)
      throw failure('VIR_ERR_OPERATION_FAILED', `domain '${spec.name}' already exists`, 'VIR_FROM_DOMAIN');
    for (const { path } of spec.disks) if (path !== null) this.storage.requireFile(path);
    const machine = this.#add(spec, xml, false);
    // Its guest has long been up.
    machine.place(STATES.pausedByMigration, 3600);
    machine.become(STATES.pausedByMigration, EVENTS.arriving);
    return machine;
  }

  /** virDomainUndefineFlags, after its flags were checked. */
  undefine(machine: Machine): void {
    machine.managedSave = false;
    machine.persistent = false;
    machine.autostart = false;
    const event = lifecycle.VIR_DOMAIN_EVENT_UNDEFINED;
    const detail = undefinedDetail.VIR_DOMAIN_EVENT_UNDEFINED_REMOVED;
    this.emit({ type: 'lifecycle', dom: machine.ref, event, detail });
    if (!machine.isActive) this.#remove(machine);
  }

  /** Brings the host's CPU counters, and with them those of all its machines, to the present. */
  advance(): void {
    let guestNs = 0;
    for (const machine of this.machines) {
      machine.advance();
      if (machine.isActive) guestNs += machine.figures.cpuNs;
    }
    this.figures.advance(this.#now(), guestNs);
  }

  /** The host's memory in KiB. */
  memory(): { total: number; free: number; buffers: number; cached: number } {
    const now = this.#now();
    const total = this.plan.memoryKiB;
    let guests = 0;
    for (const machine of this.machines)
      if (machine.isActive) {
        const { usedKiB, cacheKiB } = guestMemory(machine, now);
        guests += usedKiB + cacheKiB;
      }
    const used = Math.min(total * 0.95, guests + total * OWN_MEMORY);
    const cached = Math.min(total * CACHE_SHARE, (total - used) * 0.8);
    const buffers = Math.min(total * 0.002, (total - used - cached) * 0.1);
    return {
      total,
      free: Math.floor(total - used - cached - buffers),
      buffers: Math.floor(buffers),
      cached: Math.floor(cached),
    };
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const machine of this.machines) machine.dispose();
    this.#listeners.clear();
  }

  #createMachineHost(seed: number): MachineHost {
    return {
      seed,
      now: () => this.#now(),
      emit: (event) => this.emit(event),
      later: (milliseconds, action) => this.later(milliseconds, action),
      allocate: (nics) => this.#allocate(nics),
      release: (port) => {
        this.#ports.delete(port);
        this.#lowestPort = Math.min(this.#lowestPort, port);
      },
      forget: (machine) => this.#remove(machine),
      requireFile: (path) => this.storage.requireFile(path),
    };
  }

  #addressOf(mac: string): string {
    const address = this.#addresses.get(mac) ?? `192.168.122.${100 + Math.floor(this.#random() * 150)}`;
    this.#addresses.set(mac, address);
    return address;
  }

  /** What a text defines, and the machine of that UUID. @throws {LibvirtError} also when a name or a UUID is another machine's */
  #readDefinition(xml: string): { spec: MachineSpec; known: Machine | null } {
    checkDefinition(xml);
    const spec = specFromDefinition(xml, {
      newUuid: () => randomUuid(this.#random),
      address: (mac) => this.#addressOf(mac),
    });
    const known = this.findMachine(spec);
    if (known !== null && known.spec.name !== spec.name)
      throw failure(
        'VIR_ERR_OPERATION_FAILED',
        `domain '${known.spec.name}' is already defined with uuid ${uuidToString(spec.uuid)}`,
        'VIR_FROM_DOMAIN',
      );
    const named = this.machines.find((machine) => machine.spec.name === spec.name);
    if (known === null && named !== undefined)
      throw failure(
        'VIR_ERR_OPERATION_FAILED',
        `domain '${spec.name}' already exists with uuid ${uuidToString(named.spec.uuid)}`,
        'VIR_FROM_DOMAIN',
      );
    return { spec, known };
  }

  #add(spec: MachineSpec, xml: string, persistent: boolean): Machine {
    const definition = withUuid(xml, spec.uuid);
    const machine = new Machine(this.#machineHost, { spec, definition, persistent });
    this.machines.push(machine);
    return machine;
  }

  #definedEvent(machine: Machine, detail: number): void {
    this.emit({ type: 'lifecycle', dom: machine.ref, event: lifecycle.VIR_DOMAIN_EVENT_DEFINED, detail });
  }

  #remove(machine: Machine): void {
    const index = this.machines.indexOf(machine);
    if (index >= 0) this.machines.splice(index, 1);
    machine.dispose();
  }

  /** Does something later, unless the host is closed or the returned function called first. */
  later(milliseconds: number, action: () => void): () => void {
    if (this.#closed) return () => {};
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  #allocate(nics: number): { id: number; port: number; nicTargets: string[] } {
    let port = this.#lowestPort;
    while (this.#ports.has(port)) port += 1;
    this.#ports.add(port);
    this.#lowestPort = port + 1;
    const nicTargets = Array.from({ length: nics }, () => `vnet${this.#nextNic++}`);
    return { id: this.#nextId++, port, nicTargets };
  }
}

export function domainRefs(machines: readonly Machine[]): DomainRef[] {
  return machines.map((machine) => machine.ref);
}

function sameUuid(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** libvirt gives a machine its UUID where the definition has none. */
function withUuid(xml: string, uuid: Uint8Array): string {
  const document = parseXml(xml);
  const name = document.root.find('name');
  if (name === null || document.root.find('uuid') !== null) return xml;
  document.insertAfter(name, { name: 'uuid', text: uuidToString(uuid) });
  return document.toString();
}

function placeMachine(host: MachineHost, planned: PlannedMachine): Machine {
  const { spec } = planned;
  const machine = new Machine(host, { spec, definition: domainDefinition(spec), persistent: true });
  machine.autostart = planned.autostart;
  machine.managedSave = planned.state === 'saved';
  if (planned.state === 'running') machine.place(STATES.booted, planned.uptimeSec);
  else if (planned.state === 'paused') machine.place(STATES.pausedByUser, planned.uptimeSec);
  else if (planned.state === 'ioerror') machine.place(STATES.pausedByIoError, planned.uptimeSec);
  return machine;
}

function planPools(plan: PlannedHost, random: () => number): Pool[] {
  const images = plan.machines.flatMap(({ spec }) =>
    spec.disks.flatMap((disk): Volume[] =>
      disk.path === null
        ? []
        : [
            {
              name: disk.path.slice(POOL_PATH.length + 1),
              path: disk.path,
              format: disk.format,
              capacityBytes: disk.capacityBytes,
              allocationBytes: disk.allocationBytes,
            },
          ],
    ),
  );
  const isos = ['debian-12.7.0-amd64-netinst.iso', 'ubuntu-24.04.1-live-server-amd64.iso', 'virtio-win.iso'];
  const pool = (name: string, path: string, volumes: Volume[]): Pool => ({
    name,
    uuid: randomUuid(random),
    path,
    capacityBytes: 8000 * GIB,
    active: true,
    autostart: true,
    volumes: new Map(volumes.map((volume) => [volume.name, volume])),
  });
  return [
    pool('default', POOL_PATH, images),
    pool(
      'iso',
      '/srv/iso',
      isos.map((name, index): Volume => {
        const size = Math.round((0.7 + index) * GIB);
        return { name, path: `/srv/iso/${name}`, format: 'iso', capacityBytes: size, allocationBytes: size };
      }),
    ),
    { ...pool('archive', '/srv/archive', []), active: false, autostart: false },
  ];
}
