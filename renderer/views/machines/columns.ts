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

/** In the order of the table. */
export const COLUMNS: readonly ColumnSpec[] = [
  { id: 'status', width: 26, grow: 0, rank: 0 },
  { id: 'name', width: 124, grow: 3, rank: 0 },
  { id: 'state', width: 122, grow: 2, rank: 1 },
  { id: 'host', width: 76, grow: 1, rank: 5 },
  { id: 'cpu', width: 110, grow: 0, rank: 2, live: true },
  { id: 'memory', width: 158, grow: 0, rank: 3, live: true },
  { id: 'disk', width: 70, grow: 0, rank: 7, live: true },
  { id: 'net', width: 70, grow: 0, rank: 8, live: true },
  { id: 'address', width: 120, grow: 1, rank: 6 },
  { id: 'diskRead', width: 88, grow: 0, rank: 4, numeric: true, optional: true, live: true },
  { id: 'diskWrite', width: 88, grow: 0, rank: 4, numeric: true, optional: true, live: true },
  { id: 'netIn', width: 88, grow: 0, rank: 4, numeric: true, optional: true, live: true },
  { id: 'netOut', width: 88, grow: 0, rank: 4, numeric: true, optional: true, live: true },
  { id: 'vcpus', width: 60, grow: 0, rank: 4, numeric: true, optional: true },
  { id: 'since', width: 96, grow: 0, rank: 4, numeric: true, optional: true },
  { id: 'autostart', width: 78, grow: 0, rank: 4, optional: true },
  { id: 'persistent', width: 84, grow: 0, rank: 4, optional: true },
  { id: 'id', width: 56, grow: 0, rank: 4, numeric: true, optional: true },
  { id: 'uuid', width: 264, grow: 0, rank: 4, optional: true },
];

/** Columns that cannot be put away. */
export const FIXED_COLUMNS: readonly ColumnId[] = ['status', 'name'];

/** Shown columns that fit into `width`, in order. */
export function fittingColumns(shown: readonly ColumnSpec[], width: number): readonly ColumnSpec[] {
  const fitting = [...shown];
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
