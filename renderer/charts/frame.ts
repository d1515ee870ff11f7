/** Samples as columns: `times[i]` (milliseconds since the epoch, ascending) belongs to `columns[name][i]`; null is no figure. */
export interface Frame {
  readonly times: readonly number[];
  readonly columns: Readonly<Record<string, Column>>;
  readonly gaps: readonly Gap[];
}

export type Column = readonly (number | null)[];

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: GapReason;
}

/** `notKept`: figures of a single device, which are kept only while its page is open. */
export type GapReason = 'away' | 'notWatched' | 'notRunning' | 'asleep' | 'notKept';

export const EMPTY_FRAME: Frame = { times: [], columns: {}, gaps: [] };

function emptyColumn(length: number): (number | null)[] {
  return Array.from({ length }, () => null);
}

/** A tick that comes this many intervals after the one before leaves a gap. */
const GAP_INTERVALS = 3;

export interface Sample {
  readonly time: number;
  readonly intervalMs: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/**
 * The frame with one more sample and without what is older than `keepMs`. A column that begins late is empty before; one that ends
 * is empty after. A sample that is not newer than the last one changes nothing.
 */
export function append(frame: Frame, sample: Sample, keepMs: number): Frame {
  const last = frame.times.at(-1);
  if (last !== undefined && sample.time <= last) return frame;
  const oldest = sample.time - keepMs;
  const cut = lowerBound(frame.times, oldest);
  const times = [...frame.times.slice(cut), sample.time];
  const columns: Record<string, Column> = {};
  for (const name of new Set([...Object.keys(frame.columns), ...Object.keys(sample.values)])) {
    const before = frame.columns[name];
    const column = before?.slice(cut) ?? emptyColumn(times.length - 1);
    column.push(sample.values[name] ?? null);
    columns[name] = column;
  }
  const gaps = frame.gaps.filter((gap) => gap.to > oldest);
  if (last !== undefined && sample.time - last > GAP_INTERVALS * sample.intervalMs)
    gaps.push({ from: last, to: sample.time, reason: 'away' });
  return { times, columns, gaps };
}

/** `older` up to its end, then what `newer` has after that. */
export function join(older: Frame, newer: Frame): Frame {
  const end = older.times.at(-1);
  if (end === undefined) return newer;
  const cut = upperBound(newer.times, end);
  const tail = newer.times.slice(cut);
  const columns: Record<string, Column> = {};
  for (const name of new Set([...Object.keys(older.columns), ...Object.keys(newer.columns)])) {
    const head = older.columns[name] ?? emptyColumn(older.times.length);
    const rest = newer.columns[name]?.slice(cut) ?? emptyColumn(tail.length);
    columns[name] = [...head, ...rest];
  }
  return {
    times: [...older.times, ...tail],
    columns,
    gaps: [...older.gaps, ...newer.gaps.filter((gap) => gap.to > end)],
  };
}

/** Widths of a bucket that a person can name. */
const BUCKETS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * 1000);

/**
 * The frame between two times in at most about `maxPoints` points: means of buckets that lie on a fixed grid, so that a point does not
 * change when the window moves on. One bucket more on each side, so that lines run to the edges. Each gap gets an empty point, which
 * breaks the line.
 */
export function windowOf(frame: Frame, range: { from: number; to: number; maxPoints: number }): Frame {
  const { from, to, maxPoints } = range;
  const wanted = (to - from) / maxPoints;
  const bucket = BUCKETS_MS.find((ms) => ms >= wanted) ?? wanted;
  const start = Math.max(0, lowerBound(frame.times, from - bucket) - 1);
  const end = Math.min(frame.times.length, upperBound(frame.times, to + bucket) + 1);
  const slots = slotsOf(frame.times, { start, end, bucket });
  const gaps = frame.gaps.filter((gap) => gap.to > from && gap.from < to);
  const breaks = gaps.map((gap) => gap.from + 1);
  const times = merged(
    slots.map((slot) => slot.time),
    breaks,
  );
  const columns: Record<string, Column> = {};
  for (const [name, column] of Object.entries(frame.columns)) {
    const byTime = new Map(slots.map((slot) => [slot.time, mean(column, slot)]));
    columns[name] = times.map((time) => byTime.get(time) ?? null);
  }
  return { times, columns, gaps };
}

interface Slot {
  readonly time: number;
  readonly first: number;
  readonly last: number;
}

function slotsOf(times: readonly number[], part: { start: number; end: number; bucket: number }): Slot[] {
  const slots: Slot[] = [];
  for (let at = part.start; at < part.end;) {
    const grid = Math.floor((times[at] ?? 0) / part.bucket);
    let last = at;
    while (last + 1 < part.end && Math.floor((times[last + 1] ?? 0) / part.bucket) === grid) last += 1;
    // A sample that is alone in its bucket keeps its own time.
    const time = last === at ? (times[at] ?? 0) : (grid + 0.5) * part.bucket;
    slots.push({ time, first: at, last });
    at = last + 1;
  }
  return slots;
}

function mean(column: Column, slot: Slot): number | null {
  let sum = 0;
  let count = 0;
  for (let at = slot.first; at <= slot.last; at += 1) {
    const value = column[at];
    if (value === null || value === undefined) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? null : sum / count;
}

function merged(times: readonly number[], breaks: readonly number[]): number[] {
  return breaks.length === 0 ? [...times] : [...new Set([...times, ...breaks])].sort((a, b) => a - b);
}

/** First index whose value is at least `wanted`. */
export function lowerBound(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First index whose value is greater than `wanted`. */
export function upperBound(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the time nearest to `wanted`; -1 when there is none. */
export function nearest(times: readonly number[], wanted: number): number {
  const after = lowerBound(times, wanted);
  if (after === 0) return times.length === 0 ? -1 : 0;
  if (after === times.length) return after - 1;
  const before = after - 1;
  return wanted - (times[before] ?? 0) <= (times[after] ?? 0) - wanted ? before : after;
}

/** The largest figure of some columns; 0 when there is none. */
export function peakOf(frame: Frame, names: readonly string[]): number {
  let peak = 0;
  for (const name of names)
    for (const value of frame.columns[name] ?? []) if (value !== null && value > peak) peak = value;
  return peak;
}

/** The last index at which one of the columns has a figure; -1 when none has. */
export function lastIndex(frame: Frame, names: readonly string[]): number {
  for (let at = frame.times.length - 1; at >= 0; at -= 1)
    if (names.some((name) => frame.columns[name]?.[at] != null)) return at;
  return -1;
}
