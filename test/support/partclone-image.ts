import { crc32 } from 'node:zlib';
import { createXXHash128, createXXHash64, type IHasher } from 'hash-wasm';

/** An image of partclone's, as its writer (write_image_desc(), write_image_bitmap(), main()) makes it. */
export interface PartcloneParts {
  readonly fileSystem: string;
  readonly blockBytes: number;
  readonly deviceBytes: number;
  /** Of each block: its bytes, or null where it is not in use. */
  readonly blocks: readonly (Uint8Array | null)[];
}

export interface PartcloneKind {
  readonly checksum: 'none' | 'crc32' | 'xxh64' | 'xxh128';
  readonly stripBlocks: number;
  readonly reseed: boolean;
  readonly map: 'none' | 'bits' | 'bytes';
}

const MODES = { none: [0, 0], crc32: [0x20, 4], xxh64: [0x30, 8], xxh128: [0x31, 16] } as const;
const MAPS = { none: 0, bits: 1, bytes: 8 } as const;

/** Format 2. */
export async function partcloneImage(parts: PartcloneParts, kind: PartcloneKind): Promise<Buffer> {
  const header = headerOf(parts, kind);
  const out: Uint8Array[] = [header, mapOf(parts, kind)];
  const sums = await checksums(kind.checksum);
  let open = 0;
  for (const block of parts.blocks) {
    if (block === null) continue;
    out.push(block);
    sums.update(block);
    open += 1;
    if (open < kind.stripBlocks || kind.checksum === 'none') continue;
    out.push(sums.value());
    open = 0;
    if (kind.reseed) sums.restart();
  }
  if (open > 0) out.push(sums.value());
  return Buffer.concat(out);
}

function headerOf(
  { fileSystem, blockBytes, deviceBytes, blocks }: PartcloneParts,
  kind: PartcloneKind,
): Buffer {
  const header = Buffer.alloc(110);
  header.write('partclone-image', 0, 'latin1');
  header.write('0.3.23', 16, 'latin1');
  header.write('0002', 30, 'latin1');
  header.writeUInt16LE(0xc0de, 34);
  header.write(fileSystem, 36, 'latin1');
  header.writeBigUInt64LE(BigInt(deviceBytes), 52);
  header.writeBigUInt64LE(BigInt(blocks.length), 60);
  header.writeBigUInt64LE(BigInt(used(blocks)), 68);
  header.writeBigUInt64LE(BigInt(used(blocks)), 76);
  header.writeUInt32LE(blockBytes, 84);
  header.writeUInt32LE(18, 88);
  header.writeUInt16LE(2, 92);
  header.writeUInt16LE(64, 94);
  const [mode, size] = MODES[kind.checksum];
  header.writeUInt16LE(mode, 96);
  header.writeUInt16LE(size, 98);
  header.writeUInt32LE(kind.checksum === 'none' ? 0 : kind.stripBlocks, 100);
  header.writeUInt8(kind.reseed ? 1 : 0, 104);
  header.writeUInt8(MAPS[kind.map], 105);
  return signed(header);
}

/** With the checksum of a header that was changed. */
export function signed(header: Buffer): Buffer {
  header.writeUInt32LE(~crc32(header.subarray(0, 106)) >>> 0, 106);
  return header;
}

function mapOf({ blocks }: PartcloneParts, { map }: PartcloneKind): Buffer {
  if (map === 'none') return Buffer.alloc(0);
  if (map === 'bytes') return bytesMap(blocks);
  const bytes = Buffer.alloc(Math.ceil(blocks.length / 8) + 4);
  for (const [index, block] of blocks.entries())
    if (block !== null) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  bytes.writeUInt32LE(~crc32(bytes.subarray(0, -4)) >>> 0, bytes.length - 4);
  return bytes;
}

function bytesMap(blocks: PartcloneParts['blocks']): Buffer {
  return Buffer.concat([
    Buffer.from(blocks.map((block) => (block === null ? 0 : 1))),
    Buffer.from('BiTmAgIc'),
  ]);
}

function used(blocks: PartcloneParts['blocks']): number {
  return blocks.filter((block) => block !== null).length;
}

interface Sums {
  restart(): void;
  update(bytes: Uint8Array): void;
  value(): Buffer;
}

async function checksums(kind: PartcloneKind['checksum']): Promise<Sums> {
  if (kind === 'xxh64') return hashSums(await createXXHash64());
  if (kind === 'xxh128') return hashSums(await createXXHash128());
  let crc = 0;
  return {
    restart: () => void (crc = 0),
    update: (bytes) => void (crc = crc32(bytes, crc)),
    value: () => {
      const value = Buffer.alloc(kind === 'none' ? 0 : 4);
      if (kind !== 'none') value.writeUInt32LE(~crc >>> 0);
      return value;
    },
  };
}

/** All bytes are kept: a value does not end what goes on. */
function hashSums(hasher: IHasher): Sums {
  let all: Uint8Array[] = [];
  return {
    restart: () => void (all = []),
    update: (bytes) => void all.push(bytes),
    value: () => Buffer.from(hasher.init().update(Buffer.concat(all)).digest('binary').toReversed()),
  };
}

/** Format 1; `sumBytes`: 4, or 8 as old 64-bit partclones wrote. */
export function partcloneImage1(
  { fileSystem, blockBytes, deviceBytes, blocks }: PartcloneParts,
  sumBytes: 4 | 8,
): Buffer {
  const header = Buffer.alloc(4160);
  header.write('partclone-image', 0, 'latin1');
  header.write(fileSystem, 15, 'latin1');
  header.write('0001', 30, 'latin1');
  header.writeUInt32LE(blockBytes, 36);
  header.writeBigUInt64LE(BigInt(deviceBytes), 40);
  header.writeBigUInt64LE(BigInt(blocks.length), 48);
  header.writeBigUInt64LE(BigInt(used(blocks)), 56);
  const out: Uint8Array[] = [header, bytesMap(blocks)];
  let crc = 0xffffffff;
  for (const block of blocks) {
    if (block === null) continue;
    // crc32_0001(): the table's step for each byte, but always with the first one.
    const same = Buffer.alloc(blockBytes, block[0] ?? 0);
    crc = ~crc32(same, ~crc >>> 0) >>> 0;
    const sum = Buffer.alloc(sumBytes, 0x5a);
    sum.writeUInt32LE(crc);
    out.push(block, sum);
  }
  return Buffer.concat(out);
}
