/** How much of a file system's beginning says everything: sectors have 4 KiB at most. */
export const NTFS_HEAD_BYTES = 4096;

/**
 * The copy of NTFS's boot sector, which lies after its last cluster: no image of used clusters has it, and Windows needs it when the
 * first one is damaged. null where `head` is the beginning of no NTFS, or the volume has no room for it.
 */
export function ntfsBootCopy(
  head: Uint8Array,
  sizeBytes: number,
): { offset: number; data: Uint8Array } | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  if (bytes.length < 512 || bytes.toString('latin1', 3, 11) !== 'NTFS    ') return null;
  const sector = bytes.readUInt16LE(11);
  if (![256, 512, 1024, 2048, 4096].includes(sector) || bytes.length < sector) return null;
  const offset = bytes.readBigUInt64LE(0x28) * BigInt(sector);
  if (offset === 0n || offset + BigInt(sector) > BigInt(sizeBytes)) return null;
  return { offset: Number(offset), data: Uint8Array.from(bytes.subarray(0, sector)) };
}
