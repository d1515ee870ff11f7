import { countOf, type Sections } from './sections.ts';

export interface PhysicalVolume {
  /** null: the device is missing. */
  readonly path: string | null;
  readonly uuid: string;
  readonly group: string | null;
  /** Where its first extent begins. */
  readonly dataOffset: number | null;
  /** Of all its extents; null: unknown. */
  readonly dataBytes: number | null;
}

export type Row = Readonly<Record<string, unknown>>;

/** Rows of a report of LVM's (`--reportformat json`). null: there is none, or none that can be read. */
export function reportOf({ texts }: Pick<Sections, 'texts'>, section: string, key: string): Row[] | null {
  let json: unknown;
  try {
    json = JSON.parse(texts.get(section) ?? 'null');
  } catch {
    return null;
  }
  const report = fieldOf(json, 'report');
  if (!Array.isArray(report)) return null;
  return report.flatMap((part) => {
    const rows = fieldOf(part, key);
    return Array.isArray(rows) ? rows.filter(isRow) : [];
  });
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldOf(value: unknown, key: string): unknown {
  return isRow(value) ? value[key] : undefined;
}

export function text(row: Row, key: string): string {
  const value = row[key];
  return typeof value === 'string' ? value : '';
}

export function physicalVolumes(sections: Sections): PhysicalVolume[] {
  const groups = reportOf(sections, 'vgs', 'vg') ?? [];
  return (reportOf(sections, 'pvs', 'pv') ?? []).map((row) => {
    const group = groups.find((some) => text(some, 'vg_name') === text(row, 'vg_name'));
    const extents = countOf(text(row, 'pv_pe_count'));
    const extentBytes = group === undefined ? null : countOf(text(group, 'vg_extent_size'));
    const path = text(row, 'pv_name');
    return {
      // LVM writes `[unknown]` for one that is not there.
      path: path.startsWith('/dev/') ? path : null,
      uuid: text(row, 'pv_uuid'),
      group: text(row, 'vg_name') || null,
      dataOffset: countOf(text(row, 'pe_start')),
      dataBytes: extents === null || extentBytes === null ? null : extents * extentBytes,
    };
  });
}

/** Whether LVM's own programs told of it. */
export function knowsVolumes(sections: Sections): boolean {
  return ['pvs', 'vgs', 'lvs'].every((name) => reportOf(sections, name, '') !== null);
}
