/** Room around the lines of a graph in pixels; the same for all, so that one crosshair meets the same time everywhere. */
export const PLOT = { left: 38, right: 4, top: 10, bottom: 20 } as const;

/** The time under a pixel, held within the plot. */
export function timeAt(x: number, width: number, range: { from: number; to: number }): number {
  const share = (x - PLOT.left) / Math.max(1, width - PLOT.left - PLOT.right);
  return range.from + Math.min(1, Math.max(0, share)) * (range.to - range.from);
}

/** The pixel of a time. */
export function pixelAt(time: number, width: number, range: { from: number; to: number }): number {
  return PLOT.left + ((time - range.from) / (range.to - range.from)) * (width - PLOT.left - PLOT.right);
}
