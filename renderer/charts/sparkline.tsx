import { memo, useMemo } from 'react';
import { plotPaths } from './path.ts';
import { niceCeil } from './scale.ts';

export type SeriesColor = 'cpu' | 'mem' | 'disk-r' | 'disk-w' | 'net-r' | 'net-t' | 'idle';

export interface SparklineProps {
  /** Oldest first; null is a gap. */
  readonly values: readonly (number | null)[];
  /** The value at the upper edge; left out: the next step of 1, 2, 5 over the largest one. */
  readonly max?: number | undefined;
  readonly color: SeriesColor;
  readonly width?: number;
  readonly height?: number;
  /** Places; fewer values stand at the right. */
  readonly slots?: number;
}

/** Rates under this many bytes a second lie on the floor instead of being blown up to a mountain. */
const QUIET = 16 * 1024;

/**
 * A row's small graph. An SVG path and not a canvas: the colours follow the theme without a repaint, and a path of 30 points costs
 * less than a canvas' backing store. Renders only when its values are a new array. Its meaning is told by the figure beside it.
 */
export const Sparkline = memo(function Sparkline(props: SparklineProps) {
  const { values, max, color, width = 64, height = 18, slots = 30 } = props;
  const { line, area } = useMemo(() => {
    let top = max;
    if (top === undefined) {
      let peak = QUIET;
      for (const value of values) if (value !== null && value > peak) peak = value;
      top = niceCeil(peak);
    }
    return plotPaths(values, { width, height, max: top, slots });
  }, [values, max, width, height, slots]);
  const paint = `var(--${color})`;
  return (
    <svg width={width} height={height} aria-hidden="true" style={{ display: 'block', overflow: 'visible' }}>
      <path d={area} fill={paint} opacity={0.16} />
      <path
        d={line}
        fill="none"
        stroke={paint}
        strokeWidth={1.25}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
});
