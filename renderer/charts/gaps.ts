import { lowerBound, type Frame, type Gap } from './frame.ts';

/** So many samples after a gap may still be without a figure: a rate needs two. */
const LATE_SAMPLES = 2;

/** The gaps, each drawn out to the first figure of some columns after it, so that the hatch ends where their line begins. */
export function gapsToFigures({ times, columns, gaps }: Frame, names: readonly string[]): readonly Gap[] {
  const hasFigure = (at: number): boolean => names.some((name) => columns[name]?.[at] != null);
  return gaps.map((gap) => {
    const first = lowerBound(times, gap.to);
    for (let at = first; at <= first + LATE_SAMPLES && at < times.length; at += 1)
      if (hasFigure(at)) return { ...gap, to: times[at] ?? gap.to };
    return gap;
  });
}

/** The gaps of columns that are kept since `since`: before it there is one gap and nothing else. */
export function gapsSince(gaps: readonly Gap[], since: number): readonly Gap[] {
  const later = gaps
    .filter((gap) => gap.to > since)
    .map((gap) => ({ ...gap, from: Math.max(gap.from, since) }));
  return [{ from: 0, to: since, reason: 'notKept' }, ...later];
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The gaps of a frame, and as "not watched" the times besides them in which none of some columns has a figure though others have: what
 * is read only on demand was not asked for then. Without a single figure nobody knows whether it was: nothing is added.
 */
export function withUnwatched(frame: Frame, names: readonly string[]): readonly Gap[] {
  const holes = holesOf(frame, names);
  if (holes === null) return frame.gaps;
  const others = frame.gaps.filter(({ reason }) => reason !== 'notWatched');
  const unwatched = frame.gaps.filter(({ reason }) => reason === 'notWatched');
  const pieces = holes.flatMap((hole) => without(hole, others));
  const merged = union([...unwatched, ...pieces]).map((span): Gap => ({ ...span, reason: 'notWatched' }));
  return [...others, ...merged].sort((a, b) => a.from - b.from);
}

/** Times without a figure, each from the last figure before to the first after it; null when there is none at all. */
function holesOf({ times, columns }: Frame, names: readonly string[]): Span[] | null {
  const holes: Span[] = [];
  let from = times[0] ?? 0;
  let missing = 0;
  let found = false;
  for (const [at, time] of times.entries()) {
    if (names.every((name) => columns[name]?.[at] == null)) {
      missing += 1;
      continue;
    }
    if (missing > LATE_SAMPLES) holes.push({ from, to: time });
    from = time;
    missing = 0;
    found = true;
  }
  if (missing > LATE_SAMPLES) holes.push({ from, to: times.at(-1) ?? from });
  return found ? holes : null;
}

/** What is left of a span when others are taken from it. */
function without(span: Span, taken: readonly Span[]): Span[] {
  let left = [span];
  for (const { from, to } of taken)
    left = left.flatMap((part) => [
      { from: part.from, to: Math.min(part.to, from) },
      { from: Math.max(part.from, to), to: part.to },
    ]);
  return left.filter((part) => part.to > part.from);
}

/** Spans that touch or overlap become one. */
function union(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && span.from <= last.to)
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else joined.push({ from: span.from, to: span.to });
  }
  return joined;
}
