import { FormatError } from '../errors.ts';
import { readLvmText, type LvmSection } from './lvm-text.ts';

/** A volume group as `vgcfgbackup` writes it. LVM counts in sectors of 512 bytes; here it is bytes. */
export interface VolumeGroup {
  readonly name: string;
  readonly id: string;
  readonly extentBytes: number;
  /** By their names within the text: `pv0`. */
  readonly physical: ReadonlyMap<string, PhysicalVolume>;
  readonly logical: readonly LogicalVolume[];
  /** As a metadata area holds it: the group first, then what tells of the file; ended by a NUL. */
  readonly metadata: Buffer;
}

export interface PhysicalVolume {
  /** With its dashes. */
  readonly id: string;
  readonly bytes: number;
  /** Where its first extent begins. */
  readonly dataOffset: number;
  readonly extents: number;
  /** It keeps room for a boot loader before its data. */
  readonly bootArea: boolean;
}

export interface LogicalVolume {
  readonly name: string;
  readonly bytes: number;
  /** Where its bytes are, in order; null with `kind` when they are no plain extents. */
  readonly segments: readonly StripedSegment[] | null;
  /** `striped`, `thin-pool`, `raid1`…: of the first segment that is not striped, else `striped`. */
  readonly kind: string;
}

/** One stripe is linear. */
export interface StripedSegment {
  readonly startExtent: number;
  readonly extents: number;
  readonly stripeBytes: number;
  readonly stripes: readonly { readonly physical: string; readonly extent: number }[];
}

const SECTOR = 512;
const UUID = /^[A-Za-z0-9]{6}(?:-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6}$/;

/** @throws {FormatError} for what is no backup of a volume group, or whose numbers cannot be */
export function readVolumeGroup(text: string): VolumeGroup {
  const root = readLvmText(text);
  if (root.values.get('contents') !== 'Text Format Volume Group' || root.values.get('version') !== 1)
    throw new FormatError('OTHER_FORMAT', 'No "Text Format Volume Group" of version 1');
  const [entry, other] = [...root.sections];
  if (entry === undefined || other !== undefined)
    throw new FormatError('BAD_VALUE', 'One volume group was expected');
  const [name, group] = entry;
  const extentBytes = number(group, 'extent_size') * SECTOR;
  if (extentBytes < SECTOR) throw new FormatError('BAD_VALUE', 'An extent has at least one sector');
  const physical = new Map(
    [...(group.sections.get('physical_volumes')?.sections ?? [])].map(([key, section]) => [
      key,
      physicalOf(section, extentBytes),
    ]),
  );
  const logical = [...(group.sections.get('logical_volumes')?.sections ?? [])].map(([key, section]) =>
    logicalOf(key, section, { extentBytes, physical }),
  );
  refuseShared(logical);
  const before = text.slice(0, group.from);
  const metadata = Buffer.from(`${text.slice(group.from, group.to)}\n${before}\n\0`);
  return { name, id: uuid(group), extentBytes, physical, logical, metadata };
}

function physicalOf(section: LvmSection, extentBytes: number): PhysicalVolume {
  product(number(section, 'pe_count') + 1, extentBytes);
  return {
    id: uuid(section),
    bytes: number(section, 'dev_size') * SECTOR,
    dataOffset: number(section, 'pe_start') * SECTOR,
    extents: number(section, 'pe_count'),
    bootArea: section.values.has('ba_start'),
  };
}

/** Each extent is of one volume. */
function refuseShared(logical: readonly LogicalVolume[]): void {
  const areas = logical.flatMap(({ name, segments }) =>
    (segments ?? []).flatMap(({ extents, stripes }) =>
      stripes.map(({ physical, extent }) => ({
        name,
        physical,
        from: extent,
        to: extent + extents / stripes.length,
      })),
    ),
  );
  areas.sort((a, b) => (a.physical < b.physical ? -1 : a.physical > b.physical ? 1 : a.from - b.from));
  for (const [index, area] of areas.entries()) {
    const next = areas[index + 1];
    if (next?.physical === area.physical && next.from < area.to)
      throw new FormatError('BAD_VALUE', `${area.name} and ${next.name} share extents of ${area.physical}`);
  }
}

function logicalOf(
  name: string,
  section: LvmSection,
  { extentBytes, physical }: Pick<VolumeGroup, 'extentBytes' | 'physical'>,
): LogicalVolume {
  const segments = [...section.sections]
    .filter(([key]) => /^segment\d+$/.test(key))
    .map(([, segment]) => segment);
  if (segments.length !== number(section, 'segment_count'))
    throw new FormatError('BAD_VALUE', `${name} has not the segments that it says`);
  const extents = segments.reduce((sum, segment) => sum + number(segment, 'extent_count'), 0);
  const bytes = product(extents, extentBytes);
  const other = segments.map((segment) => segment.values.get('type')).find((type) => type !== 'striped');
  if (other !== undefined) return { name, bytes, segments: null, kind: String(other) };
  const striped = segments
    .map((each) => stripedOf(name, each, { extentBytes, physical }))
    .toSorted((a, b) => a.startExtent - b.startExtent);
  let next = 0;
  for (const { startExtent, extents: length } of striped) {
    if (startExtent !== next || length === 0)
      throw new FormatError('BAD_VALUE', `The segments of ${name} leave a gap or overlap`);
    next += length;
  }
  return { name, bytes, segments: striped, kind: 'striped' };
}

function stripedOf(
  name: string,
  section: LvmSection,
  { extentBytes, physical }: Pick<VolumeGroup, 'extentBytes' | 'physical'>,
): StripedSegment {
  const flat = section.values.get('stripes');
  const count = number(section, 'stripe_count');
  const extents = number(section, 'extent_count');
  if (!Array.isArray(flat) || count < 1 || flat.length !== 2 * count || extents % count !== 0)
    throw new FormatError('BAD_VALUE', `${name} has not the stripes that it says`);
  const stripes = Array.from({ length: count }, (_, index) => {
    const [key, extent] = [flat[2 * index] as unknown, flat[2 * index + 1] as unknown];
    const volume = typeof key === 'string' ? physical.get(key) : undefined;
    if (typeof key !== 'string' || volume === undefined || typeof extent !== 'number')
      throw new FormatError('BAD_VALUE', `${name} lies on what is no physical volume of the group`);
    if (!Number.isSafeInteger(extent) || extent < 0 || extent + extents / count > volume.extents)
      throw new FormatError('BAD_VALUE', `${name} lies beyond the end of ${key}`);
    return { physical: key, extent };
  });
  const stripeBytes = count === 1 ? 0 : number(section, 'stripe_size') * SECTOR;
  if (count > 1 && (stripeBytes === 0 || extentBytes % stripeBytes !== 0))
    throw new FormatError('BAD_VALUE', `${name} has stripes of ${stripeBytes} bytes`);
  return { startExtent: number(section, 'start_extent'), extents, stripeBytes, stripes };
}

function uuid(section: LvmSection): string {
  const id = section.values.get('id');
  if (typeof id !== 'string' || !UUID.test(id))
    throw new FormatError('BAD_VALUE', 'A UUID of LVM was expected', section.from);
  return id;
}

/** Below 2 PiB a place is an exact number, also with another one added. */
function product(extents: number, extentBytes: number): number {
  const bytes = extents * extentBytes;
  if (bytes > 2 ** 51) throw new FormatError('TOO_LARGE', `${extents} extents of ${extentBytes} bytes`);
  return bytes;
}

/** A whole number; its product with the bytes of a sector is exact. */
function number(section: LvmSection, key: string): number {
  const value = section.values.get(key);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 2 ** 42)
    throw new FormatError('BAD_VALUE', `${key} is ${JSON.stringify(value ?? null)}`, section.from);
  return value;
}
