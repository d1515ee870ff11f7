/**
 * What a host said of one running machine, in one shape whichever call it came from. Counters only grow while the machine runs; null is
 * what the host did not tell. Numbers, not bigints: beyond 2^53 a counter loses its last bits, of which a rate shows nothing.
 */
export interface DomainSample {
  readonly uuid: string;
  readonly name: string;
  /** The number of this run: another one means that all counters began anew. */
  readonly id: number;
  /** virDomainState; null when the host did not tell. */
  readonly state: number | null;
  /** vCPUs in use. */
  readonly vcpuCount: number | null;
  readonly cpuTimeNs: number | null;
  /** By vCPU number; null for one that is not there. */
  readonly vcpus: readonly (VcpuSample | null)[];
  readonly memory: MemorySample;
  readonly disks: readonly DiskSample[];
  readonly nics: readonly NicSample[];
}

export interface VcpuSample {
  readonly online: boolean;
  readonly timeNs: number | null;
  /** Ready, and not given a CPU by the host. */
  readonly delayNs: number | null;
}

/** All sizes in KiB; swap and faults are counters. */
export interface MemorySample {
  /** What the machine has. */
  readonly currentKiB: number | null;
  readonly maximumKiB: number | null;
  /** What the guest's system sees of it. */
  readonly availableKiB: number | null;
  readonly unusedKiB: number | null;
  /** What the guest could give to programs without swapping. */
  readonly usableKiB: number | null;
  readonly cachesKiB: number | null;
  /** What the machine's process takes of the host. */
  readonly rssKiB: number | null;
  readonly swapInKiB: number | null;
  readonly swapOutKiB: number | null;
  readonly majorFaults: number | null;
  readonly minorFaults: number | null;
  /** Seconds since the epoch by the host's clock when the guest last told; 0 for never; null when the host does not say. */
  readonly lastUpdateSec: number | null;
}

export interface DiskSample {
  readonly name: string;
  readonly readRequests: number | null;
  readonly readBytes: number | null;
  readonly readTimeNs: number | null;
  readonly writeRequests: number | null;
  readonly writeBytes: number | null;
  readonly writeTimeNs: number | null;
  readonly flushRequests: number | null;
  readonly capacityBytes: number | null;
  readonly allocationBytes: number | null;
}

/** Directions are the guest's, as libvirt turns them (virNetDevTapInterfaceStats: "always from domain POV"). */
export interface NicSample {
  readonly name: string;
  readonly inBytes: number | null;
  readonly inPackets: number | null;
  readonly inErrors: number | null;
  readonly inDrops: number | null;
  readonly outBytes: number | null;
  readonly outPackets: number | null;
  readonly outErrors: number | null;
  readonly outDrops: number | null;
}

export const NO_MEMORY: MemorySample = {
  currentKiB: null,
  maximumKiB: null,
  availableKiB: null,
  unusedKiB: null,
  usableKiB: null,
  cachesKiB: null,
  rssKiB: null,
  swapInKiB: null,
  swapOutKiB: null,
  majorFaults: null,
  minorFaults: null,
  lastUpdateSec: null,
};
