import type { Sparklines } from '../contract/figures.ts';
import { ROW_COLUMNS, type HostHistory, type MachineHistory } from './host-history.ts';
import { sumKnown } from './rates.ts';

const [CPU, MEMORY, , READ, WRITE, IN, OUT] = ROW_COLUMNS.keys();

/** The last `points` ticks of every machine that was there in one of them; memory in KiB, disk and network in bytes a second. */
export function sparklinesOf(host: string, history: HostHistory, points: number): Sparklines {
  const to = history.timeline.end;
  const from = Math.max(history.timeline.start, to - points);
  return [...history.machines].flatMap(([uuid, machine]) => {
    const rows = read(machine, from, to);
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

function read(machine: MachineHistory, from: number, to: number): (Float64Array | null)[] {
  return Array.from({ length: to - from }, (_, index) => {
    const row = new Float64Array(ROW_COLUMNS.length);
    return machine.rows.fine.read(from + index, row) ? row : null;
  });
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
