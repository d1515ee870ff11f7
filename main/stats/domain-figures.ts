import type { DiskFigures, DomainDetailFigures, DomainFigures, NicFigures } from '../contract/figures.ts';
import { guestMemory } from './balloon.ts';
import { growth, meanLatencyMs, percentOfCpus, rate, sumKnown } from './rates.ts';
import type { DiskSample, DomainSample, NicSample } from './sample.ts';

/** Two samples of one run of a machine. `before` and `seconds` are null when there is nothing to compare with. */
export interface SamplePair {
  readonly before: DomainSample | null;
  readonly after: DomainSample;
  readonly seconds: number | null;
  /** The guest's own figures of its memory are live (balloon.ts). */
  readonly guestLive: boolean;
}

/** Pairs up two samples: only those of the same run can be compared. */
export function pair(
  before: DomainSample | undefined,
  after: DomainSample,
  known: { readonly seconds: number | null; readonly guestLive: boolean },
): SamplePair {
  const same =
    before !== undefined &&
    before.id === after.id &&
    !(before.cpuTimeNs !== null && after.cpuTimeNs !== null && after.cpuTimeNs < before.cpuTimeNs);
  return { before: same ? before : null, after, ...known };
}

/** Made of every machine at every tick: by loops, without a list for each sum. */
export function domainFigures(samples: SamplePair): DomainFigures {
  const { before, after } = samples;
  const perSecond = seconds(samples);
  let diskReadBytes: number | null = null;
  let diskWriteBytes: number | null = null;
  let netInBytes: number | null = null;
  let netOutBytes: number | null = null;
  for (const [index, disk] of after.disks.entries()) {
    const old = counterpart(before?.disks, disk, index);
    diskReadBytes = plus(diskReadBytes, rate(old?.readBytes, disk.readBytes, perSecond));
    diskWriteBytes = plus(diskWriteBytes, rate(old?.writeBytes, disk.writeBytes, perSecond));
  }
  for (const [index, nic] of after.nics.entries()) {
    const old = counterpart(before?.nics, nic, index);
    netInBytes = plus(netInBytes, rate(old?.inBytes, nic.inBytes, perSecond));
    netOutBytes = plus(netOutBytes, rate(old?.outBytes, nic.outBytes, perSecond));
  }
  return {
    uuid: after.uuid,
    cpu: percentOfCpus(before?.cpuTimeNs, after.cpuTimeNs, {
      seconds: perSecond,
      cpus: after.vcpuCount ?? 1,
    }),
    memoryUsedKiB: samples.guestLive ? guestMemory(after.memory).usedKiB : null,
    memoryTotalKiB: after.memory.currentKiB ?? after.memory.maximumKiB,
    diskReadBytes,
    diskWriteBytes,
    netInBytes,
    netOutBytes,
  };
}

export function domainDetailFigures(samples: SamplePair): DomainDetailFigures {
  const { before, after } = samples;
  const perSecond = seconds(samples);
  return {
    uuid: after.uuid,
    vcpus: after.vcpus.map((vcpu, index) =>
      vcpu === null || !vcpu.online
        ? null
        : percentOfCpus(before?.vcpus[index]?.timeNs, vcpu.timeNs, { seconds: perSecond, cpus: 1 }),
    ),
    steal: steal(samples),
    memory: memoryFigures(samples),
    disks: rowsOf(samples, 'disks').map(([old, disk]) => diskFigures(old, disk, perSecond)),
    nics: rowsOf(samples, 'nics').map(([old, nic]) => nicFigures(old, nic, perSecond)),
  };
}

/** What the history keeps of a machine beyond its row: sums over its disks. */
export interface MachineSums {
  readonly steal: number | null;
  readonly cacheKiB: number | null;
  readonly readRequests: number | null;
  readonly writeRequests: number | null;
  readonly readLatencyMs: number | null;
  readonly writeLatencyMs: number | null;
}

export function machineSums(samples: SamplePair): MachineSums {
  const disks = rowsOf(samples, 'disks');
  const perSecond = seconds(samples);
  const grown = (pick: (disk: DiskSample) => number | null): number | null =>
    sumKnown(disks.map(([old, disk]) => growth(old === null ? null : pick(old), pick(disk))));
  return {
    steal: steal(samples),
    cacheKiB: samples.guestLive ? guestMemory(samples.after.memory).cacheKiB : null,
    readRequests: sumRates(disks, (disk) => disk.readRequests, perSecond),
    writeRequests: sumRates(disks, (disk) => disk.writeRequests, perSecond),
    readLatencyMs: meanLatencyMs(
      grown((disk) => disk.readTimeNs),
      grown((disk) => disk.readRequests),
    ),
    writeLatencyMs: meanLatencyMs(
      grown((disk) => disk.writeTimeNs),
      grown((disk) => disk.writeRequests),
    ),
  };
}

/** NaN when there is no time to divide by: every rate over it is null. */
function seconds(samples: SamplePair): number {
  return samples.before === null ? NaN : (samples.seconds ?? NaN);
}

type Paired<T> = (readonly [T | null, T])[];

/** Devices with what they were in the sample before, by name: one that was plugged in since has no past. */
function rowsOf(samples: SamplePair, kind: 'disks'): Paired<DiskSample>;
function rowsOf(samples: SamplePair, kind: 'nics'): Paired<NicSample>;
function rowsOf(samples: SamplePair, kind: 'disks' | 'nics'): Paired<DiskSample | NicSample> {
  const old: readonly (DiskSample | NicSample)[] | undefined = samples.before?.[kind];
  return samples.after[kind].map(
    (device, index) => [counterpart(old, device, index) ?? null, device] as const,
  );
}

/** What a device was before. They keep their places unless one was plugged or pulled. */
function counterpart<T extends { readonly name: string }>(
  before: readonly T[] | undefined,
  device: T,
  index: number,
): T | undefined {
  const there = before?.[index];
  return there?.name === device.name ? there : before?.find(({ name }) => name === device.name);
}

function plus(sum: number | null, figure: number | null): number | null {
  return figure === null ? sum : (sum ?? 0) + figure;
}

function sumRates<T>(rows: Paired<T>, pick: (device: T) => number | null, perSecond: number): number | null {
  return sumKnown(
    rows.map(([old, device]) => rate(old === null ? null : pick(old), pick(device), perSecond)),
  );
}

function steal(samples: SamplePair): number | null {
  const online = samples.after.vcpus
    .map((vcpu, index) => ({ vcpu, index }))
    .filter(({ vcpu }) => vcpu?.online);
  const delays = online.map(({ vcpu, index }) =>
    growth(samples.before?.vcpus[index]?.delayNs, vcpu?.delayNs),
  );
  const delayed = sumKnown(delays);
  // One that was plugged in since has no past yet.
  const cpus = delays.filter((delay) => delay !== null).length;
  return delayed === null ? null : percentOfCpus(0, delayed, { seconds: seconds(samples), cpus });
}

function memoryFigures(samples: SamplePair): DomainDetailFigures['memory'] {
  const { memory } = samples.after;
  const old = samples.before?.memory;
  const guest = guestMemory(memory);
  const perSecond = seconds(samples);
  const live = <T>(figure: T): T | null => (samples.guestLive ? figure : null);
  const kib = (perSec: number | null): number | null => (perSec === null ? null : perSec * 1024);
  return {
    totalKiB: memory.currentKiB ?? memory.maximumKiB,
    usedKiB: live(guest.usedKiB),
    availableKiB: live(memory.usableKiB ?? sumKnown([guest.freeKiB, guest.cacheKiB])),
    cacheKiB: live(guest.cacheKiB),
    rssKiB: memory.rssKiB,
    swapInBytes: live(kib(rate(old?.swapInKiB, memory.swapInKiB, perSecond))),
    swapOutBytes: live(kib(rate(old?.swapOutKiB, memory.swapOutKiB, perSecond))),
    majorFaults: live(rate(old?.majorFaults, memory.majorFaults, perSecond)),
    minorFaults: live(rate(old?.minorFaults, memory.minorFaults, perSecond)),
  };
}

function diskFigures(old: DiskSample | null, disk: DiskSample, perSecond: number): DiskFigures {
  return {
    target: disk.name,
    readBytes: rate(old?.readBytes, disk.readBytes, perSecond),
    writeBytes: rate(old?.writeBytes, disk.writeBytes, perSecond),
    readRequests: rate(old?.readRequests, disk.readRequests, perSecond),
    writeRequests: rate(old?.writeRequests, disk.writeRequests, perSecond),
    flushRequests: rate(old?.flushRequests, disk.flushRequests, perSecond),
    readLatencyMs: meanLatencyMs(
      growth(old?.readTimeNs, disk.readTimeNs),
      growth(old?.readRequests, disk.readRequests),
    ),
    writeLatencyMs: meanLatencyMs(
      growth(old?.writeTimeNs, disk.writeTimeNs),
      growth(old?.writeRequests, disk.writeRequests),
    ),
    capacityBytes: disk.capacityBytes,
    allocationBytes: disk.allocationBytes,
  };
}

function nicFigures(old: NicSample | null, nic: NicSample, perSecond: number): NicFigures {
  return {
    name: nic.name,
    inBytes: rate(old?.inBytes, nic.inBytes, perSecond),
    outBytes: rate(old?.outBytes, nic.outBytes, perSecond),
    inPackets: rate(old?.inPackets, nic.inPackets, perSecond),
    outPackets: rate(old?.outPackets, nic.outPackets, perSecond),
    inDrops: rate(old?.inDrops, nic.inDrops, perSecond),
    outDrops: rate(old?.outDrops, nic.outDrops, perSecond),
    inErrors: rate(old?.inErrors, nic.inErrors, perSecond),
    outErrors: rate(old?.outErrors, nic.outErrors, perSecond),
  };
}
