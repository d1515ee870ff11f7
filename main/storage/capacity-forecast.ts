import { thin, type CapacityPoint } from './capacity-points.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The slope is that of the last week; less than this of it says nothing. */
const WEEK: readonly [{ everyMs: number; forMs: number }] = [{ everyMs: HOUR, forMs: 7 * DAY }];
const LEAST_MS = 2 * DAY;
const LEAST_POINTS = 6;
/** Part of the change that a straight line must explain (R²): what goes up and down has no rate. */
const LEAST_FIT = 0.6;
/** Nobody knows what is so far away. */
const MOST_DAYS = 365;

/**
 * In how many days a pool is full if what is free goes on to shrink as in the last week, by a line of least squares through one point an
 * hour, so that the hours of which more is known do not count more. Null where that says nothing: too little is known, it does not shrink,
 * it goes up and down, or it is more than a year away.
 */
export function daysToFull(points: readonly CapacityPoint[], now: number): number | null {
  const week = thin(points, now, WEEK).map(({ time, usedKiB, capacityKiB }) => ({
    days: (time - now) / DAY,
    free: capacityKiB - usedKiB,
  }));
  const [first, last] = [week[0], week.at(-1)];
  if (first === undefined || last === undefined || week.length < LEAST_POINTS) return null;
  if ((last.days - first.days) * DAY < LEAST_MS) return null;
  const meanDays = mean(week.map(({ days }) => days));
  const meanFree = mean(week.map(({ free }) => free));
  let [xx, xy, yy] = [0, 0, 0];
  for (const { days, free } of week) {
    xx += (days - meanDays) ** 2;
    xy += (days - meanDays) * (free - meanFree);
    yy += (free - meanFree) ** 2;
  }
  const perDay = -xy / xx;
  if (!(perDay > 0) || xy ** 2 / (xx * yy) < LEAST_FIT) return null;
  const left = Math.max(0, last.free) / perDay;
  return left > MOST_DAYS ? null : left;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
