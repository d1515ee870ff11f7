/** What a file of a disk or CD is, by its bytes and not by its name. `raw` is what is none of the others. */
export type ImageFormat =
  | 'qcow2'
  | 'qed'
  | 'cow'
  | 'bochs'
  | 'cloop'
  | 'dmg'
  | 'vmdk'
  | 'vdi'
  | 'vhdx'
  | 'vpc'
  | 'parallels'
  | 'luks'
  | 'iso'
  | 'tar'
  | 'zip'
  | 'gzip'
  | 'bzip2'
  | 'xz'
  | 'zstd'
  | 'raw';

export interface DetectedImage {
  readonly format: ImageFormat;
  /** The partition table of a raw disk; an ISO that boots from USB sticks has one too. */
  readonly partitions: 'mbr' | 'gpt' | null;
}

/** How much of the beginning says everything: an ISO's first descriptor is at 32 KiB. */
export const HEAD_BYTES = 36 * 1024;
/** How much of the end says everything: a VHD of fixed size and a DMG are told by their footers. */
export const TAIL_BYTES = 512;

type Magic = readonly [format: ImageFormat, offset: number, bytes: string];

/** In the order of trial. A CD may begin with anything, and a disk with the boot code of one. */
const MAGICS: readonly Magic[] = [
  ['qcow2', 0, 'QFI\xfb'],
  ['qed', 0, 'QED\0'],
  ['cow', 0, 'OOOM'],
  ['bochs', 0, 'Bochs Virtual HD Image'],
  ['cloop', 0, '#!/bin/sh\n#V2.0 Format\n'],
  ['vmdk', 0, 'KDMV'],
  ['vmdk', 0, 'COWD'],
  ['vmdk', 0, '# Disk DescriptorFile'],
  ['vdi', 0x40, '\x7f\x10\xda\xbe'],
  ['vhdx', 0, 'vhdxfile'],
  ['vpc', 0, 'conectix'],
  ['parallels', 0, 'WithoutFreeSpace'],
  ['parallels', 0, 'WithouFreSpacExt'],
  ['luks', 0, 'LUKS\xba\xbe'],
  ['gzip', 0, '\x1f\x8b\x08'],
  ['bzip2', 0, 'BZh'],
  ['xz', 0, '\xfd7zXZ\0'],
  ['zstd', 0, '\x28\xb5\x2f\xfd'],
  ['zip', 0, 'PK\x03\x04'],
  ['tar', 257, 'ustar'],
  ['iso', 0x8001, 'CD001'],
];
const FOOTERS: readonly (readonly [format: ImageFormat, magic: string])[] = [
  ['vpc', 'conectix'],
  ['dmg', 'koly'],
];
const SECTOR_SIZES = [512, 4096];
const PARTITION_TABLE = 446;

/** `head`: the first `HEAD_BYTES`; `tail`: the last `TAIL_BYTES`; shorter where the file is. */
export function detectFormat(head: Uint8Array, tail: Uint8Array = new Uint8Array()): DetectedImage {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  const found = MAGICS.find(([, offset, magic]) => isAt(bytes, offset, magic))?.[0];
  const end = Buffer.from(tail.buffer, tail.byteOffset, tail.length);
  const format = found ?? FOOTERS.find(([, magic]) => isAt(end, 0, magic))?.[0] ?? 'raw';
  // A fixed VHD is a raw disk with a footer.
  const disk = format === 'raw' || format === 'iso' || format === 'vpc';
  return { format, partitions: disk ? partitions(bytes) : null };
}

function isAt(bytes: Buffer, offset: number, magic: string): boolean {
  return bytes.toString('latin1', offset, offset + magic.length) === magic;
}

function partitions(bytes: Buffer): 'mbr' | 'gpt' | null {
  if (SECTOR_SIZES.some((size) => isAt(bytes, size, 'EFI PART'))) return 'gpt';
  if (!isAt(bytes, 510, '\x55\xaa')) return null;
  // The boot sector of a file system ends with the same two bytes: here each of the four rows has to be one of a partition.
  const rows = [0, 1, 2, 3].map((index) => bytes.subarray(PARTITION_TABLE + 16 * index).subarray(0, 16));
  const valid = rows.every((row) => row[0] === 0 || row[0] === 0x80);
  const used = rows.some((row) => row[4] !== 0 && row.readUInt32LE(12) > 0);
  return valid && used ? 'mbr' : null;
}
