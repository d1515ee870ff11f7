import {
  virConnectListAllDomainsFlags,
  virDomainBlockStats as Block,
  virDomainMemoryStatTags as Memory,
} from '../../drivers/libvirt/constants/index.ts';
import { readDomain } from '../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import { getNumber, typedParamsToMap } from '../../drivers/libvirt/typed-params.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';
import { XmlError } from '../../drivers/xml/index.ts';
import { isUnsupported, type StatsClient, type StatsRemote } from './client.ts';
import {
  NO_MEMORY,
  type DiskSample,
  type DomainSample,
  type MemorySample,
  type NicSample,
} from './sample.ts';

/** As many calls as a connection has under way at once (drivers/rpc/window.ts): one more machine at a time would only wait there. */
const MACHINES_AT_ONCE = 4;
/** As many tags as libvirt may tell (REMOTE_DOMAIN_MEMORY_STATS_MAX). */
const MAX_MEMORY_STATS = 1024;

interface Devices {
  readonly id: number;
  readonly disks: readonly string[];
  readonly nics: readonly string[];
}

/** Reads running machines one by one, for drivers without the call for all. What a driver has not got is asked for once. */
export class EachMachineReader {
  readonly #remote: StatsRemote;
  readonly #devices = new Map<string, Devices>();
  readonly #missing = new Set<string>();
  #blockCount: number | null = null;

  constructor(client: StatsClient) {
    this.#remote = client.remote;
  }

  forget(uuid: string): void {
    this.#devices.delete(uuid);
  }

  async read(options: CallOptions): Promise<DomainSample[]> {
    const flags = virConnectListAllDomainsFlags.VIR_CONNECT_LIST_DOMAINS_ACTIVE;
    const { domains } = await this.#remote.connectListAllDomains({ needResults: 1, flags }, options);
    this.#forgetOthers(domains);
    const samples: DomainSample[] = [];
    const waiting = domains[Symbol.iterator]();
    const worker = async (): Promise<void> => {
      for (const dom of waiting) {
        const sample = await this.#unlessGone(() => this.#machine(dom, options));
        if (sample !== null) samples.push(sample);
      }
    };
    await Promise.all(Array.from({ length: MACHINES_AT_ONCE }, worker));
    return samples;
  }

  async #machine(dom: DomainRef, options: CallOptions): Promise<DomainSample> {
    const info = await this.#remote.domainGetInfo({ dom }, options);
    const memory = await this.#ask('memory', () => this.#memory(dom, options));
    const { disks, nics } = await this.#devicesOf(dom, options);
    const diskSamples: DiskSample[] = [];
    for (const name of disks) {
      const sample = await this.#ask('block', () => this.#disk(dom, name, options));
      if (sample !== null) diskSamples.push(sample);
    }
    const nicSamples: NicSample[] = [];
    for (const name of nics) {
      const sample = await this.#ask('interface', () => this.#nic(dom, name, options));
      if (sample !== null) nicSamples.push(sample);
    }
    return {
      uuid: uuidToString(dom.uuid),
      name: dom.name,
      id: dom.id,
      state: info.state,
      vcpuCount: info.nrVirtCpu > 0 ? info.nrVirtCpu : null,
      cpuTimeNs: Number(info.cpuTime),
      vcpus: [],
      memory: { ...(memory ?? NO_MEMORY), currentKiB: Number(info.memory), maximumKiB: Number(info.maxMem) },
      disks: diskSamples,
      nics: nicSamples,
    };
  }

  async #memory(dom: DomainRef, options: CallOptions): Promise<MemorySample> {
    const args = { dom, maxStats: MAX_MEMORY_STATS, flags: 0 };
    const { stats } = await this.#remote.domainMemoryStats(args, options);
    const values = new Map(stats.map(({ tag, val }) => [tag, Number(val)]));
    const of = (tag: number): number | null => values.get(tag) ?? null;
    return {
      ...NO_MEMORY,
      availableKiB: of(Memory.VIR_DOMAIN_MEMORY_STAT_AVAILABLE),
      unusedKiB: of(Memory.VIR_DOMAIN_MEMORY_STAT_UNUSED),
      usableKiB: of(Memory.VIR_DOMAIN_MEMORY_STAT_USABLE),
      cachesKiB: of(Memory.VIR_DOMAIN_MEMORY_STAT_DISK_CACHES),
      rssKiB: of(Memory.VIR_DOMAIN_MEMORY_STAT_RSS),
      swapInKiB: of(Memory.VIR_DOMAIN_MEMORY_STAT_SWAP_IN),
      swapOutKiB: of(Memory.VIR_DOMAIN_MEMORY_STAT_SWAP_OUT),
      majorFaults: of(Memory.VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT),
      minorFaults: of(Memory.VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT),
      lastUpdateSec: of(Memory.VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE),
    };
  }

  async #disk(dom: DomainRef, name: string, options: CallOptions): Promise<DiskSample> {
    const ask = (nparams: number): ReturnType<StatsRemote['domainBlockStatsFlags']> =>
      this.#remote.domainBlockStatsFlags({ dom, path: name, nparams, flags: 0 }, options);
    this.#blockCount ??= (await ask(0)).nparams;
    const fields = typedParamsToMap((await ask(this.#blockCount)).params);
    const of = (field: string): number | null => known(getNumber(fields, field));
    return {
      name,
      readRequests: of(Block.VIR_DOMAIN_BLOCK_STATS_READ_REQ),
      readBytes: of(Block.VIR_DOMAIN_BLOCK_STATS_READ_BYTES),
      readTimeNs: of(Block.VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES),
      writeRequests: of(Block.VIR_DOMAIN_BLOCK_STATS_WRITE_REQ),
      writeBytes: of(Block.VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES),
      writeTimeNs: of(Block.VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES),
      flushRequests: of(Block.VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ),
      capacityBytes: null,
      allocationBytes: null,
    };
  }

  async #nic(dom: DomainRef, name: string, options: CallOptions): Promise<NicSample> {
    const stats = await this.#remote.domainInterfaceStats({ dom, device: name }, options);
    return {
      name,
      inBytes: known(Number(stats.rxBytes)),
      inPackets: known(Number(stats.rxPackets)),
      inErrors: known(Number(stats.rxErrs)),
      inDrops: known(Number(stats.rxDrop)),
      outBytes: known(Number(stats.txBytes)),
      outPackets: known(Number(stats.txPackets)),
      outErrors: known(Number(stats.txErrs)),
      outDrops: known(Number(stats.txDrop)),
    };
  }

  async #devicesOf(dom: DomainRef, options: CallOptions): Promise<Devices> {
    const uuid = uuidToString(dom.uuid);
    const cached = this.#devices.get(uuid);
    if (cached?.id === dom.id) return cached;
    const devices = await this.#readDevices(dom, options);
    this.#devices.set(uuid, devices);
    return devices;
  }

  async #readDevices(dom: DomainRef, options: CallOptions): Promise<Devices> {
    try {
      const model = readDomain((await this.#remote.domainGetXmlDesc({ dom, flags: 0 }, options)).xml);
      return {
        id: dom.id,
        // An empty drive has no figures.
        disks: model.disks.flatMap((disk) => (disk.source === null ? [] : [disk.target])),
        nics: model.nics.flatMap((nic) => nic.target ?? []),
      };
    } catch (error) {
      // Refused, or not XML: the machine's own figures are worth having without its devices'.
      if (!(error instanceof XmlError) && !(error instanceof LibvirtError)) throw error;
      return { id: dom.id, disks: [], nics: [] };
    }
  }

  /** Null when the driver has no such call (then it is not asked again) or refuses it for this machine. */
  async #ask<T>(what: string, call: () => Promise<T>): Promise<T | null> {
    if (this.#missing.has(what)) return null;
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error;
      if (isUnsupported(error)) this.#missing.add(what);
      return null;
    }
  }

  /** Null when the host refuses: the machine has stopped since it was listed. */
  async #unlessGone<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof LibvirtError) return null;
      throw error;
    }
  }

  #forgetOthers(domains: readonly DomainRef[]): void {
    const listed = new Set(domains.map((dom) => uuidToString(dom.uuid)));
    for (const uuid of this.#devices.keys()) if (!listed.has(uuid)) this.#devices.delete(uuid);
  }
}

/** libvirt tells -1 for a figure that it has not got. */
function known(value: number | null): number | null {
  return value === null || value < 0 ? null : value;
}
