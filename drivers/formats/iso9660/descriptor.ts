import { FormatError } from '../errors.ts';
import { readExactly, type RandomSource } from '../random-source.ts';
import { readElTorito, type IsoBoot } from './el-torito.ts';
import { FIRST_DESCRIPTOR, SECTOR } from './fields.ts';
import type { Extent } from './layout.ts';
import { parseRecord } from './record.ts';

/** What an image says of itself. Texts are without the spaces that fill them; what is not plain ASCII in them is kept as Latin-1. */
export interface IsoDescriptor {
  readonly volumeId: string;
  readonly systemId: string;
  readonly publisherId: string;
  readonly preparerId: string;
  readonly applicationId: string;
  /** Of the file system; the file may be longer. */
  readonly volumeBytes: number;
  readonly boot: IsoBoot;
}

export interface IsoVolumes {
  readonly descriptor: IsoDescriptor;
  readonly root: Extent;
  /** Of the tree with Joliet's names; null when there is none. */
  readonly jolietRoot: Extent | null;
}

/** There are three or four; ECMA-119 has no bound. */
const MAX_DESCRIPTORS = 32;
const JOLIET_ESCAPES = new Set(['%/@', '%/C', '%/E']);

/** @throws {FormatError} OTHER_FORMAT when this is no ISO 9660 image, else when its descriptors are damaged */
export async function readVolumes(source: RandomSource): Promise<IsoVolumes> {
  let primary: Buffer | null = null;
  let joliet: Buffer | null = null;
  let boot: IsoBoot = { bios: false, efi: false };
  for (let index = 0; index < MAX_DESCRIPTORS; index += 1) {
    const at = (FIRST_DESCRIPTOR + index) * SECTOR;
    const sector = await descriptorSector(source, at, index === 0);
    const type = sector[0];
    if (type === 255) break;
    if (type === 0 && sector.toString('latin1', 7, 30) === 'EL TORITO SPECIFICATION')
      boot = await readElTorito(source, sector.readUInt32LE(71) * SECTOR);
    if (type === 1 && primary === null) primary = checkedSector(sector, at);
    if (type === 2 && joliet === null && JOLIET_ESCAPES.has(sector.toString('latin1', 88, 91)))
      joliet = checkedSector(sector, at);
  }
  if (primary === null)
    throw new FormatError('BAD_VALUE', 'The image has no primary descriptor', FIRST_DESCRIPTOR * SECTOR);
  const text = (start: number, end: number): string =>
    (primary ?? Buffer.alloc(0)).toString('latin1', start, end).replace(/[ \0]+$/, '');
  return {
    descriptor: {
      systemId: text(8, 40),
      volumeId: text(40, 72),
      publisherId: text(318, 446),
      preparerId: text(446, 574),
      applicationId: text(574, 702),
      volumeBytes: primary.readUInt32LE(80) * SECTOR,
      boot,
    },
    root: rootOf(primary),
    jolietRoot: joliet === null ? null : rootOf(joliet),
  };
}

async function descriptorSector(source: RandomSource, at: number, first: boolean): Promise<Buffer> {
  const bytes = await source.read(at, SECTOR);
  const sector = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const named = sector.toString('latin1', 1, 6) === 'CD001';
  if (first && !named) throw new FormatError('OTHER_FORMAT', 'Not an ISO 9660 image', at + 1);
  if (sector.length < SECTOR) return readExactly(source, at, SECTOR);
  if (!named) throw new FormatError('BAD_VALUE', 'A descriptor of the image is not one', at + 1);
  return sector;
}

function checkedSector(sector: Buffer, at: number): Buffer {
  const size = sector.readUInt16LE(128);
  if (size !== SECTOR)
    throw new FormatError('UNSUPPORTED', `An image with blocks of ${size} bytes is not read`, at + 128);
  return sector;
}

function rootOf(descriptor: Buffer): Extent {
  const { extent } = parseRecord(descriptor.subarray(156, 190), FIRST_DESCRIPTOR * SECTOR + 156);
  return extent;
}
