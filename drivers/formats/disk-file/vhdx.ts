import { FormatError } from '../errors.ts';
import { guidAt } from '../guid.ts';
import { readBlocks, runsOf } from './blocks.ts';
import { Crc32c } from './crc32c.ts';
import type { DiskFile, SizedSource } from './disk-file.ts';
import { openTable } from './vhdx-blocks.ts';
import { replayed } from './vhdx-log.ts';
import { readMetadata } from './vhdx-metadata.ts';
import { numberAt, type Region } from './vhdx-numbers.ts';

const KIB = 1024;
const SIGNATURE = 'vhdxfile';
const HEADERS = [64 * KIB, 128 * KIB];
const HEADER_BYTES = 4 * KIB;
const REGIONS = [192 * KIB, 256 * KIB];
const REGIONS_BYTES = 64 * KIB;
const MAX_REGIONS = 2047;
const NO_GUID = '00000000-0000-0000-0000-000000000000';
const BAT = '2DC27766-F623-4200-9D64-115E9BFD4A08';
const METADATA = '8B7CA206-4790-4B9A-B8FE-575F050F886E';

interface Header {
  readonly sequence: bigint;
  readonly logGuid: string;
  readonly logVersion: number;
  readonly log: Region;
}

export function isVhdx(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 8)).toString('latin1') === SIGNATURE;
}

/**
 * A disk of Hyper-V's format ([MS-VHDX] 3.0), of fixed size or one that grows. What its log has is seen as written: the file itself is not
 * changed.
 * @throws {FormatError} OTHER_FORMAT where it is none; UNSUPPORTED for one that only has what differs from another
 */
export async function openVhdx(file: SizedSource): Promise<DiskFile> {
  if (!isVhdx(await file.read(0, 8))) throw new FormatError('OTHER_FORMAT', 'Not a VHDX', 0);
  const crc = await Crc32c.load();
  const header = await readHeader(file, crc);
  const isDirty = header.logGuid !== NO_GUID;
  const source = isDirty ? await replayed(file, crc, header) : file;
  const regions = await readRegions(source, crc);
  const { sizeBytes, blockBytes, sectorSize } = await readMetadata(source, regionOf(regions, METADATA));
  const taken = [header.log, ...regions.values()].filter(({ bytes }) => bytes > 0);
  const { blocks, usedBytes } = await openTable(
    source,
    { table: regionOf(regions, BAT), taken },
    { sizeBytes, blockBytes, sectorSize },
  );
  return {
    format: 'vhdx',
    sizeBytes,
    sectorSize,
    usedBytes,
    faults: [],
    warnings: isDirty ? ['It was not closed properly: what its log has is taken as written.'] : [],
    read: (offset, length) => readBlocks(source, blocks, { offset, length, sizeBytes }),
    runs: (signal, from = 0) => runsOf(source, blocks, { from, sizeBytes, signal }),
  };
}

/** Of the two the later one; one of them may be half written. */
async function readHeader(file: SizedSource, crc: Crc32c): Promise<Header> {
  const found: Header[] = [];
  let version = 1;
  for (const at of HEADERS) {
    const bytes = Buffer.from(await file.read(at, HEADER_BYTES));
    if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'head' || !crc.isRight(bytes, 4))
      continue;
    version = bytes.readUInt16LE(66);
    if (version !== 1) continue;
    found.push({
      sequence: bytes.readBigUInt64LE(8),
      logGuid: guidAt(bytes, 48),
      logVersion: bytes.readUInt16LE(64),
      log: { bytes: bytes.readUInt32LE(68), offset: numberAt(bytes, 72) },
    });
  }
  const [first, second] = found;
  if (first === undefined && version !== 1)
    throw new FormatError('UNSUPPORTED', `A VHDX of version ${version}`, HEADERS[0]);
  if (first === undefined)
    throw new FormatError('BAD_VALUE', 'The checksums of both headers are wrong', HEADERS[0]);
  return second !== undefined && second.sequence > first.sequence ? second : first;
}

/** @returns by their identifiers */
async function readRegions(source: SizedSource, crc: Crc32c): Promise<Map<string, Region>> {
  for (const at of REGIONS) {
    const bytes = Buffer.from(await source.read(at, REGIONS_BYTES));
    if (bytes.length < REGIONS_BYTES || bytes.toString('latin1', 0, 4) !== 'regi' || !crc.isRight(bytes, 4))
      continue;
    const count = bytes.readUInt32LE(8);
    if (count > MAX_REGIONS) throw new FormatError('BAD_VALUE', `${count} regions`, at + 8);
    return regionsIn(bytes, count, at);
  }
  throw new FormatError('BAD_VALUE', 'The checksums of both tables of regions are wrong', REGIONS[0]);
}

function regionsIn(bytes: Buffer, count: number, at: number): Map<string, Region> {
  const regions = new Map<string, Region>();
  for (let index = 0; index < count; index += 1) {
    const row = 16 + index * 32;
    const id = guidAt(bytes, row);
    const isRequired = (bytes.readUInt32LE(row + 28) & 1) !== 0;
    if (isRequired && id !== BAT && id !== METADATA)
      throw new FormatError('UNSUPPORTED', `A region ${id} that is not known, and required`, at + row);
    if (regions.has(id)) throw new FormatError('BAD_VALUE', `Two regions ${id}`, at + row);
    regions.set(id, { offset: numberAt(bytes, row + 16), bytes: bytes.readUInt32LE(row + 24) });
  }
  return regions;
}

function regionOf(regions: ReadonlyMap<string, Region>, id: string): Region {
  const region = regions.get(id);
  if (region === undefined) throw new FormatError('BAD_VALUE', `No region ${id}`, REGIONS[0]);
  return region;
}
