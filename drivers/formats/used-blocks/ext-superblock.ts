import { FormatError } from '../errors.ts';
import { damaged } from './damaged.ts';
import { extCrc32c } from './ext-checksums.ts';

/** What of a superblock says where the maps are (fs/ext4/ext4.h). Blocks are counted from the beginning of the device. */
export interface ExtSuperblock {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly firstBlock: number;
  readonly groupBlocks: number;
  readonly groups: number;
  readonly inodeTableBlocks: number;
  readonly descriptorBytes: number;
  /** Blocks of descriptors behind a superblock, and those kept free for more of them. */
  readonly descriptorBlocks: number;
  readonly reservedBlocks: number;
  /** From this block of descriptors on they lie in the groups that they are of; infinite: none does. */
  readonly firstMetaBlock: number;
  readonly checksums: 'crc32c' | 'crc16' | 'none';
  /** CRC-32C of the file system's UUID, or what stands for it. */
  readonly seed: number;
  readonly uuid: Buffer;
  hasSuperblock(group: number): boolean;
}

const STATE = { mask: 0x3, clean: 0x1 };
const COMPAT = { sparseSuper2: 0x200 };
const INCOMPAT = {
  compression: 0x1,
  recover: 0x4,
  journalDevice: 0x8,
  metaGroups: 0x10,
  bits64: 0x80,
  seed: 0x2000,
};
/** File types, recover, meta groups, extents, 64 bits, MMP, flexible groups, inodes of attributes, data in directories and inodes, large directories, … */
const KNOWN_INCOMPAT =
  0x2 |
  0x4 |
  0x10 |
  0x40 |
  0x80 |
  0x100 |
  0x200 |
  0x400 |
  0x1000 |
  0x2000 |
  0x4000 |
  0x8000 |
  0x10000 |
  0x20000;
const RO_COMPAT = { sparseSuper: 0x1, groupChecksums: 0x10, clusters: 0x200, checksums: 0x400 };
/** Large and huge files, links of directories, inodes' extra room, quota, read-only, projects, verity, orphans’ file, … */
const KNOWN_RO_COMPAT =
  0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200 | 0x400 | 0x1000 | 0x2000 | 0x8000 | 0x10000;
/** 128 TiB in groups of 128 MiB. */
const MAX_GROUPS = 2 ** 20;

/** @throws {FormatError} */
export function readExtSuperblock(sb: Buffer): ExtSuperblock {
  const compat = sb.readUInt32LE(0x5c);
  const incompat = sb.readUInt32LE(0x60);
  const roCompat = sb.readUInt32LE(0x64);
  refuseFeatures(incompat, roCompat);
  // Without a journal this tells that it is mounted, or was not unmounted; with one, that it has errors.
  if ((sb.readUInt16LE(0x3a) & STATE.mask) !== STATE.clean)
    throw new FormatError(
      'UNSUPPORTED',
      'The file system is in use, or has errors: what it uses is not certain',
    );
  const has = (features: number, bit: number): boolean => (features & bit) !== 0;
  const uuid = Buffer.from(sb.subarray(0x68, 0x78));
  const checksums = has(roCompat, RO_COMPAT.checksums)
    ? 'crc32c'
    : has(roCompat, RO_COMPAT.groupChecksums)
      ? 'crc16'
      : 'none';
  if (checksums === 'crc32c' && extCrc32c(0xffffffff, sb.subarray(0, 0x3fc)) !== sb.readUInt32LE(0x3fc))
    throw damaged('the checksum of its superblock is wrong');
  const is64 = has(incompat, INCOMPAT.bits64);
  const blockBytes = 1024 * 2 ** Math.min(sb.readUInt32LE(0x18), 7);
  const blocks = sb.readUInt32LE(0x4) + (is64 ? sb.readUInt32LE(0x150) * 2 ** 32 : 0);
  const firstBlock = sb.readUInt32LE(0x14);
  const groupBlocks = sb.readUInt32LE(0x20);
  const inodeBytes = sb.readUInt32LE(0x4c) === 0 ? 128 : sb.readUInt16LE(0x58);
  const descriptorBytes = is64 ? sb.readUInt16LE(0xfe) : 32;
  if (
    blockBytes > 65536 ||
    firstBlock !== (blockBytes === 1024 ? 1 : 0) ||
    blocks <= firstBlock ||
    !Number.isSafeInteger(blocks * blockBytes) ||
    groupBlocks === 0 ||
    groupBlocks % 8 !== 0 ||
    groupBlocks > 8 * blockBytes ||
    descriptorBytes < (is64 ? 64 : 32) ||
    descriptorBytes > 1024 ||
    (descriptorBytes & (descriptorBytes - 1)) !== 0
  )
    throw damaged('its superblock holds sizes that cannot be');
  const groups = Math.ceil((blocks - firstBlock) / groupBlocks);
  if (groups > MAX_GROUPS)
    throw new FormatError('TOO_LARGE', `The file system has ${groups} groups of blocks`);
  const allDescriptorBlocks = Math.ceil(groups / (blockBytes / descriptorBytes));
  const firstMetaBlock = has(incompat, INCOMPAT.metaGroups)
    ? sb.readUInt32LE(0x104)
    : Number.POSITIVE_INFINITY;
  const backups = [sb.readUInt32LE(0x24c), sb.readUInt32LE(0x250)];
  return {
    blockBytes,
    blocks,
    firstBlock,
    groupBlocks,
    groups,
    inodeTableBlocks: Math.ceil((sb.readUInt32LE(0x28) * inodeBytes) / blockBytes),
    descriptorBytes,
    descriptorBlocks: Math.min(allDescriptorBlocks, firstMetaBlock),
    reservedBlocks: sb.readUInt16LE(0xce),
    firstMetaBlock,
    checksums,
    seed: has(incompat, INCOMPAT.seed) ? sb.readUInt32LE(0x270) : extCrc32c(0xffffffff, uuid),
    uuid,
    hasSuperblock: (group) => {
      if (group === 0) return true;
      if (has(compat, COMPAT.sparseSuper2)) return backups.includes(group);
      return (
        !has(roCompat, RO_COMPAT.sparseSuper) || group === 1 || [3, 5, 7].some((base) => isPower(group, base))
      );
    },
  };
}

function refuseFeatures(incompat: number, roCompat: number): void {
  const refuse = (what: string): never => {
    throw new FormatError('UNSUPPORTED', `Which blocks the file system uses is not known here: ${what}`);
  };
  if ((incompat & INCOMPAT.journalDevice) !== 0) refuse('it is the journal of another one');
  if ((incompat & INCOMPAT.compression) !== 0) refuse('it compresses files');
  if ((incompat & INCOMPAT.recover) !== 0) refuse('its journal is not written back');
  if ((roCompat & RO_COMPAT.clusters) !== 0) refuse('it gives room by clusters (bigalloc)');
  const unknown = [(incompat & ~KNOWN_INCOMPAT) >>> 0, (roCompat & ~KNOWN_RO_COMPAT) >>> 0];
  if (unknown.some((bits) => bits !== 0))
    refuse(
      `it has features of a newer kernel (${unknown.map((bits) => `0x${bits.toString(16)}`).join(', ')})`,
    );
}

function isPower(value: number, base: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}
