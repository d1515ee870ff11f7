import {
  virConnectGetAllDomainStatsFlags as Flags,
  virDomainStatsTypes as Types,
  virNodeGetCPUStatsAllCPUs,
  virNodeGetMemoryStatsAllCells,
} from '../../drivers/libvirt/constants/index.ts';
import type { NodeFigure } from '../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';
import { isBadFlag, isUnsupported, type StatsClient } from './client.ts';
import { EachMachineReader } from './each-machine.ts';
import { nodeFigures, type HostSample } from './host-figures.ts';
import { BulkReplyDecoder } from './parse-bulk.ts';
import type { DomainSample } from './sample.ts';

const GROUPS =
  Types.VIR_DOMAIN_STATS_STATE |
  Types.VIR_DOMAIN_STATS_CPU_TOTAL |
  Types.VIR_DOMAIN_STATS_BALLOON |
  Types.VIR_DOMAIN_STATS_VCPU |
  Types.VIR_DOMAIN_STATS_INTERFACE |
  Types.VIR_DOMAIN_STATS_BLOCK;

/** The host's own counters, in the way its driver gave them last. */
type NodeCall = (nparams: number) => Promise<{ params: NodeFigure[]; nparams: number }>;

/**
 * Reads the figures of one connection, and learns what its driver can do: with ONE call for all running machines where there is one;
 * without the NOWAIT flag on a libvirt before 4.5; machine by machine on drivers that have no such call, or tell nothing but the
 * state by it (the test driver).
 */
export class HostReader {
  readonly #client: StatsClient;
  readonly #each: EachMachineReader;
  readonly #decoder = new BulkReplyDecoder();
  readonly #counts = new Map<'cpu' | 'memory', number | null>();
  #mode: 'nowait' | 'wait' | 'each' = 'nowait';
  /** Replies in a row that told nothing but states. */
  #poorReplies = 0;

  constructor(client: StatsClient) {
    this.#client = client;
    this.#each = new EachMachineReader(client);
  }

  /** Something of the machine's devices may be new. */
  forget(uuid: string): void {
    this.#each.forget(uuid);
  }

  /** All running machines. @throws {LibvirtError | LinkError} */
  async machines(options: CallOptions): Promise<DomainSample[]> {
    if (this.#mode === 'each') return this.#each.read(options);
    const samples = await this.#bulk(options);
    if (samples === null || samples.length === 0) return samples ?? this.#each.read(options);
    const useful = samples.some(tellsMore);
    this.#poorReplies = useful ? 0 : this.#poorReplies + 1;
    if (useful) return samples;
    // Once may be a machine that is just starting.
    if (this.#poorReplies > 1) this.#mode = 'each';
    return this.#each.read(options);
  }

  /** The host's CPUs and memory; what it does not tell is null. Never fails: a link that is lost fails the machines' call. */
  async host(options: CallOptions): Promise<HostSample> {
    const { remote } = this.#client;
    const [cpu, memory] = await Promise.all([
      this.#node('cpu', (nparams) =>
        remote.nodeGetCpuStats(
          { cpuNum: virNodeGetCPUStatsAllCPUs.VIR_NODE_CPU_STATS_ALL_CPUS, nparams, flags: 0 },
          options,
        ),
      ),
      this.#node('memory', (nparams) =>
        remote.nodeGetMemoryStats(
          { cellNum: virNodeGetMemoryStatsAllCells.VIR_NODE_MEMORY_STATS_ALL_CELLS, nparams, flags: 0 },
          options,
        ),
      ),
    ]);
    return { cpu, memory };
  }

  /** Null when the driver has no such call. */
  async #bulk(options: CallOptions): Promise<DomainSample[] | null> {
    const flags =
      Flags.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE |
      (this.#mode === 'nowait' ? Flags.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT : 0);
    try {
      const args = { doms: [], stats: GROUPS, flags };
      const decoder = this.#decoder;
      return await this.#client.callDecoded('connectGetAllDomainStats', args, { ...options, decoder });
    } catch (error) {
      if (this.#mode === 'nowait' && isBadFlag(error)) {
        this.#mode = 'wait';
        return this.#bulk(options);
      }
      if (!isUnsupported(error)) throw error;
      this.#mode = 'each';
      return null;
    }
  }

  /** libvirt wants to be asked for the number of figures first. It is asked once for a connection. */
  async #node(kind: 'cpu' | 'memory', call: NodeCall): Promise<ReadonlyMap<string, number> | null> {
    try {
      const known = this.#counts.get(kind);
      if (known === null) return null;
      const count = known ?? (await call(0)).nparams;
      this.#counts.set(kind, count > 0 ? count : null);
      return count > 0 ? nodeFigures((await call(count)).params) : null;
    } catch (error) {
      if (isUnsupported(error)) this.#counts.set(kind, null);
      else if (error instanceof LibvirtError) this.#counts.delete(kind);
      return null;
    }
  }
}

function tellsMore(sample: DomainSample): boolean {
  return sample.cpuTimeNs !== null || sample.memory.currentKiB !== null || sample.vcpus.length > 0;
}
