import { FormatError } from '../errors.ts';
import { readExactly } from '../random-source.ts';
import { readBlocks, runsOf, type Blocks, type Part } from './blocks.ts';
import type { DiskFile, SizedSource } from './disk-file.ts';

/** Of sectors, whatever the disk's are. */
const SECTOR = 512;
const FOOTER_BYTES = 512;
/** Virtual PC before 2004 wrote one byte less. */
const OLD_FOOTER_BYTES = 511;
const FOOTER = 'conectix';
const HEADER = 'cxsparse';
const HEADER_BYTES = 1024;
const TYPE = { fixed: 2, dynamic: 3, differencing: 4 } as const;
const UNUSED = 0xffffffff;
/** The format's own limit is 2040 GiB. */
const MAX_BYTES = 2 ** 41;
const MIN_BLOCK = 4096;
const MAX_BLOCK = 1 << 28;
/** Of 512 KiB, the smallest usual block, a disk of the largest size. */
const MAX_BLOCKS = 2 ** 22;
/** Of the table of blocks: what is read at one time. */
const PIECE_BLOCKS = 1 << 18;
/** Blocks of a fixed disk are none: it is read in such pieces. */
const FIXED_BLOCK = 1 << 20;

export function isVhdFooter(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 8) === FOOTER;
}

/**
 * A disk of Virtual PC's or Hyper-V's older format (Virtual Hard Disk Image Format Specification 1.0), of fixed size or one that grows.
 * @throws {FormatError} OTHER_FORMAT where it is none; UNSUPPORTED for one that only has what differs from another
 */
export async function openVhd(source: SizedSource): Promise<DiskFile> {
  const { footer, dataEnd, faults } = await readFooter(source);
  const type = footer.readUInt32BE(60);
  const sizeBytes = sizeOf(footer);
  if (type === TYPE.differencing)
    throw new FormatError(
      'UNSUPPORTED',
      'It only has what differs from another disk. Merge it with that one first (Hyper-V: Edit Disk)',
      60,
    );
  if (type !== TYPE.fixed && type !== TYPE.dynamic)
    throw new FormatError('UNSUPPORTED', `A disk of kind ${type}`, 60);
  const { blocks, usedBytes } =
    type === TYPE.fixed
      ? fixedBlocks(sizeBytes, dataEnd)
      : await growingBlocks(source, { at: offsetAt(footer, 16), sizeBytes, dataEnd });
  return {
    format: 'vhd',
    sizeBytes,
    sectorSize: 512,
    usedBytes,
    faults,
    warnings: type === TYPE.fixed && dataEnd > sizeBytes ? [tooLong(dataEnd - sizeBytes)] : [],
    read: (offset, length) => readBlocks(source, blocks, { offset, length, sizeBytes }),
    runs: (signal, from = 0) => runsOf(source, blocks, { from, sizeBytes, signal }),
  };
}

function tooLong(bytes: number): string {
  return `The file has ${bytes} bytes more than the disk: they are left out.`;
}

/** The one at the end; where that is damaged, the copy that a disk which grows has at its beginning. */
async function readFooter(
  source: SizedSource,
): Promise<{ footer: Buffer; dataEnd: number; faults: string[] }> {
  const copy = Buffer.from(await source.read(0, FOOTER_BYTES));
  for (const bytes of [FOOTER_BYTES, OLD_FOOTER_BYTES]) {
    const at = source.sizeBytes - bytes;
    if (at < 0) continue;
    const footer = await readExactly(source, at, bytes);
    if (!isVhdFooter(footer) || !isWhole(footer, 64)) continue;
    const differs = footer.readUInt32BE(60) === TYPE.dynamic && !copy.subarray(0, bytes).equals(footer);
    const faults = differs ? ['The copy of the footer at the beginning is not the footer at the end.'] : [];
    return { footer, dataEnd: at, faults };
  }
  if (copy.length < FOOTER_BYTES || !isVhdFooter(copy)) throw new FormatError('OTHER_FORMAT', 'Not a VHD', 0);
  if (!isWhole(copy, 64))
    throw new FormatError('BAD_VALUE', 'The checksum of the footer is wrong, and that of its copy, too', 64);
  const faults = ['The end of the file is damaged or missing: its copy at the beginning is used.'];
  return { footer: copy, dataEnd: source.sizeBytes, faults };
}

/** The complement of the sum of all other bytes. */
function isWhole(bytes: Buffer, at: number): boolean {
  const sum = bytes.reduce((all, byte, index) => (index >= at && index < at + 4 ? all : all + byte), 0);
  return ~sum >>> 0 === bytes.readUInt32BE(at);
}

/**
 * The current size. Virtual PC itself goes by cylinders, heads and sectors, which may be some MiB fewer: a disk that is longer loses nothing,
 * as its table of partitions, an MBR, is at its beginning.
 */
function sizeOf(footer: Buffer): number {
  const size = offsetAt(footer, 48);
  if (size === 0 || size > MAX_BYTES || size % SECTOR !== 0)
    throw new FormatError('BAD_VALUE', `A disk of ${size} bytes`, 48);
  return size;
}

function fixedBlocks(sizeBytes: number, dataEnd: number): { blocks: Blocks; usedBytes: number } {
  if (sizeBytes > dataEnd)
    throw new FormatError(
      'TRUNCATED',
      `The disk has ${sizeBytes} bytes, and the file ${dataEnd} of them`,
      dataEnd,
    );
  const parts = (block: number): Promise<Part[]> =>
    Promise.resolve([{ from: 0, bytes: FIXED_BLOCK, place: block * FIXED_BLOCK }]);
  return { blocks: { blockBytes: FIXED_BLOCK, parts }, usedBytes: sizeBytes };
}

async function growingBlocks(
  source: SizedSource,
  { at, sizeBytes, dataEnd }: { at: number; sizeBytes: number; dataEnd: number },
): Promise<{ blocks: Blocks; usedBytes: number }> {
  const header = await readExactly(source, at, HEADER_BYTES);
  if (header.toString('latin1', 0, 8) !== HEADER)
    throw new FormatError('BAD_VALUE', 'The header of a disk that grows is not there', at);
  if (!isWhole(header, 36))
    throw new FormatError('BAD_VALUE', 'The checksum of the header is wrong', at + 36);
  const blockBytes = header.readUInt32BE(32);
  if (blockBytes < MIN_BLOCK || blockBytes > MAX_BLOCK || (blockBytes & (blockBytes - 1)) !== 0)
    throw new FormatError('BAD_VALUE', `Blocks of ${blockBytes} bytes`, at + 32);
  const count = Math.ceil(sizeBytes / blockBytes);
  if (count > MAX_BLOCKS)
    throw new FormatError('TOO_LARGE', `${count} blocks of ${blockBytes} bytes`, at + 32);
  if (header.readUInt32BE(28) < count)
    throw new FormatError('BAD_VALUE', `A table of ${header.readUInt32BE(28)} blocks for ${count}`, at + 28);
  const tableAt = offsetAt(header, 16);
  const bitmapBytes = Math.ceil(blockBytes / SECTOR / 8 / SECTOR) * SECTOR;
  const places = await readPlaces(source, tableAt, count);
  const used = checkPlaces(places, {
    tableAt,
    step: bitmapBytes + blockBytes,
    end: dataEnd,
    own: [
      { from: 0, to: FOOTER_BYTES },
      { from: at, to: at + HEADER_BYTES },
      { from: tableAt, to: tableAt + count * 4 },
    ],
  });
  const parts = async (block: number): Promise<Part[]> => {
    const place = places[block] ?? UNUSED;
    if (place === UNUSED) return [];
    const bitmap = await readExactly(source, place * SECTOR, bitmapBytes);
    return written(bitmap, blockBytes).map(({ from, bytes }) => ({
      from,
      bytes,
      place: place * SECTOR + bitmapBytes + from,
    }));
  };
  return { blocks: { blockBytes, parts }, usedBytes: Math.min(sizeBytes, used * blockBytes) };
}

/** The table of a large disk is not held twice. */
async function readPlaces(source: SizedSource, tableAt: number, count: number): Promise<Uint32Array> {
  const places = new Uint32Array(count);
  for (let first = 0; first < count; first += PIECE_BLOCKS) {
    const blocks = Math.min(PIECE_BLOCKS, count - first);
    const piece = await readExactly(source, tableAt + first * 4, blocks * 4);
    for (let block = 0; block < blocks; block += 1) places[first + block] = piece.readUInt32BE(block * 4);
  }
  return places;
}

/** Those of blocks that there are, in ascending order: `filter` would hold each as an object for a while. */
function usedPlaces(places: Uint32Array): Uint32Array {
  let count = 0;
  for (const place of places) if (place !== UNUSED) count += 1;
  const used = new Uint32Array(count);
  let at = 0;
  for (const place of places)
    if (place !== UNUSED) {
      used[at] = place;
      at += 1;
    }
  return used.sort();
}

/** No block lies beyond the file's end, in another one or in what the file itself needs. @returns how many there are */
function checkPlaces(
  places: Uint32Array,
  {
    tableAt,
    step,
    end,
    own,
  }: { tableAt: number; step: number; end: number; own: readonly { from: number; to: number }[] },
): number {
  const entryOf = (place: number): { block: number; at: number } => {
    const block = places.indexOf(place);
    return { block, at: tableAt + block * 4 };
  };
  const used = usedPlaces(places);
  let last = 0;
  for (const place of used) {
    const from = place * SECTOR;
    if (from + step > end) {
      const { block, at } = entryOf(place);
      throw new FormatError('TRUNCATED', `Block ${block} lies beyond the end of the file`, at);
    }
    if (from < last || own.some((part) => from < part.to && from + step > part.from)) {
      const { block, at } = entryOf(place);
      throw new FormatError(
        'BAD_VALUE',
        `Block ${block} lies within another one, or in the file’s own tables`,
        at,
      );
    }
    last = from + step;
  }
  return used.length;
}

/** Runs of sectors that were written: a bit for each, the highest first. */
function written(bitmap: Buffer, blockBytes: number): { from: number; bytes: number }[] {
  const sectors = blockBytes / SECTOR;
  const isSet = (sector: number): boolean => ((bitmap[sector >> 3] ?? 0) & (0x80 >> (sector & 7))) !== 0;
  const runs: { from: number; bytes: number }[] = [];
  for (let sector = 0; sector < sectors;) {
    const wanted = isSet(sector);
    let end = sector + 1;
    while (end < sectors && isSet(end) === wanted) end += 1;
    if (wanted) runs.push({ from: sector * SECTOR, bytes: (end - sector) * SECTOR });
    sector = end;
  }
  return runs;
}

function offsetAt(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64BE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new FormatError('BAD_VALUE', `${value} is no place in a file`, at);
  return Number(value);
}
