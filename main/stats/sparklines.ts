import type { Sparklines } from '../contract/figures.ts';
import { ROW_COLUMNS, type HostHistory, type MachineHistory } from './host-history.ts';
import { sumKnown } from './rates.ts';

const [CPU, MEMORY, , READ, WRITE, IN, OUT] = ROW_COLUMNS.keys();

export interface SparklinesQuery {
  readonly points: number;
  /** Time from one point to the next. */
  readonly intervalMs: number;
  /** Of the last point, in milliseconds since the epoch. */
  readonly now: number;
  /** Nothing is being recorded: after the last tick there is a gap. */
  readonly paused: boolean;
}

/**
 * The last while of every machine that was there, on an axis of time: each point is what held then, and null in a gap. Memory in KiB, disk
 * and network in bytes a second.
 */
export function sparklinesOf(host: string, history: HostHistory, query: SparklinesQuery): Sparklines {
  const ticks = ticksAt(history, query);
  return [...history.machines].flatMap(([uuid, machine]) => {
    const rows = ticks.map((tick) => (tick === null ? null : read(machine, tick)));
    if (rows.every((row) => row === null)) return [];
    const column = (...columns: (number | undefined)[]): (number | null)[] =>
      rows.map((row) => sumKnown(columns.map((index) => known(row?.[index ?? -1]))));
    return [
      {
        host,
        uuid,
        cpu: column(CPU),
        memory: column(MEMORY),
        disk: column(READ, WRITE),
        net: column(IN, OUT),
      },
    ];
  });
}

/** For each point the last tick before it; null where there is a gap. */
function ticksAt({ timeline, gaps }: HostHistory, query: SparklinesQuery): (number | null)[] {
  const { points, intervalMs, now, paused } = query;
  const last = timeline.last ?? -Infinity;
  return Array.from({ length: points }, (_, index) => {
    const time = now - (points - 1 - index) * intervalMs;
    const tick = timeline.firstSince(time + 1) - 1;
    const inGap = gaps.some((gap) => gap.from < time && time < gap.to) || (paused && time > last);
    return tick < timeline.start || inGap ? null : tick;
  });
}

function read(machine: MachineHistory, tick: number): Float64Array | null {
  const row = new Float64Array(ROW_COLUMNS.length);
  return machine.rows.fine.read(tick, row) ? row : null;
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
