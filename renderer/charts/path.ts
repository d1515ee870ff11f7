/** A plot's values to SVG path data: gaps stay gaps, and a lone value between two gaps is a dot. */
export interface PlotPaths {
  readonly line: string;
  /** The line closed down to the base, for a faint fill. */
  readonly area: string;
}

export interface PlotBox {
  readonly width: number;
  readonly height: number;
  /** The value at the upper edge; the lower edge is 0. */
  readonly max: number;
  /** Horizontal places; fewer values stand at the right, as the newest is always at the right edge. */
  readonly slots: number;
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Places `values` (oldest first) in the box. Values over `max` are cut at the upper edge. */
export function plotPaths(values: readonly (number | null)[], box: PlotBox): PlotPaths {
  const slots = Math.max(box.slots, values.length, 2);
  const step = box.width / (slots - 1);
  const base = box.height;
  const span = box.height - 2;
  const first = slots - values.length;
  let line = '';
  let area = '';
  let run: string[] = [];
  let runStart = 0;
  const finish = (end: number): void => {
    if (run.length === 0) return;
    const from = round((first + runStart) * step);
    const to = round((first + end) * step);
    const joined = run.join('L');
    line += run.length === 1 ? `M${joined}h0` : `M${joined}`;
    if (run.length > 1) area += `M${joined}L${to} ${round(base)}L${from} ${round(base)}Z`;
    run = [];
  };
  for (const [index, value] of values.entries()) {
    if (value === null || !Number.isFinite(value)) {
      finish(index - 1);
      continue;
    }
    if (run.length === 0) runStart = index;
    const share = box.max > 0 ? Math.min(1, Math.max(0, value / box.max)) : 0;
    run.push(`${round((first + index) * step)} ${round(box.height - 1 - share * span)}`);
  }
  finish(values.length - 1);
  return { line, area };
}
