import { FormatError } from '../errors.ts';
import { guidAt } from '../guid.ts';
import { readExactly, type RandomSource } from '../random-source.ts';
import { numberAt, type Region } from './vhdx-numbers.ts';

const TABLE_BYTES = 64 * 1024;
const ROW_BYTES = 32;
const MAX_ROWS = 2047;
const MAX_ITEM = 1 << 20;
const MIB = 1 << 20;
/** 64 TiB */
const MAX_BYTES = 2 ** 46;
const REQUIRED = 4;
const ITEM = {
  fileParameters: 'CAA16737-FA36-4D43-B3B6-33F0AA44E76B',
  diskSize: '2FA54224-CD1B-4876-B211-5DBED83BF4B8',
  diskId: 'BECA12AB-B2E6-4523-93EF-C309E000C746',
  sectorSize: '8141BF1D-A96F-4709-BA47-F233A8FAAB5F',
  physicalSectorSize: 'CDA348C7-445D-4471-9CC9-E9885251C556',
} as const;
const KNOWN: ReadonlySet<string> = new Set(Object.values(ITEM));
const PARENT_LOCATOR = 'A8D35F2D-B30B-454D-ABF7-D3D84834AB0C';
const HAS_PARENT = 2;

export interface VhdxMetadata {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly sectorSize: 512 | 4096;
}

/** [MS-VHDX] 2.6. @throws {FormatError} */
export async function readMetadata(source: RandomSource, region: Region): Promise<VhdxMetadata> {
  const table = await readExactly(source, region.offset, TABLE_BYTES);
  if (table.toString('latin1', 0, 8) !== 'metadata')
    throw new FormatError('BAD_VALUE', 'The table of metadata is not there', region.offset);
  const count = table.readUInt16LE(10);
  if (count > MAX_ROWS) throw new FormatError('BAD_VALUE', `${count} items of metadata`, region.offset + 10);
  const places = new Map<string, Region>();
  for (let at = ROW_BYTES; at <= count * ROW_BYTES; at += ROW_BYTES) {
    const id = guidAt(table, at);
    places.set(id, { offset: table.readUInt32LE(at + 16), bytes: table.readUInt32LE(at + 20) });
    // A parent's locator is required, too; whether there is a parent the parameters tell.
    if (!KNOWN.has(id) && id !== PARENT_LOCATOR && (table.readUInt32LE(at + 24) & REQUIRED) !== 0)
      throw new FormatError(
        'UNSUPPORTED',
        `Metadata ${id} that is not known, and required`,
        region.offset + at,
      );
  }
  const item = async (id: string, bytes: number): Promise<Buffer> => {
    const place = places.get(id);
    if (
      place === undefined ||
      place.bytes < bytes ||
      place.offset + place.bytes > Math.min(region.bytes, MAX_ITEM)
    )
      throw new FormatError('BAD_VALUE', `The metadata ${id} is missing or damaged`, region.offset);
    return readExactly(source, region.offset + place.offset, bytes);
  };
  const parameters = await item(ITEM.fileParameters, 8);
  if ((parameters.readUInt32LE(4) & HAS_PARENT) !== 0)
    throw new FormatError(
      'UNSUPPORTED',
      'It only has what differs from another disk. Merge it with that one first (Hyper-V: Edit Disk)',
    );
  return checked({
    blockBytes: parameters.readUInt32LE(0),
    sizeBytes: numberAt(await item(ITEM.diskSize, 8), 0),
    sectorSize: (await item(ITEM.sectorSize, 4)).readUInt32LE(0),
  });
}

function checked({ blockBytes, sizeBytes, sectorSize }: Record<keyof VhdxMetadata, number>): VhdxMetadata {
  if (sectorSize !== 512 && sectorSize !== 4096)
    throw new FormatError('BAD_VALUE', `Sectors of ${sectorSize} bytes`);
  const isPower = (blockBytes & (blockBytes - 1)) === 0;
  if (!isPower || blockBytes < MIB || blockBytes > 256 * MIB)
    throw new FormatError('BAD_VALUE', `Blocks of ${blockBytes} bytes`);
  if (sizeBytes === 0 || sizeBytes > MAX_BYTES || sizeBytes % sectorSize !== 0)
    throw new FormatError('BAD_VALUE', `A disk of ${sizeBytes} bytes`);
  return { blockBytes, sizeBytes, sectorSize };
}
