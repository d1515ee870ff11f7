import { gptPieces, newGpt, type Gpt, type GptPartition } from '../../../drivers/formats/disk/gpt.ts';
import {
  extendedBootRecords,
  isExtended,
  newProtectiveMbr,
  protectiveMbrFor,
  type MbrEntry,
} from '../../../drivers/formats/disk/mbr.ts';
import type { ChecksumList } from '../../../drivers/formats/clonezilla/checksum-lists.ts';
import type { DiskTable, ImageDisk } from '../../../drivers/formats/clonezilla/image.ts';
import type { DumpedPartition, SfdiskDump } from '../../../drivers/formats/clonezilla/sfdisk-dump.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import type { Act } from './plan-builder.ts';

/** The least size of a disk: its partitions, and the second table of GPT. */
export function neededBytes({ partitions, table, sectorSize }: ImageDisk): number {
  const end = Math.max(sectorSize, ...partitions.map(({ offset, bytes }) => offset + bytes));
  if (table?.kind !== 'gpt') return end;
  const rows = table.gpt?.rows.length ?? (table.dump.tableLength ?? 128) * 128;
  return end + (Math.ceil(rows / sectorSize) + 1) * sectorSize;
}

/** The checksums that files are proven by; null: no list has all of them. */
type ListOf = (files: readonly string[]) => ChecksumList | null;

/**
 * What makes the table of a disk of so many bytes.
 * @throws {FormatError} for what no table can hold
 */
export function tableActs(disk: ImageDisk, sizeBytes: number, listOf: ListOf): Act[] {
  const { table, sectorSize } = disk;
  if (table === null) return [];
  return table.kind === 'gpt'
    ? [gptAct(disk, table, sizeBytes / sectorSize)]
    : [...mbrActs(table, sectorSize), ...hiddenAct(disk, table, listOf)];
}

function gptAct({ sectorSize, sizeBytes }: ImageDisk, table: DiskTable, sectors: number): Act {
  const gpt = table.gpt ?? gptByDump(table.dump, sizeBytes === null ? sectors : sizeBytes / sectorSize);
  const larger = gpt.lastSector !== sectors - 1;
  const mbr =
    table.mbr === null
      ? newProtectiveMbr(sectors)
      : larger
        ? protectiveMbrFor(table.mbr, sectors)
        : table.mbr.subarray(0, 512);
  const pieces = [{ offset: 0, data: mbr }, ...gptPieces(gpt, sectors, sectorSize)];
  return { kind: 'pieces', what: larger ? 'GPT, for the new size' : 'GPT', pieces };
}

function gptByDump(
  { labelId, firstLba, lastLba, tableLength, partitions }: SfdiskDump,
  diskSectors: number,
): Gpt {
  if (labelId === null || firstLba === null || lastLba === null)
    throw new FormatError('BAD_VALUE', 'The list of sfdisk has no identifier or bounds of the disk');
  return newGpt({
    diskGuid: labelId,
    firstUsable: firstLba,
    lastUsable: lastLba,
    lastSector: diskSectors - 1,
    partitions: partitions.map(gptRow),
    slots: tableLength ?? 128,
  });
}

function gptRow({ number, type, uuid, start, sectors, attributes, label }: DumpedPartition): GptPartition {
  if (uuid === null)
    throw new FormatError('BAD_VALUE', `Partition ${number} has no GUID in the list of sfdisk`);
  return {
    number,
    type,
    guid: uuid,
    start,
    sectors,
    attributes: attributeBits(attributes),
    name: label ?? '',
  };
}

const NAMED_BITS: Readonly<Record<string, number>> = {
  RequiredPartition: 0,
  NoBlockIOProtocol: 1,
  LegacyBIOSBootable: 2,
};

/** `RequiredPartition GUID:62,63` */
function attributeBits(text: string | null): bigint {
  const words = (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
  return words.reduce((bits, word) => {
    const bit = NAMED_BITS[word] ?? Number(word.replace(/^GUID:/, ''));
    if (!Number.isInteger(bit) || bit < 0 || bit > 63)
      throw new FormatError('BAD_VALUE', `The attribute ${JSON.stringify(word.slice(0, 40))} is not known`);
    return bits | (1n << BigInt(bit));
  }, 0n);
}

function mbrActs({ mbr, dump, extendedRecord }: DiskTable, sectorSize: number): Act[] {
  if (mbr === null) return [];
  const rows = dump.partitions.map((partition) => ({ number: partition.number, row: mbrRow(partition) }));
  const extended = rows.find(({ number, row }) => number <= 4 && isExtended(row.type))?.row;
  const logical = rows.filter(({ number }) => number > 4).map(({ row }) => row);
  if (extended === undefined && logical.length > 0)
    throw new FormatError('BAD_VALUE', 'There are logical partitions, and no extended one');
  const records =
    extended === undefined
      ? []
      : extendedBootRecords(extended, logical, { sectorSize, first: extendedRecord });
  return [{ kind: 'pieces', what: 'MBR', pieces: [{ offset: 0, data: mbr.subarray(0, 512) }, ...records] }];
}

function mbrRow({ start, sectors, type, bootable }: DumpedPartition): MbrEntry {
  const code = parseInt(type, 16);
  if (!(code > 0 && code < 256))
    throw new FormatError('BAD_VALUE', `${JSON.stringify(type)} is no type of MBR`);
  return { bootable, type: code, start, sectors };
}

function hiddenAct({ partitions }: ImageDisk, { hidden }: DiskTable, listOf: ListOf): Act[] {
  if (hidden === null) return [];
  const first = Math.min(...partitions.map(({ offset }) => offset));
  const limit = Math.min(hidden.bytes, first - 512);
  return limit <= 0
    ? []
    : [{ kind: 'file', file: hidden.file, offset: 512, limit, sums: listOf([hidden.file]) }];
}
