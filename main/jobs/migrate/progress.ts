import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virDomainGetJobStatsFlags } from '../../../drivers/libvirt/constants/domain-block.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { getNumber, typedParamsToMap, type TypedParamMap } from '../../../drivers/libvirt/typed-params.ts';
import { pause, type Clock } from '../../hosts/clock.ts';
import type { StepProgress } from '../engine/step.ts';
import { SpeedSeries } from '../speed-series.ts';
import type { Flow } from './stall.ts';

const POLL_MS = 500;
/** QEMU tells of a disk in lumps of many MiB: over so long a time the speed is an average. */
const RATE_MS = 15_000;
/** What is not over is never shown as whole. */
const MOST = 0.99;
/** As often was the memory gone through before it is said that it changes too fast. */
const ROUNDS = 3;

/** How far a migration is, by virDomainGetJobStats. Sizes in bytes. */
export interface MigrationFigures {
  readonly diskTotal: number;
  readonly diskDone: number;
  readonly memoryTotal: number;
  readonly memoryRemaining: number;
  /** Sent of it so far, also of what was changed and sent again. */
  readonly memorySent: number;
  /** Rounds over the memory. */
  readonly iteration: number;
  readonly memoryBytesPerSecond: number | null;
  readonly dirtyBytesPerSecond: number | null;
  /** So long the guest would stand still if it ended now. */
  readonly expectedDowntimeMs: number | null;
}

export function figuresOf(stats: TypedParamMap): MigrationFigures {
  const of = (field: string): number => getNumber(stats, field) ?? 0;
  const dirty = getNumber(stats, 'memory_dirty_rate');
  return {
    diskTotal: of('disk_total'),
    diskDone: of('disk_processed'),
    memoryTotal: of('memory_total'),
    memoryRemaining: of('memory_remaining'),
    memorySent: of('memory_processed'),
    iteration: of('memory_iteration'),
    memoryBytesPerSecond: getNumber(stats, 'memory_bps'),
    dirtyBytesPerSecond: dirty === null ? null : dirty * (getNumber(stats, 'memory_page_size') ?? 4096),
    expectedDowntimeMs: getNumber(stats, 'downtime'),
  };
}

/** What is to go over, before libvirt tells. */
export interface Expected {
  readonly diskBytes: number;
  readonly memoryBytes: number;
}

/** Turns figures into progress that never goes back: the disks come first, and libvirt counts the memory only when they are over. */
export class MigrationPace {
  readonly #clock: Clock;
  readonly #expected: Expected;
  #most = 0;
  #seen: { readonly time: number; readonly bytes: number }[] = [];
  readonly #lefts = new SpeedSeries();
  readonly #dirty = new SpeedSeries();
  #told = 0;

  constructor(clock: Clock, expected: Expected) {
    this.#clock = clock;
    this.#expected = expected;
  }

  /** The progress, what goes to the target, and what is worth a line of the log. */
  at(now: MigrationFigures): { progress: StepProgress; flow: Flow; line: string | null } {
    const disk = Math.max(now.diskTotal, this.#expected.diskBytes);
    const memory = now.memoryTotal || this.#expected.memoryBytes;
    const sent = now.memoryTotal === 0 ? 0 : Math.max(0, memory - now.memoryRemaining);
    const bytes = Math.min(now.diskDone, disk) + sent;
    this.#most = Math.max(this.#most, Math.min(MOST, bytes / Math.max(1, disk + memory)));
    const rate = this.#rate(bytes);
    const left = Math.max(0, disk + memory - bytes);
    return {
      progress: {
        fraction: this.#most,
        bytesPerSecond: rate,
        secondsLeft: rate === null || rate === 0 ? null : left / rate,
        migration: this.#figures(now, { disk, memory }),
      },
      flow: { sent: now.diskDone + now.memorySent, left },
      line: this.#line(now),
    };
  }

  #figures(now: MigrationFigures, { disk, memory }: { disk: number; memory: number }) {
    const time = this.#clock.now();
    const memoryLeft = now.memoryTotal === 0 ? memory : now.memoryRemaining;
    if (now.memoryTotal > 0) this.#lefts.add(time, memoryLeft);
    if (now.dirtyBytesPerSecond !== null) this.#dirty.add(time, now.dirtyBytesPerSecond);
    return {
      memoryTotal: memory,
      memoryLeft,
      diskTotal: disk,
      diskLeft: Math.max(0, disk - now.diskDone),
      dirtyRate: now.dirtyBytesPerSecond,
      memoryRate: now.memoryBytesPerSecond,
      iteration: now.iteration,
      expectedDowntimeMs: now.expectedDowntimeMs,
      memoryLefts: [...this.#lefts.values()],
      dirtyRates: [...this.#dirty.values()],
    };
  }

  #rate(bytes: number): number | null {
    const time = this.#clock.now();
    // The memory that is changed again counts as not sent.
    if (bytes < (this.#seen.at(-1)?.bytes ?? 0)) this.#seen = [];
    this.#seen.push({ time, bytes });
    while ((this.#seen[1]?.time ?? Infinity) <= time - RATE_MS) this.#seen.shift();
    const [first = { time, bytes }] = this.#seen;
    const [took, sent] = [time - first.time, bytes - first.bytes];
    if (took <= 0 || (sent === 0 && took < RATE_MS)) return null;
    return (sent * 1000) / took;
  }

  #line({ iteration, memoryRemaining, memoryBytesPerSecond, dirtyBytesPerSecond }: MigrationFigures) {
    if (iteration <= this.#told) return null;
    this.#told = iteration;
    const left = `Round ${iteration} over the memory: ${mib(memoryRemaining)} left`;
    const slow =
      iteration >= ROUNDS &&
      memoryBytesPerSecond !== null &&
      dirtyBytesPerSecond !== null &&
      dirtyBytesPerSecond > memoryBytesPerSecond;
    return slow
      ? `${left}; the guest changes it faster (${mib(dirtyBytesPerSecond)}/s) than it is sent: allow more downtime`
      : left;
  }
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}

export interface WatchOptions {
  readonly clock: Clock;
  /** The source's. @throws FailureError HOST_UNREACHABLE while it is not connected */
  readonly client: () => LibvirtClient;
  readonly dom: DomainRef;
  /** Resolves when it may ask, with what tells that it has its answer. @throws the signal's reason */
  readonly turn: (over: AbortSignal) => Promise<() => void>;
}

/** Follows a migration at its source until the signal tells that it is over. A link that is lost ends it: its own call says what became. */
export async function watchMigration(
  { clock, client, dom, turn }: WatchOptions,
  expected: Expected,
  told: (now: ReturnType<MigrationPace['at']>) => void,
  over: AbortSignal,
): Promise<void> {
  const pace = new MigrationPace(clock, expected);
  while (!over.aborted) {
    await pause(clock, POLL_MS, over);
    if (over.aborted) return;
    let done = (): void => undefined;
    try {
      done = await turn(over);
      const { params } = await client().remote.domainGetJobStats({ dom, flags: 0 }, { signal: over });
      told(pace.at(figuresOf(typedParamsToMap(params))));
    } catch {
      // It is not begun, or over; or the host is away, as Perform itself will tell.
    } finally {
      done();
    }
  }
}

/** Disks of a machine that leaves are under way: its memory comes when they are over. */
export async function copiesDisks(client: LibvirtClient, dom: DomainRef): Promise<boolean> {
  const { params } = await client.remote.domainGetJobStats({ dom, flags: 0 });
  const { diskTotal, memoryTotal } = figuresOf(typedParamsToMap(params));
  return diskTotal > 0 && memoryTotal === 0;
}

/** How long the guest stood still, as the target knows it afterwards; null where it does not tell. */
export async function readDowntime(client: LibvirtClient, dom: DomainRef): Promise<number | null> {
  const flags = virDomainGetJobStatsFlags.VIR_DOMAIN_JOB_STATS_COMPLETED;
  const { params } = await client.remote.domainGetJobStats({ dom, flags });
  return getNumber(typedParamsToMap(params), 'downtime');
}
