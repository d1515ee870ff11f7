const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const DAY = 24 * HOUR;

const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 4, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 30, 60, 120].map((n) => n * DAY),
];

/** Room that a label needs. */
const LABEL_PX = 84;
/** A label whose place is nearer to the right end than this would be cut there: half of `10:32:15`, less the room beside the lines. */
const END_PX = 20;

/** Places for labels, at round times of the local clock. `offsetMs` is what the local clock is ahead of UTC. */
export function timeTicks(range: { from: number; to: number }, widthPx: number, offsetMs: number): number[] {
  const { from, to } = range;
  if (!(to > from) || widthPx <= 0) return [];
  const count = Math.max(1, Math.floor(widthPx / LABEL_PX));
  const step = STEPS_MS.find((ms) => (to - from) / ms <= count) ?? 120 * DAY;
  const end = to - ((to - from) * END_PX) / widthPx;
  const ticks: number[] = [];
  for (let at = Math.ceil((from + offsetMs) / step) * step - offsetMs; at <= end; at += step) ticks.push(at);
  return ticks;
}

/** `10:32`, with seconds where the ticks are closer than a minute; `24 Nov` where they are a day apart or more. */
export function timeLabel(time: number, ticks: readonly number[]): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const [first, second] = ticks;
  if (first !== undefined && second !== undefined && second - first >= DAY) return dayLabel(date);
  const close = first !== undefined && second !== undefined && second - first < MINUTE;
  return close ? `${clock}:${two(date.getSeconds())}` : clock;
}

function dayLabel(date: Date): string {
  return `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })}`;
}

/** What the local clock is ahead of UTC at that time. */
export function localOffsetMs(time: number): number {
  return -new Date(time).getTimezoneOffset() * MINUTE;
}
