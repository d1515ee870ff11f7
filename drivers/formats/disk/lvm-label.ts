import { crc32 } from 'node:zlib';
import { FormatError } from '../errors.ts';
import type { Piece } from './piece.ts';
import type { PhysicalVolume, VolumeGroup } from './volume-group.ts';

const LABEL_SECTOR = 512;
const AREA = 4096;
const AREA_HEADER = 512;
/** LVM's own start value; otherwise its CRC is the common one. */
const CRC_START = 0xf597a6cf;
const MAGIC = ' LVM2 x[5A%r0N*>';
/** Of the header's extension: the volume is in a group. */
const IN_USE = 1;

/** LVM's checksum: no inversion at either end, as zlib's has. */
export function lvmCrc(bytes: Uint8Array): number {
  return ~crc32(bytes, ~CRC_START >>> 0) >>> 0;
}

/**
 * What `pvcreate --restorefile` and `vgcfgrestore` write to a physical volume: its label in sector 1, a metadata area from 4 KiB on up to
 * its data, and the group's text within (LVM2's format_text/layout.h).
 * @param bytes of the partition
 * @throws {FormatError} where the text does not fit before the data
 */
export function physicalVolumePieces(group: VolumeGroup, volume: PhysicalVolume, bytes: number): Piece[] {
  const areaBytes = volume.dataOffset - AREA;
  // The area is a ring: half of it is for the next text.
  if (areaBytes < AREA_HEADER + 2 * group.metadata.length)
    throw new FormatError(
      'UNSUPPORTED',
      `The data of a physical volume of ${group.name} begins at ${volume.dataOffset}, which leaves no room for the group's text`,
    );
  return [
    { offset: LABEL_SECTOR, data: label(volume, bytes, areaBytes) },
    { offset: AREA, data: areaHeader(group.metadata, areaBytes) },
    { offset: AREA + AREA_HEADER, data: group.metadata },
  ];
}

function label({ id, dataOffset }: PhysicalVolume, bytes: number, areaBytes: number): Buffer {
  const sector = Buffer.alloc(LABEL_SECTOR);
  sector.write('LABELONE', 0, 'latin1');
  sector.writeBigUInt64LE(1n, 8);
  sector.writeUInt32LE(32, 20);
  sector.write('LVM2 001', 24, 'latin1');
  sector.write(id.replaceAll('-', ''), 32, 'latin1');
  sector.writeBigUInt64LE(BigInt(bytes), 64);
  // Lists of places end with zeros: data (up to the end, which is 0), metadata, then the extension with none for a boot loader.
  sector.writeBigUInt64LE(BigInt(dataOffset), 72);
  sector.writeBigUInt64LE(BigInt(AREA), 104);
  sector.writeBigUInt64LE(BigInt(areaBytes), 112);
  sector.writeUInt32LE(2, 136);
  sector.writeUInt32LE(IN_USE, 140);
  sector.writeUInt32LE(lvmCrc(sector.subarray(20)), 16);
  return sector;
}

function areaHeader(text: Buffer, areaBytes: number): Buffer {
  const header = Buffer.alloc(AREA_HEADER);
  header.write(MAGIC, 4, 'latin1');
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(AREA), 24);
  header.writeBigUInt64LE(BigInt(areaBytes), 32);
  header.writeBigUInt64LE(BigInt(AREA_HEADER), 40);
  header.writeBigUInt64LE(BigInt(text.length), 48);
  header.writeUInt32LE(lvmCrc(text), 56);
  header.writeUInt32LE(lvmCrc(header.subarray(4)), 0);
  return header;
}
