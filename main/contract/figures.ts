import * as z from './zod.ts';

/** A figure, or null where there is none: not measured, a gap, the first sample, not running. */
const figure = z.number().nullable();

/** What a row of the table shows. Rates are per second. */
export const domainFigures = z.object({
  uuid: z.string(),
  /** Percent of all the machine's vCPUs, 0..100. */
  cpu: figure,
  memoryUsedKiB: figure,
  memoryTotalKiB: figure,
  diskReadBytes: figure,
  diskWriteBytes: figure,
  netInBytes: figure,
  netOutBytes: figure,
});
export type DomainFigures = z.infer<typeof domainFigures>;

export const diskFigures = z.object({
  target: z.string(),
  readBytes: figure,
  writeBytes: figure,
  readRequests: figure,
  writeRequests: figure,
  flushRequests: figure,
  /** Mean time of a request in this interval. */
  readLatencyMs: figure,
  writeLatencyMs: figure,
  capacityBytes: figure,
  allocationBytes: figure,
});
export type DiskFigures = z.infer<typeof diskFigures>;

/** Directions are the guest's: `in` is what the guest received. */
export const nicFigures = z.object({
  name: z.string(),
  inBytes: figure,
  outBytes: figure,
  inPackets: figure,
  outPackets: figure,
  inDrops: figure,
  outDrops: figure,
  inErrors: figure,
  outErrors: figure,
});
export type NicFigures = z.infer<typeof nicFigures>;

export const domainDetailFigures = z.object({
  uuid: z.string(),
  /** Percent of each vCPU; null for one that is offline. */
  vcpus: z.array(figure),
  /** Percent of time the vCPUs were ready and not given a CPU by the host (vcpu.N.delay). */
  steal: figure,
  memory: z.object({
    totalKiB: figure,
    usedKiB: figure,
    availableKiB: figure,
    cacheKiB: figure,
    rssKiB: figure,
    swapInBytes: figure,
    swapOutBytes: figure,
    majorFaults: figure,
    minorFaults: figure,
  }),
  disks: z.array(diskFigures),
  nics: z.array(nicFigures),
});
export type DomainDetailFigures = z.infer<typeof domainDetailFigures>;

/** The host's own counters, not the sum of its guests. */
export const hostFigures = z.object({
  /** Percent of all CPUs. */
  cpu: figure,
  cpuUser: figure,
  cpuSystem: figure,
  cpuWait: figure,
  memoryUsedKiB: figure,
  memoryTotalKiB: figure,
  memoryCacheKiB: figure,
});
export type HostFigures = z.infer<typeof hostFigures>;

/** One message per host and tick. */
export const statsTick = z.object({
  host: z.string(),
  /** Milliseconds since the epoch, in the middle between asking and answer. */
  time: z.number(),
  intervalMs: z.number().int(),
  figures: hostFigures.nullable(),
  domains: z.array(domainFigures),
  details: z.array(domainDetailFigures),
});
export type StatsTick = z.infer<typeof statsTick>;

export const STATS_INTERVALS_MS = [1000, 2000, 5000, 10000] as const;

const statsInterval = z.union([z.literal(1000), z.literal(2000), z.literal(5000), z.literal(10000)]);

export const statsWatchInput = z.object({
  intervalMs: statsInterval,
  /** Hosts to sample; all connected ones when left out. */
  hosts: z.array(z.string()).max(1000).optional(),
  /** Machines whose per-vCPU, per-disk and per-NIC figures are wanted. */
  details: z
    .array(z.object({ host: z.string(), uuid: z.string() }))
    .max(64)
    .optional(),
});
export type StatsWatchInput = z.infer<typeof statsWatchInput>;

export const HISTORY_RANGES = ['5m', '1h', '24h'] as const;
export const historyInput = z.object({
  host: z.string(),
  /** Left out: the host itself. */
  uuid: z.string().optional(),
  range: z.enum(HISTORY_RANGES),
  maxPoints: z.number().int().min(10).max(4000),
});
export type HistoryInput = z.infer<typeof historyInput>;

/**
 * History as columns: `times[i]` belongs to `series[name][i]`. Names: `cpu`, `steal`, `memory.used`, `memory.cache`, `memory.total`,
 * `disk.read`, `disk.write`, `disk.readRequests`, `disk.writeRequests`, `disk.readLatency`, `disk.writeLatency`, `net.in`, `net.out`
 * for a machine (units as in the figures above: percent, KiB, bytes per second, requests per second, ms); of a host: `cpu`,
 * `memory.used`, `memory.total`.
 */
export const history = z.object({
  times: z.array(z.number()),
  series: z.record(z.string(), z.array(figure)),
  gaps: z.array(
    z.object({
      from: z.number(),
      to: z.number(),
      reason: z.enum(['away', 'notWatched', 'notRunning', 'asleep']),
    }),
  ),
});
export type History = z.infer<typeof history>;

export const sparklinesInput = z.object({
  points: z.number().int().min(2).max(120),
  /** Time from one point to the next. */
  intervalMs: statsInterval,
});
export type SparklinesInput = z.infer<typeof sparklinesInput>;

/**
 * What was of every machine, for the table's small graphs when it opens: oldest first, the last point is now, and each lies `intervalMs`
 * after the one before. Null is a gap: nobody looked, the host was away, or the machine was off.
 */
export const sparklines = z.array(
  z.object({
    host: z.string(),
    uuid: z.string(),
    cpu: z.array(figure),
    memory: z.array(figure),
    disk: z.array(figure),
    net: z.array(figure),
  }),
);
export type Sparklines = z.infer<typeof sparklines>;
