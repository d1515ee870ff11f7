import { damaged } from './errors.ts';
import { deviceName } from './lists.ts';

/** A line of `sfdisk -d`: sectors are the disk's own. */
export interface DumpedPartition {
  /** `sda1` */
  readonly name: string;
  /** In the table, from 1. */
  readonly number: number;
  readonly start: number;
  readonly sectors: number;
  /** MBR: hexadecimal without `0x`; GPT: a UUID in capitals. */
  readonly type: string;
  readonly uuid: string | null;
  readonly label: string | null;
  /** Of GPT, as sfdisk words them: `RequiredPartition GUID:63`. */
  readonly attributes: string | null;
  readonly bootable: boolean;
}

/** `DISK-pt.sf`. */
export interface SfdiskDump {
  readonly label: 'dos' | 'gpt';
  /** Of the disk: `0x36b29236`, or a UUID. */
  readonly labelId: string | null;
  readonly sectorSize: 512 | 4096;
  /** Of GPT; null where it is not said. */
  readonly firstLba: number | null;
  readonly lastLba: number | null;
  /** Slots of the table of GPT, where they are not the usual 128. */
  readonly tableLength: number | null;
  readonly partitions: readonly DumpedPartition[];
}

const MAX_PARTITIONS = 1024;

/**
 * Reads what `sfdisk -d` wrote; versions before 2.26 named neither a label nor a sector size and called the type `Id`: these are of MBR with 512.
 * @throws {ClonezillaError} for what sfdisk does not write, or a table of another kind
 */
export function readSfdiskDump(file: string, disk: string, text: string): SfdiskDump {
  const head = new Map<string, string>();
  const partitions: DumpedPartition[] = [];
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const partition = /^(?<device>\/dev\/\S+|\S+)\s+:\s+(?<fields>.*)$/.exec(line)?.groups;
    if (partition === undefined) {
      const field = /^(?<key>[a-z-]+):\s*(?<value>.*)$/.exec(line)?.groups;
      if (field?.['key'] !== undefined) head.set(field['key'], field['value'] ?? '');
      continue;
    }
    const read = partitionOf(file, disk, partition['device'] ?? '', partition['fields'] ?? '');
    // Older versions list the free slots of MBR, too.
    if (read.sectors > 0) partitions.push(read);
    if (partitions.length > MAX_PARTITIONS) throw damaged(file, `over ${MAX_PARTITIONS} partitions.`);
  }
  const label = head.get('label') ?? 'dos';
  if (label !== 'dos' && label !== 'gpt')
    throw damaged(
      file,
      `a partition table of the kind ${JSON.stringify(label.slice(0, 40))} is not restored.`,
    );
  const unit = head.get('unit') ?? 'sectors';
  if (unit !== 'sectors')
    throw damaged(file, `it counts in ${JSON.stringify(unit.slice(0, 40))} and not in sectors.`);
  return {
    label,
    labelId: head.get('label-id') ?? null,
    sectorSize: sectorSizeOf(file, head.get('sector-size')),
    firstLba: optionalNumber(file, 'first-lba', head.get('first-lba')),
    lastLba: optionalNumber(file, 'last-lba', head.get('last-lba')),
    tableLength: optionalNumber(file, 'table-length', head.get('table-length')),
    partitions: inOrder(file, partitions),
  };
}

function partitionOf(file: string, disk: string, device: string, fields: string): DumpedPartition {
  const name = deviceName(file, device);
  const number = Number(/(\d+)$/.exec(name)?.[1]);
  if (!belongsTo(name, disk) || number < 1)
    throw damaged(file, `${JSON.stringify(name)} is no partition of ${disk}.`);
  const values = new Map<string, string>();
  for (const { groups } of fields.matchAll(/(?<key>[A-Za-z]+)=\s*(?:"(?<quoted>[^"]*)"|(?<plain>[^,\s]+))/g))
    values.set((groups?.['key'] ?? '').toLowerCase(), groups?.['quoted'] ?? groups?.['plain'] ?? '');
  return {
    name,
    number,
    start: sectorsOf(file, `start of ${name}`, values.get('start')),
    sectors: sectorsOf(file, `size of ${name}`, values.get('size')),
    type: (values.get('type') ?? values.get('id') ?? '').toUpperCase(),
    uuid: values.get('uuid') ?? null,
    label: unescaped(values.get('name') ?? null),
    attributes: values.get('attrs') ?? null,
    bootable: /(?:^|,\s*)bootable\b/.test(fields),
  };
}

/** Libfdisk writes what a shell would take as its own, and what is no letter, as `\\x22`, byte for byte. */
function unescaped(name: string | null): string | null {
  if (name === null) return null;
  const bytes = name.replaceAll(/\\x([0-9a-f]{2})|[^\\]|\\/gi, (whole, hex?: string) =>
    hex === undefined ? Buffer.from(whole).toString('latin1') : String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** `sda` has `sda1`, `nvme0n1` has `nvme0n1p1`. */
function belongsTo(partition: string, disk: string): boolean {
  return partition.startsWith(disk) && /^p?\d{1,4}$/.test(partition.slice(disk.length));
}

function sectorSizeOf(file: string, text: string | undefined): 512 | 4096 {
  const size = Number(text ?? 512);
  if (size !== 512 && size !== 4096)
    throw damaged(file, `sectors of ${JSON.stringify(text)} bytes are not known.`);
  return size;
}

function sectorsOf(file: string, what: string, text: string | undefined): number {
  const value = /^\d{1,16}$/.test(text ?? '') ? Number(text) : NaN;
  // Of 4 KiB: 4 PiB, so that no product of sectors and bytes, and no sum of two, is inexact.
  if (!(value <= 2 ** 40)) throw damaged(file, `the ${what} is ${JSON.stringify(text ?? null)}.`);
  return value;
}

function optionalNumber(file: string, what: string, text: string | undefined): number | null {
  return text === undefined ? null : sectorsOf(file, what, text);
}

function inOrder(file: string, partitions: DumpedPartition[]): DumpedPartition[] {
  const sorted = partitions.toSorted((a, b) => a.number - b.number);
  for (const [index, { number, name }] of sorted.entries())
    if (sorted[index + 1]?.number === number) throw damaged(file, `${name} is there twice.`);
  return sorted;
}
