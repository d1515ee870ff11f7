import { FormatError } from '../errors.ts';
import { readExactly, type RandomSource } from '../random-source.ts';
import type { Blocks } from './blocks.ts';
import type { SizedSource } from './disk-file.ts';
import type { VhdxMetadata } from './vhdx-metadata.ts';
import type { Region } from './vhdx-numbers.ts';

const MIB = 1 << 20;
/** Twice the largest disk. */
const MAX_FILE_BYTES = 2 ** 47;
const ENTRY_BYTES = 8;
/** Entries of the table that are held at one time. */
const PAGE = 8192;
/** What a block is, by the lowest three bits of its entry ([MS-VHDX] 2.5.1.1). */
const STATE = { notPresent: 0, undefined: 1, zero: 2, unmapped: 3, unmappedDraft: 5, present: 6 } as const;
const EMPTY: ReadonlySet<number> = new Set([
  STATE.notPresent,
  STATE.undefined,
  STATE.zero,
  STATE.unmapped,
  // As drafts of the format had it (QEMU, block/vhdx.h).
  STATE.unmappedDraft,
]);

/**
 * The table of blocks (BAT), read as it is needed: a disk of 64 TiB has half a gigabyte of it.
 * @throws {FormatError} where a block is beyond the file's end, in another one, or of a state that such a disk has not
 */
export async function openTable(
  source: SizedSource,
  { table: region, taken: regions }: { readonly table: Region; readonly taken: readonly Region[] },
  { sizeBytes, blockBytes, sectorSize }: VhdxMetadata,
): Promise<{ blocks: Blocks; usedBytes: number }> {
  const count = Math.ceil(sizeBytes / blockBytes);
  /** After so many blocks comes an entry for a bitmap of sectors, which only a disk with a parent has. */
  const ratio = (2 ** 23 * sectorSize) / blockBytes;
  const entryOf = (block: number): number => block + Math.floor(block / ratio);
  if ((entryOf(count - 1) + 1) * ENTRY_BYTES > region.bytes)
    throw new FormatError('BAD_VALUE', `The table of blocks is too short for ${count} blocks`, region.offset);
  if (source.sizeBytes > MAX_FILE_BYTES)
    throw new FormatError('TOO_LARGE', `A file of ${source.sizeBytes} bytes`);
  const table = new Table(source, region);
  const placeOf = async (block: number): Promise<number | null> => {
    const at = entryOf(block);
    const entry = await table.entry(at);
    const state = Number(entry & 7n);
    if (EMPTY.has(state)) return null;
    const where = region.offset + at * ENTRY_BYTES;
    if (state !== STATE.present)
      throw new FormatError('BAD_VALUE', `Block ${block} has the state ${state}`, where);
    const place = Number(entry >> 20n) * MIB;
    if (place < MIB || place + Math.min(blockBytes, sizeBytes - block * blockBytes) > source.sizeBytes)
      throw new FormatError('TRUNCATED', `Block ${block} lies beyond the end of the file`, where);
    return place;
  };
  const taken = new Taken(source.sizeBytes);
  for (const { offset, bytes } of [{ offset: 0, bytes: MIB }, ...regions])
    if (offset % MIB !== 0 || bytes % MIB !== 0 || !taken.take(offset, bytes))
      throw new FormatError('BAD_VALUE', 'Regions of the file lie in each other', offset);
  let used = 0;
  for (let block = 0; block < count; block += 1) {
    const place = await placeOf(block);
    if (place === null) continue;
    if (!taken.take(place, blockBytes))
      throw new FormatError(
        'BAD_VALUE',
        `Block ${block} lies within another one, or in the file’s own tables`,
        region.offset + entryOf(block) * ENTRY_BYTES,
      );
    used += Math.min(blockBytes, sizeBytes - block * blockBytes);
  }
  const parts: Blocks['parts'] = async (block) => {
    const place = await placeOf(block);
    return place === null ? [] : [{ from: 0, bytes: blockBytes, place }];
  };
  return { blocks: { blockBytes, parts }, usedBytes: used };
}

/** A page of the table is kept: blocks are mostly asked for in their order. */
class Table {
  readonly #source: RandomSource;
  readonly #region: Region;
  #page = -1;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(source: RandomSource, region: Region) {
    this.#source = source;
    this.#region = region;
  }

  async entry(index: number): Promise<bigint> {
    const page = Math.floor(index / PAGE);
    if (page !== this.#page) {
      const from = page * PAGE * ENTRY_BYTES;
      const bytes = Math.min(PAGE * ENTRY_BYTES, this.#region.bytes - from);
      this.#bytes = await readExactly(this.#source, this.#region.offset + from, bytes);
      this.#page = page;
    }
    return this.#bytes.readBigUInt64LE((index - page * PAGE) * ENTRY_BYTES);
  }
}

/** Which mebibytes of the file are taken. */
class Taken {
  readonly #bits: Uint8Array;

  constructor(fileBytes: number) {
    this.#bits = new Uint8Array(Math.ceil(fileBytes / MIB / 8) + 1);
  }

  /** @returns false where some of it is another's; what is beyond the file is nobody's */
  take(offset: number, bytes: number): boolean {
    const last = Math.min((offset + bytes) / MIB, this.#bits.length * 8);
    for (let at = offset / MIB; at < last; at += 1) {
      const bit = 1 << (at & 7);
      const byte = this.#bits[at >> 3] ?? 0;
      if ((byte & bit) !== 0) return false;
      this.#bits[at >> 3] = byte | bit;
    }
    return true;
  }
}
