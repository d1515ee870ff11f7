import { FormatError } from '../errors.ts';
import type { ChecksumKind } from './checksum.ts';
import { Crc32 } from './checksum.ts';

export const MAGIC = 'partclone-image';
/** What tells the version lies within so many bytes. */
export const VERSION_END = 34;
export const HEADER_2_BYTES = 110;
export const HEADER_1_BYTES = 4160;
/** partclone's own bound (MAX_BLOCK_SIZE). */
const MAX_BLOCK_BYTES = 64 * 1024 ** 2;
const FEATURE_BYTES = 18;
const NATIVE = 0xc0de;
const SWAPPED = 0xdec0;

/** What both versions tell of the device. */
export interface DeviceHeader {
  readonly fileSystem: string;
  readonly deviceBytes: number;
  readonly blocks: number;
  readonly blockBytes: number;
}

export interface Header2 extends DeviceHeader {
  readonly checksum: ChecksumKind | null;
  /** So many blocks in use have one checksum. */
  readonly stripBlocks: number;
  /** Each strip's checksum begins anew. */
  readonly reseed: boolean;
  readonly map: 'none' | 'bits' | 'bytes';
}

/** checksum_mode_enum and what get_checksum_size() says of it (checksum.h). */
const CHECKSUMS: ReadonlyMap<number, { readonly kind: ChecksumKind | null; readonly bytes: number }> =
  new Map([
    [0x00, { kind: null, bytes: 0 }],
    [0x20, { kind: 'crc32', bytes: 4 }],
    [0x30, { kind: 'xxh64', bytes: 8 }],
    [0x31, { kind: 'xxh128', bytes: 16 }],
  ]);
/** bitmap_mode_t. */
const MAPS: ReadonlyMap<number, Header2['map']> = new Map([
  [0, 'none'],
  [1, 'bits'],
  [8, 'bytes'],
]);

/** @param head of the file, `VERSION_END` bytes; null: it is another format */
export function partcloneVersion(head: Buffer): string | null {
  if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  return head.toString('latin1', 30, VERSION_END).replaceAll(/[^\x20-\x7e]/g, '?');
}

/**
 * image_desc_v2 (partclone.h): 0 magic, 16 partclone's version, 30 "0002", 34 endianness u16, 36 file system, 52 device's size u64,
 * 60 blocks u64, 68 used by the superblock u64, 76 used by the map u64, 84 block size u32, 88 size of the options u32, 92 version u16,
 * 94 CPU's bits u16, 96 checksum mode u16, 98 checksum size u16, 100 blocks for each checksum u32, 104 reseed u8, 105 map's mode u8,
 * 106 CRC of all before u32.
 * @throws FormatError
 */
export function readHeader2(bytes: Buffer): Header2 {
  const endian = bytes.readUInt16LE(34);
  if (endian === SWAPPED)
    throw new FormatError('UNSUPPORTED', 'The image was made by a computer with big-endian numbers', 34);
  if (endian !== NATIVE) throw new FormatError('BAD_VALUE', 'The header has no mark of its byte order', 34);
  const crc = new Crc32();
  crc.update(bytes.subarray(0, 106));
  if (!bytes.subarray(106, HEADER_2_BYTES).equals(crc.value()))
    throw new FormatError('BAD_VALUE', 'The checksum of the header is wrong', 106);
  const device = deviceOf(bytes, { name: 36, nameBytes: 16, device: 52, blocks: 60, used: 76, block: 84 });
  expect(bytes.readUInt32LE(88), FEATURE_BYTES, { what: 'size of the options', at: 88 });
  expect(bytes.readUInt16LE(92), 2, { what: 'version of the options', at: 92 });
  const mode = bytes.readUInt16LE(96);
  const checksum = CHECKSUMS.get(mode);
  if (checksum === undefined)
    throw new FormatError('UNSUPPORTED', `The image has checksums of an unknown kind (${mode})`, 96);
  expect(bytes.readUInt16LE(98), checksum.bytes, { what: 'size of a checksum', at: 98 });
  const stripBlocks = bytes.readUInt32LE(100);
  if (checksum.kind !== null && stripBlocks === 0)
    throw new FormatError('BAD_VALUE', 'The header says that a checksum is for no blocks', 100);
  const reseed = bytes.readUInt8(104);
  if (reseed > 1)
    throw new FormatError('BAD_VALUE', `The way checksums begin (${reseed}) is neither 0 nor 1`, 104);
  const map = MAPS.get(bytes.readUInt8(105));
  if (map === undefined)
    throw new FormatError('UNSUPPORTED', `The map of blocks is of an unknown kind (${bytes[105]})`, 105);
  return { ...device, checksum: checksum.kind, stripBlocks, reseed: reseed === 1, map };
}

/**
 * image_desc_v1: 0 magic (15), 15 file system (15), 30 "0001", 36 block size i32, 40 device's size u64, 48 blocks u64, 56 used u64, then
 * nothing up to 4160.
 * @throws FormatError
 */
export function readHeader1(bytes: Buffer): DeviceHeader {
  return deviceOf(bytes, { name: 15, nameBytes: 15, device: 40, blocks: 48, used: 56, block: 36 });
}

interface Places {
  readonly name: number;
  readonly nameBytes: number;
  readonly device: number;
  readonly blocks: number;
  readonly used: number;
  readonly block: number;
}

/** The checks are those of partclone's load_image_desc(). */
function deviceOf(bytes: Buffer, at: Places): DeviceHeader {
  const number = (offset: number, what: string): number => {
    const value = Number(bytes.readBigUInt64LE(offset));
    if (!Number.isSafeInteger(value))
      throw new FormatError('TOO_LARGE', `The ${what} is ${value}, which no device has`, offset);
    return value;
  };
  const name = bytes.toString('latin1', at.name, at.name + at.nameBytes).replace(/\0.*$/s, '');
  if (!/^[\x20-\x7e]+$/.test(name))
    throw new FormatError('BAD_VALUE', 'The header has no name of a file system', at.name);
  const blockBytes = bytes.readUInt32LE(at.block);
  if (blockBytes === 0 || blockBytes > MAX_BLOCK_BYTES)
    throw new FormatError('BAD_VALUE', `A block would have ${blockBytes} bytes`, at.block);
  const deviceBytes = number(at.device, 'size of the device');
  const blocks = number(at.blocks, 'number of blocks');
  const used = number(at.used, 'number of blocks in use');
  if (used > blocks)
    throw new FormatError('BAD_VALUE', `${used} blocks would be in use, of ${blocks}`, at.used);
  if (blocks * blockBytes > deviceBytes)
    throw new FormatError(
      'BAD_VALUE',
      `${blocks} blocks of ${blockBytes} bytes do not fit on a device of ${deviceBytes}`,
      at.blocks,
    );
  return { fileSystem: name, deviceBytes, blocks, blockBytes };
}

function expect(value: number, wanted: number, { what, at }: { what: string; at: number }): void {
  if (value !== wanted)
    throw new FormatError('BAD_VALUE', `The ${what} is ${value}, where ${wanted} is expected`, at);
}
