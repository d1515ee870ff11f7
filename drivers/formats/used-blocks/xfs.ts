import { Crc32c } from '../disk-file/crc32c.ts';
import { FormatError } from '../errors.ts';
import type { BlockRun } from '../partclone/block-map.ts';
import { damaged } from './damaged.ts';
import { readBlocksAt, type ByteRange, type RangeSource } from './ranges.ts';
import type { UsedBlocks } from './used-blocks.ts';

/** fs/xfs/libxfs/xfs_format.h; all numbers are big endian. */
const MAGIC = { header: 'XAGF', tree4: 'ABTB', tree5: 'AB3B' };
const AGF_CRC = 216;
const TREE_HEADER = { 4: 16, 5: 56 };
const TREE_CRC = 52;
const MAX_LEVELS = 9;
const MAX_GROUPS = 2 ** 20;
/** Free pieces that are held, with 8 bytes each; a tree has no more blocks than a hundredth of that. */
const MAX_RECORDS = 2 ** 23;
/** File types, sparse inodes, UUID of metadata, large times, counters of 64 bits, exchange of ranges, parents. */
const KNOWN_INCOMPAT = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x40 | 0x80;

interface Superblock {
  readonly blockBytes: number;
  readonly sectorBytes: number;
  readonly blocks: number;
  readonly groupBlocks: number;
  readonly groups: number;
  readonly version: 4 | 5;
}

/** An allocation group while its tree of free pieces is read. */
interface Group {
  readonly index: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  /** Of the tree that are read next, from left to right, within the group. */
  nodes: number[];
  level: number;
  /** First block and count, in turns, ascending. */
  free: number[];
}

/**
 * By the trees of free pieces, ordered by block, of all groups; read level by level, so that a device far away is asked a few times. What the
 * groups keep for their trees is taken as used.
 * @param head the device's first 4096 bytes
 * @throws {FormatError} as readUsedBlocks
 */
export async function readXfsUsed(source: RangeSource, head: Buffer): Promise<UsedBlocks> {
  const fs = readSuperblock(head);
  const crc = await Crc32c.load();
  const groups = await readGroups(source, fs, crc);
  let held = 0;
  for (let open = groups; open.length > 0; open = open.filter(({ nodes }) => nodes.length > 0)) {
    const places = open.flatMap(({ index, nodes }) => nodes.map((node) => index * fs.groupBlocks + node));
    held += places.length * 128;
    if (held > MAX_RECORDS) throw tooMany();
    const blocks = readBlocksAt(source, places, fs.blockBytes);
    for (const group of open) {
      const next: number[] = [];
      for (const node of group.nodes) {
        const { value } = await blocks.next();
        if (value === undefined) throw damaged('a tree of free blocks ends early');
        const found = readNode(fs, crc, group, { node, bytes: value });
        if (group.level > 0) next.push(...found);
        else group.free.push(...found);
      }
      group.nodes = next;
      group.level -= 1;
      held += next.length;
    }
    await blocks.return();
  }
  let free = 0;
  for (const group of groups) free += countFree(group);
  return {
    blockBytes: fs.blockBytes,
    blocks: fs.blocks,
    used: fs.blocks - free,
    runs: () => usedRuns(fs, groups),
  };
}

function tooMany(): FormatError {
  return new FormatError('TOO_LARGE', 'The free blocks of the file system lie in too many pieces to be held');
}

function readSuperblock(head: Buffer): Superblock {
  const version = head.readUInt16BE(100) & 0xf;
  const blocks = Number(head.readBigUInt64BE(8));
  const blockBytes = head.readUInt32BE(4);
  const sectorBytes = head.readUInt16BE(102);
  const groupBlocks = head.readUInt32BE(84);
  const groups = head.readUInt32BE(88);
  if (version !== 4 && version !== 5)
    throw new FormatError('UNSUPPORTED', `Which blocks XFS of version ${version} uses is not known here`);
  const unknown = version === 5 ? (head.readUInt32BE(216) & ~KNOWN_INCOMPAT) >>> 0 : 0;
  if (unknown !== 0)
    throw new FormatError(
      'UNSUPPORTED',
      `Which blocks the file system uses is not known here: it is to be repaired, or has features of a newer kernel (0x${unknown.toString(16)})`,
    );
  const isPower = (value: number): boolean => value >= 512 && value <= 65536 && (value & (value - 1)) === 0;
  if (
    !isPower(blockBytes) ||
    !isPower(sectorBytes) ||
    sectorBytes > blockBytes ||
    head.readUInt8(126) !== 0 ||
    groups === 0 ||
    !Number.isSafeInteger(blocks * blockBytes) ||
    Math.ceil(blocks / groupBlocks) !== groups
  )
    throw damaged('its superblock holds sizes that cannot be');
  if (groups > MAX_GROUPS) throw new FormatError('TOO_LARGE', `The file system has ${groups} groups`);
  return { blockBytes, sectorBytes, blocks, groupBlocks, groups, version };
}

async function readGroups(source: RangeSource, fs: Superblock, crc: Crc32c): Promise<Group[]> {
  const places = Array.from({ length: fs.groups }, (_, index): ByteRange => ({
    at: index * fs.groupBlocks * fs.blockBytes + fs.sectorBytes,
    length: fs.sectorBytes,
  }));
  const groups: Group[] = [];
  for await (const bytes of source.readRanges(places)) groups.push(readGroup(fs, crc, groups.length, bytes));
  if (groups.length < fs.groups) throw damaged('headers of its groups are missing');
  return groups;
}

function readGroup(fs: Superblock, crc: Crc32c, index: number, bytes: Buffer): Group {
  const blocks = Math.min(fs.groupBlocks, fs.blocks - index * fs.groupBlocks);
  const levels = bytes.readUInt32BE(28);
  const root = bytes.readUInt32BE(16);
  if (
    bytes.toString('latin1', 0, 4) !== MAGIC.header ||
    bytes.readUInt32BE(8) !== index ||
    bytes.readUInt32BE(12) !== blocks ||
    levels === 0 ||
    levels > MAX_LEVELS ||
    root >= blocks ||
    (fs.version === 5 && !crc.isRight(bytes, AGF_CRC))
  )
    throw damaged(`the header of the free blocks of group ${index} is wrong`);
  // Blocks kept for the trees (its list) and those of the trees are not among these.
  return { index, blocks, freeBlocks: bytes.readUInt32BE(52), nodes: [root], level: levels - 1, free: [] };
}

interface Node {
  readonly node: number;
  readonly bytes: Buffer;
}

/** Of a leaf its pieces, first block and count in turns; of an inner one the blocks of its children. */
function readNode(
  fs: Superblock,
  crc: Crc32c,
  { index, level, blocks }: Group,
  { node, bytes }: Node,
): number[] {
  const header = TREE_HEADER[fs.version];
  const records = bytes.readUInt16BE(6);
  const most = Math.floor((fs.blockBytes - header) / (level === 0 ? 8 : 12));
  if (
    bytes.toString('latin1', 0, 4) !== (fs.version === 5 ? MAGIC.tree5 : MAGIC.tree4) ||
    bytes.readUInt16BE(4) !== level ||
    records > most ||
    (fs.version === 5 && !crc.isRight(bytes, TREE_CRC))
  )
    throw damaged(`block ${node} of the tree of free blocks of group ${index} is wrong`);
  const found: number[] = [];
  for (let record = 0; record < records; record += 1)
    if (level === 0) {
      found.push(bytes.readUInt32BE(header + record * 8), bytes.readUInt32BE(header + record * 8 + 4));
    } else {
      // Behind room for as many keys as there could be.
      const child = bytes.readUInt32BE(header + most * 8 + record * 4);
      if (child >= blocks) throw damaged(`the tree of free blocks of group ${index} leaves the group`);
      found.push(child);
    }
  return found;
}

function countFree({ index, blocks, free, freeBlocks }: Group): number {
  let end = 0;
  let count = 0;
  for (let at = 0; at < free.length; at += 2) {
    const first = free[at] ?? 0;
    const length = free[at + 1] ?? 0;
    if (first < end || length === 0 || first + length > blocks)
      throw damaged(`free blocks of group ${index} overlap, or lie behind its end`);
    end = first + length;
    count += length;
  }
  if (count !== freeBlocks)
    throw damaged(`group ${index} has ${freeBlocks} free blocks by its header, and ${count} by its tree`);
  return count;
}

function* usedRuns(
  { blocks, groupBlocks }: Superblock,
  groups: readonly Group[],
): Generator<BlockRun, void, void> {
  let first = 0;
  for (const { index, free } of groups)
    for (let at = 0; at < free.length; at += 2) {
      const from = index * groupBlocks + (free[at] ?? 0);
      if (from > first) yield { first, count: from - first };
      first = from + (free[at + 1] ?? 0);
    }
  if (first < blocks) yield { first, count: blocks - first };
}
