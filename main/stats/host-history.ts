import type { DomainFigures, History, HostFigures } from '../contract/figures.ts';
import type { MachineSums } from './domain-figures.ts';
import { Timeline } from './timeline.ts';
import { MINUTE_MS, MINUTES_KEPT, Track } from './track.ts';

export type GapReason = History['gaps'][number]['reason'];
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: GapReason;
}

/** Columns of a machine's row, which every machine has. */
export const ROW_COLUMNS = [
  'cpu',
  'memory.used',
  'memory.total',
  'disk.read',
  'disk.write',
  'net.in',
  'net.out',
] as const;
/** Columns that are kept from when a machine's details are first watched. */
export const DETAIL_COLUMNS = [
  'steal',
  'memory.cache',
  'disk.readRequests',
  'disk.writeRequests',
  'disk.readLatency',
  'disk.writeLatency',
] as const;
export const HOST_COLUMNS = ['cpu', 'memory.used', 'memory.total'] as const;

/** Ticks of a host, and of a machine whose details were watched: an hour at one second. */
export const DETAIL_TICKS = 3600;
/** Ticks of any other machine: an hour at two seconds… */
const ROW_TICKS = 1800;
/** …and half of it when there are more machines than this: 2,000 machines take at most 146 MiB, a day of minutes included. */
const MANY_MACHINES = 1000;
const MAX_GAPS = 500;
/** Machines that are gone, of which history is kept: a host that makes machines all day long does not fill the memory. */
const MAX_GONE = 500;
/** How long the columns of details go on after the last look at them, so that coming back shows no hole. */
const DETAIL_KEPT_MS = 3_600_000;
const DAY_MS = MINUTES_KEPT * MINUTE_MS;

export interface MachineTick {
  readonly figures: DomainFigures;
  /** Only of machines whose details are kept. */
  readonly sums: MachineSums | null;
}

export interface MachineHistory {
  readonly rows: Track;
  /** Null until its details are watched, and again when they were not for an hour. */
  detail: Track | null;
  detailWatchedAt: number;
  lastSeen: number;
}

/** What is kept of one host and its machines. Nothing is allocated before the first tick. */
export class HostHistory {
  readonly timeline = new Timeline(DETAIL_TICKS);
  readonly host = new Track(HOST_COLUMNS.length, () => DETAIL_TICKS);
  readonly machines = new Map<string, MachineHistory>();
  readonly gaps: Gap[] = [];
  readonly #machinesOfAllHosts: () => number;
  /** For one machine after another. */
  readonly #row = new Float64Array(ROW_COLUMNS.length);

  constructor(machinesOfAllHosts: () => number) {
    this.#machinesOfAllHosts = machinesOfAllHosts;
  }

  get bytes(): number {
    let sum = this.host.bytes;
    for (const { rows, detail } of this.machines.values()) sum += rows.bytes + (detail?.bytes ?? 0);
    return sum;
  }

  /** Begins a tick and answers its number. `time`: milliseconds since the epoch, after that of the last tick. */
  begin(time: number, host: HostFigures | null): number {
    const { last } = this.timeline;
    const minuteBefore = this.host.currentMinute;
    const tick = this.timeline.push(time);
    this.host.add(tick, time, [nan(host?.cpu), nan(host?.memoryUsedKiB), nan(host?.memoryTotalKiB)]);
    if (last !== null && this.host.currentMinute !== minuteBefore) this.#forgetOld(time, last);
    return tick;
  }

  /** Adds a machine to the tick that was begun. */
  addMachine(tick: number, time: number, { figures, sums }: MachineTick): void {
    const machine = this.#machine(figures.uuid);
    machine.lastSeen = time;
    const row = this.#row;
    row[0] = nan(figures.cpu);
    row[1] = nan(figures.memoryUsedKiB);
    row[2] = nan(figures.memoryTotalKiB);
    row[3] = nan(figures.diskReadBytes);
    row[4] = nan(figures.diskWriteBytes);
    row[5] = nan(figures.netInBytes);
    row[6] = nan(figures.netOutBytes);
    machine.rows.add(tick, time, row);
    if (sums === null) return;
    machine.detail?.add(tick, time, [
      nan(sums.steal),
      nan(sums.cacheKiB),
      nan(sums.readRequests),
      nan(sums.writeRequests),
      nan(sums.readLatencyMs),
      nan(sums.writeLatencyMs),
    ]);
  }

  /** A machine's details are looked at; it need not be known yet. */
  detailWatched(uuid: string, time: number): void {
    const machine = this.machines.get(uuid);
    if (machine === undefined) return;
    machine.detailWatchedAt = time;
    machine.detail ??= new Track(DETAIL_COLUMNS.length, () => DETAIL_TICKS);
  }

  /** Whether `MachineTick.sums` of this machine are wanted. */
  keepsDetail(uuid: string): boolean {
    return (this.machines.get(uuid)?.detail ?? null) !== null;
  }

  addGap(gap: Gap): void {
    this.gaps.push(gap);
    if (this.gaps.length > MAX_GAPS) this.gaps.shift();
  }

  #machine(uuid: string): MachineHistory {
    const known = this.machines.get(uuid);
    if (known !== undefined) return known;
    const machine: MachineHistory = {
      rows: new Track(ROW_COLUMNS.length, () => {
        if (machine.detail !== null) return DETAIL_TICKS;
        return this.#machinesOfAllHosts() > MANY_MACHINES ? ROW_TICKS / 2 : ROW_TICKS;
      }),
      detail: null,
      detailWatchedAt: 0,
      lastSeen: 0,
    };
    this.machines.set(uuid, machine);
    return machine;
  }

  #forgetOld(time: number, lastTick: number): void {
    const gone: { readonly uuid: string; readonly lastSeen: number }[] = [];
    for (const [uuid, machine] of this.machines) {
      if (machine.lastSeen < time - DAY_MS) this.machines.delete(uuid);
      else if (machine.lastSeen < lastTick) gone.push({ uuid, lastSeen: machine.lastSeen });
      if (machine.detailWatchedAt < time - DETAIL_KEPT_MS) machine.detail = null;
    }
    gone.sort((a, b) => b.lastSeen - a.lastSeen);
    for (const { uuid } of gone.slice(MAX_GONE)) this.machines.delete(uuid);
  }
}

function nan(figure: number | null | undefined): number {
  return figure ?? NaN;
}
