import { FormatError } from '../errors.ts';
import type { Piece } from './piece.ts';

/** A row of an MBR's table, or of an extended boot record's. In sectors. */
export interface MbrEntry {
  readonly bootable: boolean;
  readonly type: number;
  readonly start: number;
  readonly sectors: number;
}

const TABLE = 446;
const ROW = 16;
const ROWS = 4;
/** Of a disk larger than 8 GB no place can be told in cylinders: every row of such a place has this. */
const BEYOND_CHS = Buffer.from([0xfe, 0xff, 0xff]);
const HEADS = 255;
const SECTORS_PER_TRACK = 63;
const EXTENDED_TYPES: ReadonlySet<number> = new Set([0x05, 0x0f, 0x85]);
/** The type of the row that covers a disk with GPT. */
export const PROTECTIVE_TYPE = 0xee;

export function isExtended(type: number): boolean {
  return EXTENDED_TYPES.has(type);
}

/** The four rows; null where a slot is free. @throws {FormatError} without the signature, or where it is too short */
export function readMbr(sector: Uint8Array): (MbrEntry | null)[] {
  const bytes = Buffer.from(sector.buffer, sector.byteOffset, sector.length);
  if (bytes.length < 512) throw new FormatError('TRUNCATED', 'An MBR has 512 bytes', bytes.length);
  if (bytes.readUInt16BE(510) !== 0x55aa) throw new FormatError('BAD_VALUE', 'No signature 55 AA', 510);
  return Array.from({ length: ROWS }, (_, index) => {
    const at = TABLE + ROW * index;
    const entry = {
      bootable: bytes[at] === 0x80,
      type: bytes[at + 4] ?? 0,
      start: bytes.readUInt32LE(at + 8),
      sectors: bytes.readUInt32LE(at + 12),
    };
    return entry.type === 0 || entry.sectors === 0 ? null : entry;
  });
}

/** A sector's place as cylinder, head and sector, with the 255 heads and 63 sectors that every tool takes. */
function chs(sector: number): Buffer {
  const cylinder = Math.floor(sector / (HEADS * SECTORS_PER_TRACK));
  if (cylinder > 1023) return BEYOND_CHS;
  const head = Math.floor(sector / SECTORS_PER_TRACK) % HEADS;
  return Buffer.from([head, (sector % SECTORS_PER_TRACK) + 1 + ((cylinder >> 8) << 6), cylinder & 0xff]);
}

/** @param origin what `start` in the row counts from; the places in cylinders count from the disk's beginning */
function writeRow(sector: Buffer, index: number, entry: MbrEntry, origin: number): void {
  const at = TABLE + ROW * index;
  sector[at] = entry.bootable ? 0x80 : 0;
  chs(entry.start).copy(sector, at + 1);
  sector[at + 4] = entry.type;
  chs(entry.start + entry.sectors - 1).copy(sector, at + 5);
  sector.writeUInt32LE(entry.start - origin, at + 8);
  sector.writeUInt32LE(entry.sectors, at + 12);
}

/** Between an extended boot record and its partition: of tools that align to 1 MiB, of cylinders, none. */
function gapsOf(sectorSize: number): number[] {
  return [2 ** 20 / sectorSize, 63, 1];
}

/**
 * The extended boot records of logical partitions, as sfdisk writes them: each before its partition, linked in the order given.
 * @param first what the first record's sector held besides its rows (boot code); null: zeros
 * @throws {FormatError} where there is no free sector for a record
 */
export function extendedBootRecords(
  extended: MbrEntry,
  logical: readonly MbrEntry[],
  { sectorSize, first }: { sectorSize: number; first: Uint8Array | null },
): Piece[] {
  if (logical.length === 0)
    return first === null ? [] : [{ offset: extended.start * sectorSize, data: first.subarray(0, 512) }];
  const end = extended.start + extended.sectors;
  const places = logical.map((partition, index) =>
    index === 0 ? extended.start : recordPlace(extended, logical, { partition, sectorSize }),
  );
  return logical.map((partition, index) => {
    if (partition.start <= extended.start || partition.start + partition.sectors > end)
      throw new FormatError('BAD_VALUE', 'A logical partition lies outside of the extended one');
    const place = places[index] ?? extended.start;
    const sector = Buffer.alloc(512);
    if (index === 0 && first !== null) sector.set(first.subarray(0, TABLE));
    writeRow(sector, 0, partition, place);
    const next = logical[index + 1];
    const nextPlace = places[index + 1];
    if (next !== undefined && nextPlace !== undefined) {
      const sectors = next.start + next.sectors - nextPlace;
      writeRow(sector, 1, { bootable: false, type: 5, start: nextPlace, sectors }, extended.start);
    }
    sector.writeUInt16BE(0x55aa, 510);
    return { offset: place * sectorSize, data: sector };
  });
}

function recordPlace(
  extended: MbrEntry,
  logical: readonly MbrEntry[],
  { partition: { start }, sectorSize }: { partition: MbrEntry; sectorSize: number },
): number {
  const free = (sector: number): boolean =>
    sector > extended.start &&
    logical.every((other) => sector < other.start || sector >= other.start + other.sectors);
  // Nothing of another partition lies between a record and its own.
  const place = gapsOf(sectorSize)
    .map((gap) => start - gap)
    .find(
      (sector) => free(sector) && logical.every((other) => other.start <= sector || other.start >= start),
    );
  if (place === undefined)
    throw new FormatError('BAD_VALUE', `No free sector before the logical partition at ${start}`);
  return place;
}

/** A protective MBR whose row covers so many sectors; a hybrid one, or one that covers all there can be, stays as it is. */
export function protectiveMbrFor(sector: Uint8Array, diskSectors: number): Buffer {
  const bytes = Buffer.from(sector.subarray(0, 512));
  const rows = readMbr(bytes);
  const index = rows.findIndex((row) => row?.type === PROTECTIVE_TYPE && row.start === 1);
  const only = rows.every((row, at) => at === index || row === null);
  const at = TABLE + ROW * index;
  if (index < 0 || !only || bytes.readUInt32LE(at + 12) === 0xffffffff) return bytes;
  bytes.writeUInt32LE(Math.min(diskSectors - 1, 0xffffffff), at + 12);
  return bytes;
}

/** A protective MBR as sfdisk makes it. */
export function newProtectiveMbr(diskSectors: number): Buffer {
  const sector = Buffer.alloc(512);
  const sectors = Math.min(diskSectors - 1, 0xffffffff);
  writeRow(sector, 0, { bootable: false, type: PROTECTIVE_TYPE, start: 1, sectors }, 0);
  sector.fill(0xff, TABLE + 5, TABLE + 8);
  sector.writeUInt16BE(0x55aa, 510);
  return sector;
}
