import { lvmCrc } from '../../../../drivers/formats/disk/lvm-label.ts';
import { FormatError } from '../../../../drivers/formats/errors.ts';
import type { Piece } from '../../../../drivers/formats/disk/piece.ts';
import { readRange, type RangeSource } from '../../../../drivers/formats/used-blocks/ranges.ts';

const SECTOR = 512;
const HEADER_BYTES = 512;
/** A group of thousands of volumes has some MiB. */
const MAX_TEXT_BYTES = 8 * 1024 ** 2;

/** LVM makes one of the sector's alignment, or none; larger than this is not known. */
const MAX_BOOT_BYTES = 4 * 1024 ** 2;

/**
 * What a physical volume holds in front of its extents: its first sectors, which have its label, and a boot loader where it has one; that loader's area; and the group's
 * text as it is now, in each place that has it (LVM2's format_text/layout.h). The older texts of these rings are left out.
 * @throws {FormatError} where that is not understood
 */
export async function readLvmMetadata(source: RangeSource): Promise<Piece[]> {
  const head = Buffer.from(await readRange(source, { at: 0, length: 4 * SECTOR }));
  const labelAt = [0, 1, 2, 3].find(
    (sector) => head.toString('latin1', sector * SECTOR, sector * SECTOR + 8) === 'LABELONE',
  );
  if (labelAt === undefined) throw new FormatError('OTHER_FORMAT', 'It has no label of LVM');
  const { metadata, boot } = placesIn(head.subarray(labelAt * SECTOR, (labelAt + 1) * SECTOR));
  const pieces: Piece[] = [{ offset: 0, data: head }];
  for (const { at, length } of boot) {
    if (length > MAX_BOOT_BYTES)
      throw new FormatError('UNSUPPORTED', 'Its area for a boot loader is larger than any that is known', at);
    pieces.push({ offset: at, data: Buffer.from(await readRange(source, { at, length })) });
  }
  for (const area of metadata) pieces.push(...(await readText(source, area)));
  return pieces;
}

interface Area {
  readonly at: number;
  readonly length: number;
}

/** The header of a ring, and the text in it. */
async function readText(source: RangeSource, area: Area): Promise<Piece[]> {
  const header = Buffer.from(await readRange(source, { at: area.at, length: HEADER_BYTES }));
  if (
    header.toString('latin1', 4, 20) !== ' LVM2 x[5A%r0N*>' ||
    lvmCrc(header.subarray(4)) !== header.readUInt32LE(0)
  )
    throw new FormatError('BAD_VALUE', 'The header of its metadata is damaged', area.at);
  const textAt = Number(header.readBigUInt64LE(40));
  const textBytes = Number(header.readBigUInt64LE(48));
  if (textAt < HEADER_BYTES || textAt >= area.length || textBytes > Math.min(area.length, MAX_TEXT_BYTES))
    throw new FormatError('BAD_VALUE', 'The header of its metadata names a place outside of them', area.at);
  // The area is a ring behind its header.
  const straight = Math.min(textBytes, area.length - textAt);
  const texts: Piece[] = [];
  for (const [at, length] of [
    [textAt, straight],
    [HEADER_BYTES, textBytes - straight],
  ] as const)
    if (length > 0)
      texts.push({
        offset: area.at + at,
        data: Buffer.from(await readRange(source, { at: area.at + at, length })),
      });
  // LVM wrote to it in between, or it is damaged.
  if (lvmCrc(Buffer.concat(texts.map(({ data }) => data))) !== header.readUInt32LE(56))
    throw new FormatError('BAD_VALUE', 'The checksum of the text of its group is wrong', area.at + textAt);
  return [{ offset: area.at, data: header }, ...texts];
}

/** Behind the label's header (32 bytes), the volume's UUID (32) and size (8), there are two lists: where data lies, and where metadata does. */
function placesIn(label: Buffer): { metadata: Area[]; boot: Area[] } {
  const data = listAt(label, label.readUInt32LE(20) + 40);
  const metadata = listAt(label, data.end);
  // Then, from LVM 2.02.99 on, a version, flags, and where a boot loader lies; older ones have zeros here.
  const hasMore = metadata.end + 8 <= label.length && label.readUInt32LE(metadata.end) > 0;
  return { metadata: metadata.areas, boot: hasMore ? listAt(label, metadata.end + 8).areas : [] };
}

/** Places and lengths, ended by zeros. */
function listAt(label: Buffer, begin: number): { areas: Area[]; end: number } {
  const areas: Area[] = [];
  for (let at = begin; ; at += 16) {
    if (at + 16 > label.length) throw new FormatError('BAD_VALUE', 'The label of LVM is damaged');
    const place = { at: Number(label.readBigUInt64LE(at)), length: Number(label.readBigUInt64LE(at + 8)) };
    if (place.at === 0) return { areas, end: at + 16 };
    areas.push(place);
  }
}
