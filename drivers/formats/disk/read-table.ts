import { FormatError } from '../errors.ts';
import { readExactly, type RandomSource } from '../random-source.ts';
import { readGpt } from './gpt.ts';
import { isExtended, PROTECTIVE_TYPE, readMbr, type MbrEntry } from './mbr.ts';

/** A partition of a disk that can be read. */
export interface DiskPartition {
  readonly number: number;
  /** In bytes of the disk. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** GPT's GUID, MBR's type in hexadecimal. */
  readonly type: string;
  /** GPT alone has names. */
  readonly name: string | null;
}

export interface DiskTable {
  /** null: there is none, or none that can be read. */
  readonly kind: 'mbr' | 'gpt' | null;
  readonly partitions: readonly DiskPartition[];
  /** Why it cannot be read, in a sentence. */
  readonly fault: string | null;
}

/** Rows that are read before the header's own figures are known: of 128 partitions in sectors of 512 bytes, twice. */
const ROWS_BYTES = 1 << 17;
/** Logical partitions of a chain. */
const MAX_LOGICAL = 128;
const SIGNATURE = 0x55aa;

const WITHOUT_TABLE = 'It has a file system without a table of partitions.';

/** Of FAT or NTFS: it ends as an MBR does, and has code where that has its rows. */
export function isBootSector(sector: Buffer): boolean {
  return (
    sector.toString('latin1', 3, 11) === 'NTFS    ' ||
    sector.toString('latin1', 54, 57) === 'FAT' ||
    sector.toString('latin1', 82, 87) === 'FAT32'
  );
}

/** The table of a disk's partitions: GPT's first copy, else its second, else MBR's, with the logical ones. */
export async function readTable(
  disk: RandomSource,
  { sizeBytes, sectorSize }: { readonly sizeBytes: number; readonly sectorSize: number },
): Promise<DiskTable> {
  const first = Buffer.from(await disk.read(0, 512));
  if (first.length < 512 || first.readUInt16BE(510) !== SIGNATURE)
    return { kind: null, partitions: [], fault: null };
  if (isBootSector(first)) return { kind: null, partitions: [], fault: WITHOUT_TABLE };
  const rows = readMbr(first);
  if (!rows.some((row) => row?.type === PROTECTIVE_TYPE))
    return {
      kind: 'mbr',
      partitions: await mbrPartitions(disk, rows, { sizeBytes, sectorSize }),
      fault: null,
    };
  const faults: string[] = [];
  for (const header of [sectorSize, sizeBytes - sectorSize])
    try {
      return { kind: 'gpt', partitions: await gptPartitions(disk, header, sectorSize), fault: null };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      faults.push(error.message);
    }
  return { kind: null, partitions: [], fault: `Neither copy of GPT can be read: ${faults[0] ?? ''}` };
}

async function gptPartitions(
  disk: RandomSource,
  header: number,
  sectorSize: number,
): Promise<DiskPartition[]> {
  const sector = await readExactly(disk, header, sectorSize);
  const rowsAt = sector.readBigUInt64LE(72) * BigInt(sectorSize);
  const rows =
    rowsAt > BigInt(Number.MAX_SAFE_INTEGER) ? Buffer.alloc(0) : await disk.read(Number(rowsAt), ROWS_BYTES);
  return readGpt(sector, () => rows).partitions.map(({ number, start, sectors, type, name }) => ({
    number,
    offsetBytes: start * sectorSize,
    sizeBytes: sectors * sectorSize,
    type,
    name: name === '' ? null : name,
  }));
}

async function mbrPartitions(
  disk: RandomSource,
  rows: readonly (MbrEntry | null)[],
  { sizeBytes, sectorSize }: { sizeBytes: number; sectorSize: number },
): Promise<DiskPartition[]> {
  const partition = (number: number, { start, sectors, type }: MbrEntry): DiskPartition => ({
    number,
    offsetBytes: start * sectorSize,
    sizeBytes: sectors * sectorSize,
    type: type.toString(16).padStart(2, '0'),
    name: null,
  });
  const primary = rows.flatMap((row, index) => (row === null ? [] : [partition(index + 1, row)]));
  const extended = rows.find((row) => row !== null && isExtended(row.type));
  if (extended == null) return primary;
  const logical: DiskPartition[] = [];
  const seen = new Set<number>();
  for (let at: number | null = extended.start; at !== null && logical.length < MAX_LOGICAL;) {
    // A chain that leads into itself, or off the disk, ends there.
    if (seen.has(at) || at * sectorSize >= sizeBytes) break;
    seen.add(at);
    const record = Buffer.from(await disk.read(at * sectorSize, 512));
    if (record.length < 512 || record.readUInt16BE(510) !== SIGNATURE) break;
    const [own, next] = readMbr(record);
    if (own != null) logical.push(partition(5 + logical.length, { ...own, start: at + own.start }));
    at = next == null ? null : extended.start + next.start;
  }
  return [...primary, ...logical];
}
