import type { Domain } from '../../../main/contract/domain.ts';
import { sum } from '../../state/figures.ts';
import { figures } from '../../state/stats.ts';
import { domainKey } from '../../state/store.ts';
import { domainTone } from '../../ui/domain-state.ts';
import { compareNames } from './find.ts';

export const COLUMN_IDS = [
  'status',
  'name',
  'state',
  'host',
  'cpu',
  'memory',
  'disk',
  'net',
  'address',
  'diskRead',
  'diskWrite',
  'netIn',
  'netOut',
  'vcpus',
  'since',
  'autostart',
  'persistent',
  'id',
  'uuid',
] as const;
export type ColumnId = (typeof COLUMN_IDS)[number];

export interface ColumnSpec {
  readonly id: ColumnId;
  /** Pixels, the cell's padding included. */
  readonly width: number;
  /** Share of what is left over; 0 stays as it is. */
  readonly grow: number;
  /** Narrow windows leave out the highest number first; 0 is always there. What somebody chose goes after what nobody asked for. */
  readonly rank: number;
  /** Right-aligned: numbers. */
  readonly numeric?: true;
  /** Not shown until somebody chooses it. */
  readonly optional?: true;
  /** Its values change with every tick: sorting takes them as they were when it was asked for. */
  readonly live?: true;
}

/** In the order of the table; of CPU and memory the graph stands at the left and the figure at the right. */
export const COLUMNS: readonly ColumnSpec[] = [
  { id: 'status', width: 26, grow: 0, rank: 0 },
  { id: 'name', width: 130, grow: 3, rank: 0 },
  { id: 'state', width: 120, grow: 2, rank: 1 },
  { id: 'host', width: 66, grow: 1, rank: 2 },
  { id: 'cpu', width: 106, grow: 0, rank: 3, numeric: true, live: true },
  { id: 'memory', width: 166, grow: 0, rank: 4, numeric: true, live: true },
  { id: 'disk', width: 60, grow: 0, rank: 7, live: true },
  { id: 'net', width: 60, grow: 0, rank: 8, live: true },
  { id: 'address', width: 118, grow: 1, rank: 6 },
  { id: 'diskRead', width: 88, grow: 0, rank: 5, numeric: true, optional: true, live: true },
  { id: 'diskWrite', width: 88, grow: 0, rank: 5, numeric: true, optional: true, live: true },
  { id: 'netIn', width: 88, grow: 0, rank: 5, numeric: true, optional: true, live: true },
  { id: 'netOut', width: 88, grow: 0, rank: 5, numeric: true, optional: true, live: true },
  { id: 'vcpus', width: 60, grow: 0, rank: 5, numeric: true, optional: true },
  { id: 'since', width: 96, grow: 0, rank: 5, numeric: true, optional: true },
  { id: 'autostart', width: 78, grow: 0, rank: 5, optional: true },
  { id: 'persistent', width: 84, grow: 0, rank: 5, optional: true },
  { id: 'id', width: 56, grow: 0, rank: 5, numeric: true, optional: true },
  { id: 'uuid', width: 264, grow: 0, rank: 5, optional: true },
];

/** Columns that cannot be put away. */
export const FIXED_COLUMNS: readonly ColumnId[] = ['status', 'name'];

/** How a table of some width is laid out. */
export interface TableLayout {
  readonly columns: readonly ColumnSpec[];
  /** What stands under the name, in rows of two lines, because it has no column. Empty: rows of one line. */
  readonly underName: readonly ColumnId[];
  /** CPU and memory have their small graphs beside the figure. */
  readonly graphs: boolean;
}

/** Before any of these has to go, state and host move under the name. */
const ESSENTIAL: readonly ColumnId[] = ['state', 'host', 'cpu', 'memory'];
const UNDER_NAME: readonly ColumnId[] = ['state', 'host'];
/** The columns that can do without their graph, and then need only this. */
const BARE_WIDTHS: Partial<Record<ColumnId, number>> = { cpu: 58, memory: 114 };
/** With one host, or one chosen, every row would say the same. */
const LONE_HOST_RANK = 9;

/** Lays `shown` out in `width` pixels. `manyHosts`: the rows are of more than one. */
export function layOut(shown: readonly ColumnSpec[], width: number, manyHosts: boolean): TableLayout {
  const ranked = manyHosts
    ? shown
    : shown.map((column) => (column.id === 'host' ? { ...column, rank: LONE_HOST_RANK } : column));
  const isEssential = ({ id }: ColumnSpec): boolean => ESSENTIAL.includes(id) && (manyHosts || id !== 'host');
  const essential = ranked.filter(isEssential).length;
  const inOneLine = fittingColumns(ranked, width);
  if (inOneLine.filter(isEssential).length === essential)
    return { columns: inOneLine, underName: [], graphs: true };

  const underName = ranked.filter((column) => UNDER_NAME.includes(column.id) && isEssential(column));
  const rest = ranked.filter(({ id }) => !UNDER_NAME.includes(id));
  const figures = rest.filter(isEssential).length;
  const withGraphs = fittingColumns(rest, width);
  const graphs = withGraphs.filter(isEssential).length === figures;
  const bare = rest.map(bareColumn);
  return {
    columns: graphs ? withGraphs : fittingColumns(bare, width),
    underName: underName.map(({ id }) => id),
    graphs,
  };
}

/** The columns that are wanted and that a layout has no room for. */
export function leftOut(shown: readonly ColumnSpec[], layout: TableLayout): readonly ColumnId[] {
  const there = [...layout.columns.map(({ id }) => id), ...layout.underName];
  return shown.map(({ id }) => id).filter((id) => !there.includes(id));
}

/** The figure alone, its title over it. */
function bareColumn(column: ColumnSpec): ColumnSpec {
  const width = BARE_WIDTHS[column.id];
  return width === undefined ? column : { ...column, width };
}

/** The columns that fit into `width`, in order. */
function fittingColumns(columns: readonly ColumnSpec[], width: number): readonly ColumnSpec[] {
  const fitting = [...columns];
  let total = fitting.reduce((all, column) => all + column.width, 0);
  while (total > width) {
    const last = fitting.reduce((worst, column) => (column.rank >= worst.rank ? column : worst));
    if (last.rank === 0) break;
    fitting.splice(fitting.indexOf(last), 1);
    total -= last.width;
  }
  return fitting;
}

export function gridTemplate(columns: readonly ColumnSpec[]): string {
  return columns
    .map(({ width, grow }) => (grow === 0 ? `${width}px` : `minmax(${width}px, ${grow}fr)`))
    .join(' ');
}

/** Faults first, then by how much a machine does. */
const TONE_ORDER = ['bad', 'busy', 'warn', 'ok', 'stale', 'off'];

/** What a column sorts by; undefined goes last either way. */
export function sortValue(domain: Domain, id: ColumnId, hostName: string): string | number | undefined {
  switch (id) {
    case 'name':
      return domain.name;
    case 'status':
    case 'state':
      return TONE_ORDER.indexOf(domainTone(domain));
    case 'host':
      return hostName;
    case 'address':
      return domain.addresses[0];
    case 'vcpus':
      return domain.vcpus;
    case 'since':
      return domain.since === null ? undefined : -domain.since;
    case 'autostart':
      return domain.autostart ? 0 : 1;
    case 'persistent':
      return domain.persistent ? 0 : 1;
    case 'id':
      return domain.id ?? undefined;
    case 'uuid':
      return domain.uuid;
    default:
      return liveValue(domainKey(domain.host, domain.uuid), id) ?? undefined;
  }
}

type LiveId = 'cpu' | 'memory' | 'disk' | 'net' | 'diskRead' | 'diskWrite' | 'netIn' | 'netOut';

/** The present figure of a live column. */
export function liveValue(key: string, id: LiveId): number | null {
  const now = figures.figures(key);
  if (now === null) return null;
  switch (id) {
    case 'cpu':
      return now.cpu;
    case 'memory':
      return now.memoryUsedKiB;
    case 'disk':
      return sum(now.diskReadBytes, now.diskWriteBytes);
    case 'net':
      return sum(now.netInBytes, now.netOutBytes);
    case 'diskRead':
      return now.diskReadBytes;
    case 'diskWrite':
      return now.diskWriteBytes;
    case 'netIn':
      return now.netInBytes;
    case 'netOut':
      return now.netOutBytes;
  }
}

/** Both are of the same column, so of the same type. */
export function compareValues(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : compareNames(String(a), String(b));
}
