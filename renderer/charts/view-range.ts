export const RANGES = ['5m', '1h', '24h'] as const;
export type Range = (typeof RANGES)[number];

export const RANGE_MS: Record<Range, number> = { '5m': 300_000, '1h': 3_600_000, '24h': 86_400_000 };

/** The part of time that all graphs of a page show. */
export interface ViewRange {
  readonly range: Range;
  /** Null: the newest, moving on. */
  readonly fixed: { readonly from: number; readonly to: number } | null;
}

/** Less than this is a click with a trembling hand. */
const LEAST_ZOOM_MS = 5000;

export function isLive(view: ViewRange): boolean {
  return view.fixed === null;
}

export function bounds(view: ViewRange, now: number): { from: number; to: number } {
  return view.fixed ?? { from: now - RANGE_MS[view.range], to: now };
}

/** The part between two times, in either order; the same view when they are too close. Looking back stops "Live". */
export function zoom(view: ViewRange, a: number, b: number): ViewRange {
  const from = Math.min(a, b);
  const to = Math.max(a, b);
  return to - from < LEAST_ZOOM_MS ? view : { ...view, fixed: { from, to } };
}

export function whole(view: ViewRange): ViewRange {
  return { ...view, fixed: null };
}

/** Stops at what is shown now, or goes on. */
export function toggleLive(view: ViewRange, now: number): ViewRange {
  return isLive(view) ? { ...view, fixed: bounds(view, now) } : whole(view);
}
