import { memo, useMemo } from 'react';
import { Area, AreaChart, CartesianGrid, ReferenceArea, ReferenceLine, XAxis, YAxis } from 'recharts';
import type { Frame, GapReason } from './frame.ts';
import { HATCH_ID } from './hatch.tsx';
import { placeWords } from './mark-words.ts';
import { pixelAt, PLOT } from './plot.ts';
import { tickLabel, type Axis } from './scale.ts';
import type { SeriesColor } from './sparkline.tsx';
import { localOffsetMs, timeLabel, timeTicks } from './time-axis.ts';

export interface ChartSeries {
  /** Column of the frame. */
  readonly name: string;
  readonly label: string;
  readonly color: SeriesColor;
  readonly dashed?: boolean;
  /** One of many lines: none is filled, or together they would hide each other. */
  readonly bare?: boolean;
}

/** Something that happened, drawn as a dotted line with a word. */
export interface Mark {
  readonly time: number;
  readonly word: string;
}

export interface TimeChartProps {
  readonly frame: Frame;
  readonly series: readonly ChartSeries[];
  readonly axis: Axis;
  readonly from: number;
  readonly to: number;
  readonly marks: readonly Mark[];
  readonly gapWords: Readonly<Record<GapReason, string>>;
  readonly width: number;
  readonly height: number;
}

interface Row {
  readonly time: number;
  readonly values: readonly (number | null)[];
}

const TICK = { fontSize: 10.5, fill: 'var(--faint)' } as const;
/** A word that stays readable over lines: each letter has a rim of the ground's colour. */
const OVER_HATCH = { ...TICK, stroke: 'var(--surface)', strokeWidth: 5, paintOrder: 'stroke' } as const;
/** A gap narrower than this has no room for its reason. */
const WORD_PX = 70;

/** The lines of a graph. What follows the pointer is drawn over it (plot-overlay.tsx), so that moving it renders none of this. */
export const TimeChart = memo(function TimeChart(props: TimeChartProps) {
  const { frame, series, axis, from, to, width, height } = props;
  const rows = useMemo(
    () =>
      frame.times.map((time, at): Row => ({
        time,
        values: series.map(({ name }) => frame.columns[name]?.[at] ?? null),
      })),
    [frame, series],
  );
  const ticks = useMemo(
    () => timeTicks({ from, to }, width - PLOT.left - PLOT.right, localOffsetMs(to)),
    [from, to, width],
  );
  return (
    <AreaChart
      data={rows}
      width={width}
      height={height}
      margin={{ top: PLOT.top, right: PLOT.right, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis
        dataKey="time"
        type="number"
        domain={[from, to]}
        allowDataOverflow
        ticks={ticks}
        tickFormatter={(time: number) => timeLabel(time, ticks)}
        height={PLOT.bottom}
        tick={TICK}
        tickLine={false}
        axisLine={false}
        interval={0}
        minTickGap={0}
      />
      <YAxis
        width={PLOT.left}
        domain={[0, axis.top]}
        allowDataOverflow
        ticks={[...axis.ticks]}
        tickFormatter={(value: number) => tickLabel(axis, value)}
        tick={TICK}
        tickLine={false}
        axisLine={false}
        interval={0}
        tickMargin={4}
      />
      {Gaps(props)}
      {series.map(({ name, label, color, dashed, bare }, index) => (
        <Area
          key={name}
          name={label}
          type="linear"
          dataKey={(row: Row) => row.values[index] ?? null}
          stroke={`var(--${color})`}
          strokeWidth={1.5}
          {...(dashed === true ? { strokeDasharray: '4 2' } : {})}
          fill={`var(--${color})`}
          fillOpacity={bare === true ? 0 : 0.1}
          dot={false}
          activeDot={false}
          connectNulls={false}
          isAnimationActive={false}
        />
      ))}
      {Marks(props)}
    </AreaChart>
  );
});

function Marks({ marks, from, to, width }: TimeChartProps) {
  const seen = marks.filter(({ time }) => time >= from && time <= to);
  const sides = placeWords(
    seen.map(({ time, word }) => ({ at: pixelAt(time, width, { from, to }) - PLOT.left, word })),
    width - PLOT.left - PLOT.right,
  );
  return seen.map(({ time, word }, index) => {
    const side = sides[index] ?? null;
    const position = side === 'left' ? 'insideTopRight' : 'insideTopLeft';
    return (
      <ReferenceLine
        key={`${time} ${word}`}
        x={time}
        stroke="var(--muted)"
        strokeDasharray="2 3"
        {...(side === null ? {} : { label: { value: word, position, fontSize: 10.5, fill: 'var(--muted)' } })}
      />
    );
  });
}

function Gaps(props: TimeChartProps) {
  const { frame, from, to, width, gapWords } = props;
  const perMs = (width - PLOT.left - PLOT.right) / (to - from);
  return frame.gaps.map((gap) => {
    const x1 = Math.max(gap.from, from);
    const x2 = Math.min(gap.to, to);
    if (x2 <= x1) return null;
    const wide = (x2 - x1) * perMs > WORD_PX;
    return (
      <ReferenceArea
        key={gap.from}
        x1={x1}
        x2={x2}
        fill={`url(#${HATCH_ID})`}
        fillOpacity={1}
        {...(wide
          ? {
              label: {
                value: gapWords[gap.reason],
                position: 'center',
                ...OVER_HATCH,
              },
            }
          : {})}
      />
    );
  });
}
