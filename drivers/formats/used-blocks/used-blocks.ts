import { FormatError } from '../errors.ts';
import type { BlockRun } from '../partclone/block-map.ts';
import { readExtUsed } from './ext.ts';
import { readRange, type RangeSource } from './ranges.ts';
import { readXfsUsed } from './xfs.ts';

/** What of a device its file system uses: the rest may read as anything. */
export interface UsedBlocks {
  readonly blockBytes: number;
  /** Of the file system; the device may be longer, and what is behind is not the file system's. */
  readonly blocks: number;
  /** How many of them are in use. */
  readonly used: number;
  /** In ascending order, each as long as it can be. */
  readonly runs: () => Iterable<BlockRun>;
}

const HEAD = 4096;

/**
 * The used blocks of ext2, ext3, ext4 or XFS, as the file system's own maps tell. Nobody may write to it meanwhile, and nothing may stand in its
 * journal alone: a snapshot, as the kernel brings the file system to rest for it, one that is frozen, or one that is not mounted.
 * @returns null for another file system
 * @throws {FormatError} BAD_VALUE where its maps are damaged or contradict each other: `fsck` knows more; UNSUPPORTED where this program does
 * not know what a feature makes of them, or its journal is not written back; TOO_LARGE. All of it is to be taken as used then
 */
export async function readUsedBlocks(source: RangeSource): Promise<UsedBlocks | null> {
  const head = await readRange(source, { at: 0, length: HEAD });
  if (head.toString('latin1', 0, 4) === 'XFSB') return readXfsUsed(source, head);
  if (head.readUInt16LE(1024 + 0x38) === 0xef53) return readExtUsed(source, head.subarray(1024, 2048));
  return null;
}

/** The same as bytes of the device: what is used, or lies behind the file system's end. @param deviceBytes of all of it */
export function* usedBytes(
  { blockBytes, blocks, runs }: UsedBlocks,
  deviceBytes: number,
): Generator<{ readonly at: number; readonly length: number }, void, void> {
  const end = blocks * blockBytes;
  if (end > deviceBytes)
    throw new FormatError('BAD_VALUE', `The file system has ${end} bytes, its device only ${deviceBytes}`);
  for (const { first, count } of runs()) yield { at: first * blockBytes, length: count * blockBytes };
  if (end < deviceBytes) yield { at: end, length: deviceBytes - end };
}
