import type { SourceGroup, SourceSegment, SourceVolume } from '../model.ts';
import type { Contents } from './devices.ts';
import { reportOf, text, type PhysicalVolume, type Row } from './lvm-report.ts';
import { countOf, type Sections } from './sections.ts';

export interface Volumes {
  readonly groups: readonly SourceGroup[];
  /** Numbers of the volumes' devices: `254:0`. */
  readonly numbers: ReadonlySet<string>;
}

export function volumesOf(
  sections: Sections,
  physical: readonly PhysicalVolume[],
  contents: Contents,
): Volumes {
  const rows = reportOf(sections, 'lvs', 'seg') ?? [];
  const groups = (reportOf(sections, 'vgs', 'vg') ?? []).map((row): SourceGroup => {
    const name = text(row, 'vg_name');
    const extentBytes = countOf(text(row, 'vg_extent_size')) ?? 0;
    const own = physical.filter(({ group }) => group === name);
    const ofGroup = rows.filter((each) => text(each, 'vg_name') === name);
    const names = [...new Set(ofGroup.map((each) => text(each, 'lv_name')))];
    const given = (countOf(text(row, 'vg_size')) ?? NaN) - (countOf(text(row, 'vg_free')) ?? NaN);
    const known = ofGroup.reduce((sum, each) => sum + (countOf(text(each, 'seg_size')) ?? NaN), 0);
    return {
      name,
      extentBytes,
      complete: extentBytes > 0 && given === known,
      freeBytes: countOf(text(row, 'vg_free')) ?? 0,
      devices: own.map(({ path, uuid }) => ({ path, uuid })),
      volumes: names.map((volume) =>
        volumeOf(
          ofGroup.filter((each) => text(each, 'lv_name') === volume),
          { name: volume, group: name, extentBytes, physical: own, contents },
        ),
      ),
    };
  });
  return { groups, numbers: new Set(rows.map(numberOf)) };
}

function numberOf(row: Row): string {
  return `${text(row, 'lv_kernel_major')}:${text(row, 'lv_kernel_minor')}`;
}

interface Place {
  readonly name: string;
  readonly group: string;
  readonly extentBytes: number;
  readonly physical: readonly PhysicalVolume[];
  readonly contents: Contents;
}

/** @param rows one for each segment */
function volumeOf(rows: readonly Row[], { name, group, contents, ...place }: Place): SourceVolume {
  const [first = {}] = rows;
  const types = [...new Set(rows.map((row) => text(row, 'segtype')))];
  const origin = text(first, 'origin') || null;
  // LVM calls the extents of a snapshot linear; what is in them is what its origin held before.
  const other =
    types.find((type) => type !== 'linear' && type !== 'striped') ??
    (origin === null ? undefined : 'snapshot');
  const segments = other === undefined ? rows.map((row) => segmentOf(row, place)) : [];
  const known = segments.flatMap((segment) => (segment === null ? [] : [segment]));
  const isPlain = other === undefined && known.length === rows.length;
  const device = contents.devices.find(({ number }) => number === numberOf(first));
  const path = text(first, 'lv_path') || `/dev/${group}/${name}`;
  return {
    name,
    path,
    sizeBytes: countOf(text(first, 'lv_size')) ?? 0,
    active: text(first, 'lv_active') === 'active',
    open: text(first, 'lv_device_open') === 'open',
    kind: other ?? (isPlain ? (types.includes('striped') ? 'striped' : 'linear') : 'unknown'),
    origin,
    segments: isPlain ? known.toSorted((a, b) => a.at - b.at) : [],
    content: device === undefined ? { kind: 'unknown' } : contents.of(device),
  };
}

/** null: where a part of it lies is not told. */
function segmentOf(
  row: Row,
  { extentBytes, physical }: Pick<Place, 'extentBytes' | 'physical'>,
): SourceSegment | null {
  const [at, bytes] = [countOf(text(row, 'seg_start')), countOf(text(row, 'seg_size'))];
  const parts = text(row, 'devices').split(',');
  const stripes = parts.flatMap((part) => {
    const match = /^(\/dev\/.+)\((\d{1,12})\)$/.exec(part);
    const device = match?.[1] ?? '';
    const start = physical.find(({ path }) => path === device)?.dataOffset ?? null;
    return match === null || start === null ? [] : [{ device, at: start + Number(match[2]) * extentBytes }];
  });
  if (at === null || bytes === null || stripes.length === 0 || stripes.length !== parts.length) return null;
  const stripeBytes = stripes.length === 1 ? 0 : countOf(text(row, 'stripe_size'));
  return stripeBytes === null || (stripes.length > 1 && stripeBytes === 0)
    ? null
    : { at, bytes, stripeBytes, stripes };
}
