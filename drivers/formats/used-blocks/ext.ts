import { BlockMap, ONES, type BlockRun } from '../partclone/block-map.ts';
import { damaged } from './damaged.ts';
import { extCrc16, extCrc32c } from './ext-checksums.ts';
import { readExtSuperblock, type ExtSuperblock } from './ext-superblock.ts';
import { readBlocksAt, type RangeSource } from './ranges.ts';
import type { UsedBlocks } from './used-blocks.ts';

/** A group's map was never written: only what is told elsewhere is in use there. */
const BLOCK_UNINIT = 0x2;

interface Group {
  readonly bitmapBlock: number;
  readonly inodeBitmapBlock: number;
  readonly inodeTableBlock: number;
  readonly freeBlocks: number;
  readonly unwritten: boolean;
  /** Of the map; null: there is none. */
  readonly checksum: number | null;
  /** Of `checksum`, 16 or 32. */
  readonly checksumBits: number;
}

/**
 * By the descriptors of its groups and their maps of blocks; each map is compared with its checksum, where there is one, and with the count of
 * free blocks.
 * @param superblock its 1024 bytes
 * @throws {FormatError} as readUsedBlocks
 */
export async function readExtUsed(source: RangeSource, superblock: Buffer): Promise<UsedBlocks> {
  const fs = readExtSuperblock(superblock);
  const groups = await readGroups(source, fs);
  const map = new BlockMap(fs.blocks - fs.firstBlock);
  const computed = unwrittenMaps(fs, groups);
  const written = groups.filter(({ unwritten }) => !unwritten).map(({ bitmapBlock }) => bitmapBlock);
  const maps = readBlocksAt(source, written, fs.blockBytes);
  for (const [index, group] of groups.entries()) {
    const bytes = computed.get(index) ?? (await nextMap(maps));
    verify(fs, index, group, bytes);
    // The map keeps it, and changes its last byte.
    map.add(Uint8Array.from(bytes.subarray(0, Math.ceil(blocksOf(fs, index) / 8))));
  }
  await maps.return();
  const { firstBlock } = fs;
  return {
    blockBytes: fs.blockBytes,
    blocks: fs.blocks,
    used: map.used + firstBlock,
    runs: () => withFirst(map.runs(), firstBlock),
  };
}

async function nextMap(maps: AsyncIterator<Buffer, void>): Promise<Buffer> {
  const { value } = await maps.next();
  if (value === undefined) throw damaged('it has fewer maps of blocks than groups');
  return value;
}

/** Blocks of 1 KiB have one before the first group: what boots. */
function* withFirst(runs: Iterable<BlockRun>, firstBlock: number): Generator<BlockRun, void, void> {
  let before: BlockRun | null = firstBlock > 0 ? { first: 0, count: firstBlock } : null;
  for (const { first, count } of runs) {
    if (before !== null && first > 0) yield before;
    const joined: number = before !== null && first === 0 ? firstBlock : 0;
    before = null;
    yield { first: first + firstBlock - joined, count: count + joined };
  }
  if (before !== null) yield before;
}

function blocksOf({ blocks, firstBlock, groupBlocks }: ExtSuperblock, group: number): number {
  return Math.min(groupBlocks, blocks - firstBlock - group * groupBlocks);
}

async function readGroups(source: RangeSource, fs: ExtSuperblock): Promise<Group[]> {
  const perBlock = fs.blockBytes / fs.descriptorBytes;
  const places = Array.from({ length: Math.ceil(fs.groups / perBlock) }, (_, block) =>
    block < fs.firstMetaBlock
      ? fs.firstBlock + 1 + block
      : fs.firstBlock + block * perBlock * fs.groupBlocks + (fs.hasSuperblock(block * perBlock) ? 1 : 0),
  );
  const groups: Group[] = [];
  for await (const block of readBlocksAt(source, places, fs.blockBytes))
    for (let at = 0; at < block.length && groups.length < fs.groups; at += fs.descriptorBytes)
      groups.push(readGroup(fs, groups.length, block.subarray(at, at + fs.descriptorBytes)));
  if (groups.length < fs.groups) throw damaged('descriptors of its groups are missing');
  return groups;
}

function readGroup(fs: ExtSuperblock, index: number, bytes: Buffer): Group {
  if (checksumOf(fs, index, bytes) !== bytes.readUInt16LE(0x1e))
    throw damaged(`the checksum of the descriptor of group ${index} is wrong`);
  const is64 = fs.descriptorBytes >= 64;
  const place = (low: number, high: number): number => {
    const block = bytes.readUInt32LE(low) + (is64 ? bytes.readUInt32LE(high) * 2 ** 32 : 0);
    if (block < fs.firstBlock || block >= fs.blocks)
      throw damaged(`the descriptor of group ${index} names block ${block}, behind its end`);
    return block;
  };
  const hasChecksum = fs.checksums === 'crc32c';
  return {
    bitmapBlock: place(0, 0x20),
    inodeBitmapBlock: place(4, 0x24),
    inodeTableBlock: place(8, 0x28),
    freeBlocks: bytes.readUInt16LE(0xc) + (is64 ? bytes.readUInt16LE(0x2c) * 2 ** 16 : 0),
    unwritten: fs.checksums !== 'none' && (bytes.readUInt16LE(0x12) & BLOCK_UNINIT) !== 0,
    checksum: hasChecksum
      ? (bytes.readUInt16LE(0x18) + (is64 ? bytes.readUInt16LE(0x38) * 2 ** 16 : 0)) >>> 0
      : null,
    checksumBits: is64 ? 32 : 16,
  };
}

/** Of a descriptor, whose own place for it counts as zeros or not at all. */
function checksumOf(fs: ExtSuperblock, index: number, bytes: Buffer): number {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(index);
  const before = bytes.subarray(0, 0x1e);
  const behind = bytes.subarray(0x20);
  switch (fs.checksums) {
    case 'crc32c':
      return (
        [number, before, Buffer.alloc(2), behind].reduce((crc, part) => extCrc32c(crc, part), fs.seed) &
        0xffff
      );
    case 'crc16':
      return [fs.uuid, number, before, behind].reduce((crc, part) => extCrc16(crc, part), 0xffff);
    case 'none':
      return bytes.readUInt16LE(0x1e);
  }
}

/** Maps that nobody has written: copies of the superblock, descriptors, and whatever of any group's tables lies in the group. */
function unwrittenMaps(fs: ExtSuperblock, groups: readonly Group[]): ReadonlyMap<number, Buffer> {
  const maps = new Map<number, Buffer>();
  for (const [index, { unwritten }] of groups.entries())
    if (unwritten) maps.set(index, Buffer.alloc(fs.groupBlocks / 8));
  if (maps.size === 0) return maps;
  const mark = (first: number, count: number): void => {
    for (let block = first; block < first + count; block += 1) {
      const at = block - fs.firstBlock;
      const map = maps.get(Math.floor(at / fs.groupBlocks));
      const bit = at % fs.groupBlocks;
      if (map !== undefined) map[bit >> 3] = (map[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  };
  for (const [index, group] of groups.entries()) {
    const first = fs.firstBlock + index * fs.groupBlocks;
    if (maps.has(index)) mark(first, ownBlocks(fs, index));
    mark(group.bitmapBlock, 1);
    mark(group.inodeBitmapBlock, 1);
    mark(group.inodeTableBlock, fs.inodeTableBlocks);
  }
  return maps;
}

/** Blocks at the beginning of a group for a copy of the superblock and descriptors. */
function ownBlocks(fs: ExtSuperblock, index: number): number {
  const perBlock = fs.blockBytes / fs.descriptorBytes;
  const copy = fs.hasSuperblock(index) ? 1 : 0;
  if (Math.floor(index / perBlock) < fs.firstMetaBlock)
    return copy === 0 ? 0 : 1 + fs.descriptorBlocks + fs.reservedBlocks;
  return copy + ([0, 1, perBlock - 1].includes(index % perBlock) ? 1 : 0);
}

function verify(fs: ExtSuperblock, index: number, group: Group, map: Buffer): void {
  if (group.checksum !== null && !group.unwritten) {
    const crc = extCrc32c(fs.seed, map.subarray(0, fs.groupBlocks / 8));
    if ((group.checksumBits === 32 ? crc : crc & 0xffff) !== group.checksum)
      throw damaged(`the checksum of the map of group ${index} is wrong`);
  }
  const blocks = blocksOf(fs, index);
  let used = 0;
  for (let bit = 0; bit < blocks; bit += 8) {
    const byte = map[bit >> 3] ?? 0;
    used += ONES[blocks - bit < 8 ? byte & (0xff >> (8 - (blocks - bit))) : byte] ?? 0;
  }
  if (blocks - used !== group.freeBlocks)
    throw damaged(
      `group ${index} has ${group.freeBlocks} free blocks by its descriptor, and ${blocks - used} by its map`,
    );
}
