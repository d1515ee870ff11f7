import type { ByteReader } from '../byte-stream.ts';
import { FormatError } from '../errors.ts';
import type { FileSystemImage } from '../file-system-image.ts';
import { BlockMap, PIECE_BYTES, wholeMap } from './block-map.ts';
import { readBlocks } from './blocks.ts';
import { Crc32, openChecksum } from './checksum.ts';
import { HEADER_1_BYTES, HEADER_2_BYTES, readHeader1, readHeader2, type DeviceHeader } from './header.ts';
import { readOldBlocks } from './old-blocks.ts';

type Map = Pick<BlockMap, 'used' | 'runs'>;

const MAP_END = 'BiTmAgIc';
const MAP = 'the map of blocks';

/**
 * An image of partclone's, version 1 or 2: a header, a map of the blocks in use, and these blocks. Everything is little endian.
 * @param version as the header has it; `reader` is still before the header
 * @param maxBytes of the device that it is for: of a larger one no map is read
 * @throws FormatError
 */
export async function openPartclone(
  reader: ByteReader,
  version: string,
  maxBytes: number,
): Promise<FileSystemImage> {
  if (version === '0002') return openVersion2(reader, maxBytes);
  if (version === '0001') return openVersion1(reader, maxBytes);
  throw new FormatError('UNSUPPORTED', `The image has partclone’s format “${version}”`, 30);
}

async function openVersion2(reader: ByteReader, maxBytes: number): Promise<FileSystemImage> {
  const header = readHeader2(await reader.exact(HEADER_2_BYTES, 'the header'));
  refuseLarger(header, maxBytes);
  const { blockBytes, checksum: kind, stripBlocks, reseed } = header;
  let map: Map;
  if (header.map === 'bits') map = await readBits(reader, header.blocks);
  else if (header.map === 'bytes') map = await readBytes(reader, header.blocks);
  else map = wholeMap(header.blocks);
  const strips =
    kind === null ? null : { checksum: await openChecksum(kind), bytes: stripBlocks * blockBytes, reseed };
  return {
    format: 'partclone 2',
    ...described(header, map),
    checked: kind ?? 'none',
    runs: readBlocks(reader, { map, blockBytes, strips }),
  };
}

/** Its checksums are of the first byte of each block, over and over: they prove nothing of the rest. */
async function openVersion1(reader: ByteReader, maxBytes: number): Promise<FileSystemImage> {
  const header = readHeader1(await reader.exact(HEADER_1_BYTES, 'the header'));
  refuseLarger(header, maxBytes);
  const map = await readBytes(reader, header.blocks);
  return {
    format: 'partclone 1',
    ...described(header, map),
    checked: 'none',
    runs: readOldBlocks(reader, map, header.blockBytes),
  };
}

function refuseLarger({ deviceBytes }: DeviceHeader, maxBytes: number): void {
  if (deviceBytes > maxBytes)
    throw new FormatError(
      'BAD_VALUE',
      `The image is of a device of ${deviceBytes} bytes, over the ${maxBytes} that there are`,
    );
}

function described(
  { fileSystem, deviceBytes, blockBytes }: DeviceHeader,
  map: Map,
): Pick<FileSystemImage, 'fileSystem' | 'deviceBytes' | 'usedBytes'> {
  // The header's own count is not always right: partclone counts again, too.
  return { fileSystem, deviceBytes, usedBytes: map.used * blockBytes };
}

/** A bit for each block, then the CRC of them. */
async function readBits(reader: ByteReader, blocks: number): Promise<Map> {
  const map = new BlockMap(blocks);
  const crc = new Crc32();
  for (let left = Math.ceil(blocks / 8); left > 0;) {
    const piece = Uint8Array.from(await reader.exact(Math.min(left, PIECE_BYTES), MAP));
    crc.update(piece);
    map.add(piece);
    left -= piece.length;
  }
  const at = reader.offset;
  if (!(await reader.exact(crc.bytes, MAP)).equals(crc.value()))
    throw new FormatError(
      'BAD_VALUE',
      'The image is damaged: the checksum of its map of blocks is wrong',
      at,
    );
  return map;
}

/** A byte for each block, 1 where it is in use, then a mark. partclone reads such a map in the same way in both versions. */
async function readBytes(reader: ByteReader, blocks: number): Promise<Map> {
  const map = new BlockMap(blocks);
  for (let left = blocks; left > 0;) {
    const bytes = await reader.exact(Math.min(left, PIECE_BYTES), MAP);
    const bits = new Uint8Array(Math.ceil(bytes.length / 8));
    for (const [index, byte] of bytes.entries())
      if (byte === 1) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
    map.add(bits);
    left -= bytes.length;
  }
  const at = reader.offset;
  const end = await reader.exact(MAP_END.length, MAP);
  if (end.toString('latin1') !== MAP_END)
    throw new FormatError(
      'BAD_VALUE',
      'The image is damaged: the mark after its map of blocks is missing',
      at,
    );
  return map;
}
