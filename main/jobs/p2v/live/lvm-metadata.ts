import { lvmCrc } from '../../../../drivers/formats/disk/lvm-label.ts';
import { FormatError } from '../../../../drivers/formats/errors.ts';
import type { Piece } from '../../../../drivers/formats/disk/piece.ts';
import { readRange, type RangeSource } from '../../../../drivers/formats/used-blocks/ranges.ts';

const SECTOR = 512;
const HEADER_BYTES = 512;
/** A group of thousands of volumes has some MiB. */
const MAX_TEXT_BYTES = 8 * 1024 ** 2;

/**
 * What a physical volume holds in front of its extents: its label, and the group's text as it is now (LVM2's format_text/layout.h). The older
 * texts of its ring are left out.
 * @throws {FormatError} where that is not understood
 */
export async function readLvmMetadata(source: RangeSource): Promise<Piece[]> {
  const head = await readRange(source, { at: 0, length: 4 * SECTOR });
  const labelAt = [0, 1, 2, 3].find(
    (sector) => head.toString('latin1', sector * SECTOR, sector * SECTOR + 8) === 'LABELONE',
  );
  if (labelAt === undefined) throw new FormatError('OTHER_FORMAT', 'It has no label of LVM');
  const label = Buffer.from(head.subarray(labelAt * SECTOR, (labelAt + 1) * SECTOR));
  const [area, ...others] = metadataAreas(label);
  if (area === undefined) return [{ offset: labelAt * SECTOR, data: label }];
  if (others.length > 0)
    throw new FormatError('UNSUPPORTED', 'It keeps the text of its group in more than one place');
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
  const pieces: Piece[] = [
    { offset: labelAt * SECTOR, data: label },
    { offset: area.at, data: header },
  ];
  for (const [at, length] of [
    [textAt, straight],
    [HEADER_BYTES, textBytes - straight],
  ] as const)
    if (length > 0)
      pieces.push({
        offset: area.at + at,
        data: Buffer.from(await readRange(source, { at: area.at + at, length })),
      });
  const text = Buffer.concat(pieces.slice(2).map(({ data }) => data));
  // LVM wrote to it in between, or it is damaged.
  if (lvmCrc(text) !== header.readUInt32LE(56))
    throw new FormatError('BAD_VALUE', 'The checksum of the text of its group is wrong', area.at + textAt);
  return pieces;
}

/** Of the label two lists of places, each ended by zeros: where data lies, then where metadata does. */
function metadataAreas(label: Buffer): { at: number; length: number }[] {
  const lists: { at: number; length: number }[][] = [[], []];
  let list = 0;
  // Behind its header (32 bytes), the volume's UUID (32) and size (8).
  for (let at = label.readUInt32LE(20) + 40; list < 2; at += 16) {
    if (at + 16 > label.length) throw new FormatError('BAD_VALUE', 'The label of LVM is damaged');
    const place = { at: Number(label.readBigUInt64LE(at)), length: Number(label.readBigUInt64LE(at + 8)) };
    if (place.at === 0) list += 1;
    else lists[list]?.push(place);
  }
  return lists[1] ?? [];
}
