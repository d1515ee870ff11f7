import type { Quantity } from '../../../charts/scale.ts';
import type { SeriesColor } from '../../../charts/sparkline.tsx';

/** The six graphs of a machine, in the order of the page. */
export const GRAPH_KINDS = ['cpu', 'memory', 'disk', 'network', 'latency', 'requests'] as const;
export type GraphKind = (typeof GRAPH_KINDS)[number];

export interface SeriesOf {
  readonly column: string;
  /** The last part of the i18n key `machine:graph.series.…`. */
  readonly word: 'guest' | 'steal' | 'used' | 'cache' | 'read' | 'write' | 'in' | 'out';
  readonly color: SeriesColor;
  readonly dashed?: boolean;
}

export interface GraphOf {
  readonly quantity: Quantity;
  readonly series: readonly SeriesOf[];
  /** What the graph can be narrowed to. */
  readonly devices: 'disk' | 'nic' | 'vcpu' | null;
  /** Its figures are read only while the machine's page is open. */
  readonly onPageOnly?: boolean;
}

/** Columns that are read only while the machine's page is open; one of them has a figure whenever it was. */
export const DETAIL_COLUMNS = ['steal', 'memory.cache', 'disk.readRequests', 'disk.writeRequests'] as const;

const read = (column: string): SeriesOf => ({ column, word: 'read', color: 'disk-r' });
const write = (column: string): SeriesOf => ({ column, word: 'write', color: 'disk-w' });

export const GRAPHS: Record<GraphKind, GraphOf> = {
  cpu: {
    quantity: 'percent',
    devices: 'vcpu',
    series: [
      { column: 'cpu', word: 'guest', color: 'cpu' },
      { column: 'steal', word: 'steal', color: 'idle', dashed: true },
    ],
  },
  memory: {
    quantity: 'kib',
    devices: null,
    series: [
      { column: 'memory.used', word: 'used', color: 'mem' },
      { column: 'memory.cache', word: 'cache', color: 'idle', dashed: true },
    ],
  },
  disk: { quantity: 'bytesPerSecond', devices: 'disk', series: [read('disk.read'), write('disk.write')] },
  network: {
    quantity: 'bytesPerSecond',
    devices: 'nic',
    series: [
      { column: 'net.in', word: 'in', color: 'net-r' },
      { column: 'net.out', word: 'out', color: 'net-t' },
    ],
  },
  latency: {
    quantity: 'milliseconds',
    devices: 'disk',
    onPageOnly: true,
    series: [read('disk.readLatency'), write('disk.writeLatency')],
  },
  requests: {
    quantity: 'perSecond',
    devices: 'disk',
    onPageOnly: true,
    series: [read('disk.readRequests'), write('disk.writeRequests')],
  },
};

/** The device names that the columns of a frame have: disks from `disk.read@…`, NICs from `net.in@…`. */
export function deviceNames(columns: readonly string[], kind: 'disk' | 'nic' | 'vcpu'): string[] {
  const prefix = { disk: 'disk.read@', nic: 'net.in@', vcpu: 'cpu@' }[kind];
  return columns.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}
