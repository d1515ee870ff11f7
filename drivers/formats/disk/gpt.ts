import { crc32 } from 'node:zlib';
import { FormatError } from '../errors.ts';
import { guidAt } from '../guid.ts';
import type { Piece } from './piece.ts';

/** A table as read, or to be written: both of its copies have the same rows. In sectors. */
export interface Gpt {
  /** The header's sector up to its size: what a later version of the format may have in it is kept. */
  readonly header: Buffer;
  /** Of all slots. */
  readonly rows: Buffer;
  readonly diskGuid: string;
  readonly firstUsable: number;
  readonly lastUsable: number;
  /** Where the second header is: the last sector of the disk that the table was made for. */
  readonly lastSector: number;
  /** Where the rows of the first copy begin. */
  readonly firstRows: number;
  readonly partitions: readonly GptPartition[];
}

export interface GptPartition {
  /** Slot, from 1. */
  readonly number: number;
  readonly type: string;
  readonly guid: string;
  readonly start: number;
  readonly sectors: number;
  readonly attributes: bigint;
  readonly name: string;
}

const SIGNATURE = 'EFI PART';
const HEADER_BYTES = 92;
const ROW_BYTES = 128;
const SLOTS = 128;
/** A table has 128 slots in practice; some tools make more for disks with very many. */
const MAX_SLOTS = 1024;

/**
 * @param header the sector with the header
 * @param rowsAt gives the bytes of the rows; where there are fewer than the table has, the rest is taken as zeros, and the checksum decides
 * @throws {FormatError} for what is no table, or whose checksums are wrong
 */
export function readGpt(header: Uint8Array, rowsAt: (lba: number, bytes: number) => Uint8Array): Gpt {
  const bytes = Buffer.from(header);
  if (bytes.length < HEADER_BYTES)
    throw new FormatError('TRUNCATED', 'A header of GPT has 92 bytes', bytes.length);
  if (bytes.toString('latin1', 0, 8) !== SIGNATURE) throw new FormatError('OTHER_FORMAT', 'No "EFI PART"', 0);
  const size = bytes.readUInt32LE(12);
  if (size < HEADER_BYTES || size > bytes.length)
    throw new FormatError('BAD_VALUE', `A header of ${size} bytes`, 12);
  if (headerCrc(bytes, size) !== bytes.readUInt32LE(16))
    throw new FormatError('BAD_VALUE', 'The checksum of the header is wrong', 16);
  const slots = bytes.readUInt32LE(80);
  if (slots === 0 || slots > MAX_SLOTS || bytes.readUInt32LE(84) !== ROW_BYTES)
    throw new FormatError('UNSUPPORTED', `A table of ${slots} rows of ${bytes.readUInt32LE(84)} bytes`, 80);
  const rows = Buffer.alloc(slots * ROW_BYTES);
  rows.set(rowsAt(lbaAt(bytes, 72), rows.length).subarray(0, rows.length));
  if (crc32(rows) !== bytes.readUInt32LE(88))
    throw new FormatError('BAD_VALUE', 'The checksum of the rows is wrong', 88);
  const first = lbaAt(bytes, 24) === 1 ? lbaAt(bytes, 72) : 2;
  if (first < 2 || first > lbaAt(bytes, 40))
    throw new FormatError('BAD_VALUE', `Rows at ${first} are where partitions may be`, 72);
  return {
    header: bytes.subarray(0, size),
    rows,
    diskGuid: guidAt(bytes, 56),
    firstUsable: lbaAt(bytes, 40),
    lastUsable: lbaAt(bytes, 48),
    lastSector: Math.max(lbaAt(bytes, 24), lbaAt(bytes, 32)),
    firstRows: first,
    partitions: partitionsIn(rows),
  };
}

/** A table as sfdisk makes it. @throws {FormatError} for what no row can hold */
export function newGpt(parts: {
  readonly diskGuid: string;
  readonly firstUsable: number;
  readonly lastUsable: number;
  readonly lastSector: number;
  readonly partitions: readonly GptPartition[];
  readonly slots?: number;
}): Gpt {
  const { slots = SLOTS, ...rest } = parts;
  const { diskGuid, partitions } = parts;
  if (slots > MAX_SLOTS || partitions.some(({ number }) => number > slots))
    throw new FormatError('UNSUPPORTED', `A table of over ${Math.min(slots, MAX_SLOTS)} rows`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(SIGNATURE, 'latin1');
  header.writeUInt32LE(0x00010000, 8);
  header.writeUInt32LE(HEADER_BYTES, 12);
  writeGuid(header, 56, diskGuid);
  header.writeUInt32LE(slots, 80);
  header.writeUInt32LE(ROW_BYTES, 84);
  const rows = Buffer.alloc(slots * ROW_BYTES);
  for (const partition of partitions) writeRow(rows, partition);
  return { ...rest, header, rows, firstRows: 2 };
}

/** Sectors that the rows take. */
export function rowSectors({ rows }: Gpt, sectorSize: number): number {
  return Math.ceil(rows.length / sectorSize);
}

/**
 * Both copies of a table for a disk of so many sectors, without the protective MBR: the second one is at its end. A larger disk than
 * the table was made for may be used up to its end.
 * @throws {FormatError} where the rows reach into what partitions have, or may have
 */
export function gptPieces(gpt: Gpt, diskSectors: number, sectorSize: number): Piece[] {
  const rowsEnd = gpt.firstRows + rowSectors(gpt, sectorSize);
  const first = Math.min(gpt.firstUsable, ...gpt.partitions.map(({ start }) => start));
  if (rowsEnd > first)
    throw new FormatError(
      'BAD_VALUE',
      `The rows of GPT end before sector ${rowsEnd}, and partitions may begin at ${first}`,
    );
  const last = diskSectors - 1;
  const secondRows = last - rowSectors(gpt, sectorSize);
  const lastUsable = gpt.lastSector === last ? gpt.lastUsable : secondRows - 1;
  const headerFor = (own: number, other: number, rowsLba: number): Buffer => {
    const header = Buffer.from(gpt.header);
    header.writeBigUInt64LE(BigInt(own), 24);
    header.writeBigUInt64LE(BigInt(other), 32);
    header.writeBigUInt64LE(BigInt(gpt.firstUsable), 40);
    header.writeBigUInt64LE(BigInt(lastUsable), 48);
    header.writeBigUInt64LE(BigInt(rowsLba), 72);
    header.writeUInt32LE(crc32(gpt.rows), 88);
    header.writeUInt32LE(headerCrc(header, header.length), 16);
    return header;
  };
  return [
    { offset: sectorSize, data: headerFor(1, last, gpt.firstRows) },
    { offset: gpt.firstRows * sectorSize, data: gpt.rows },
    { offset: secondRows * sectorSize, data: gpt.rows },
    { offset: last * sectorSize, data: headerFor(last, 1, secondRows) },
  ];
}

function headerCrc(header: Uint8Array, size: number): number {
  const copy = Buffer.from(header.subarray(0, size));
  copy.writeUInt32LE(0, 16);
  return crc32(copy);
}

function partitionsIn(rows: Buffer): GptPartition[] {
  return Array.from({ length: rows.length / ROW_BYTES }, (_, index) => {
    const row = rows.subarray(index * ROW_BYTES, (index + 1) * ROW_BYTES);
    const start = lbaAt(row, 32);
    const end = lbaAt(row, 40);
    if (row.subarray(0, 16).every((byte) => byte === 0)) return null;
    if (end < start) throw new FormatError('BAD_VALUE', `Partition ${index + 1} ends before it begins`);
    return {
      number: index + 1,
      type: guidAt(row, 0),
      guid: guidAt(row, 16),
      start,
      sectors: end - start + 1,
      attributes: row.readBigUInt64LE(48),
      name: row.toString('utf16le', 56, ROW_BYTES).replace(/\0[^]*$/, ''),
    };
  }).filter((partition) => partition !== null);
}

function writeRow(rows: Buffer, partition: GptPartition): void {
  const row = rows.subarray((partition.number - 1) * ROW_BYTES, partition.number * ROW_BYTES);
  writeGuid(row, 0, partition.type);
  writeGuid(row, 16, partition.guid);
  row.writeBigUInt64LE(BigInt(partition.start), 32);
  row.writeBigUInt64LE(BigInt(partition.start + partition.sectors - 1), 40);
  row.writeBigUInt64LE(partition.attributes, 48);
  Buffer.from(partition.name, 'utf16le')
    .subarray(0, ROW_BYTES - 56)
    .copy(row, 56);
}

function lbaAt(bytes: Buffer, offset: number): number {
  const value = bytes.readBigUInt64LE(offset);
  if (value > 2n ** 42n) throw new FormatError('BAD_VALUE', `Sector ${value} is on no disk`, offset);
  return Number(value);
}

function writeGuid(bytes: Buffer, offset: number, guid: string): void {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(guid))
    throw new FormatError('BAD_VALUE', `${JSON.stringify(guid.slice(0, 60))} is no GUID`);
  const [a = '', b = '', c = '', d = '', e = ''] = guid.split('-');
  const turned = [a, b, c].map((part) => Buffer.from(part, 'hex').reverse());
  Buffer.concat([...turned, Buffer.from(d + e, 'hex')]).copy(bytes, offset);
}
