import { InternTable } from '../../drivers/xdr/xdr.ts';

/** More devices of a kind, or vCPUs, than any machine has: a host that lies takes no memory here. */
const MAX_INDEX = 4096;
/** Names that are kept: those of the figures of a machine with more than a hundred devices of each kind. */
const MAX_NAMES = 16_384;

/** Columns of each group, by the names that follow the group's own (libvirt-domain.c, `virsh help domstats`). */
const COLUMNS = {
  plain: [
    'state.state',
    'cpu.time',
    'vcpu.current',
    'vcpu.maximum',
    'balloon.current',
    'balloon.maximum',
    'balloon.available',
    'balloon.unused',
    'balloon.usable',
    'balloon.disk_caches',
    'balloon.rss',
    'balloon.swap_in',
    'balloon.swap_out',
    'balloon.major_fault',
    'balloon.minor_fault',
    'balloon.last-update',
  ],
  vcpu: ['state', 'time', 'delay'],
  block: [
    'rd.reqs',
    'rd.bytes',
    'rd.times',
    'wr.reqs',
    'wr.bytes',
    'wr.times',
    'fl.reqs',
    'capacity',
    'allocation',
  ],
  net: ['rx.bytes', 'rx.pkts', 'rx.errs', 'rx.drop', 'tx.bytes', 'tx.pkts', 'tx.errs', 'tx.drop'],
} as const;

export type Group = keyof typeof COLUMNS;

/** How many columns a group has. */
export const widthOf = (group: Group): number => COLUMNS[group].length;

/** Where the value of a field goes. */
export interface Field {
  readonly group: Group;
  /** Of the devices or vCPUs; 0 in `plain`. */
  readonly row: number;
  /** -1 for a figure that nobody asks for. */
  readonly column: number;
  /** The name of a device. */
  readonly isLabel: boolean;
}

/** The number of a column, for reading it. */
export function column<G extends Group>(group: G, name: (typeof COLUMNS)[G][number]): number {
  return columnOf(group, name);
}

/** Fields by the bytes of their names, for all hosts: `block.0.rd.bytes` is `rd.bytes` in row 0 of `block`. */
export const FIELDS = new InternTable(fieldOf, MAX_NAMES);

function fieldOf(bytes: Buffer): Field {
  const name = bytes.toString('utf8');
  const match = /^(block|net|vcpu)\.(\d{1,4})\./.exec(name);
  const row = Number(match?.[2] ?? 0);
  if (match === null || row >= MAX_INDEX) {
    return { group: 'plain', row: 0, column: match === null ? columnOf('plain', name) : -1, isLabel: false };
  }
  const group = match[1] === 'block' || match[1] === 'net' ? match[1] : 'vcpu';
  const rest = name.slice(match[0].length);
  return { group, row, column: columnOf(group, rest), isLabel: rest === 'name' && group !== 'vcpu' };
}

function columnOf(group: Group, name: string): number {
  const names: readonly string[] = COLUMNS[group];
  return names.indexOf(name);
}
