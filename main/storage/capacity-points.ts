const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How full a pool was at a time. */
export interface CapacityPoint {
  /** Milliseconds since the epoch, a whole minute. */
  readonly time: number;
  /** Capacity less what is available: what else lies on the same file system counts too. */
  readonly usedKiB: number;
  readonly capacityKiB: number;
}

/** One point for each `everyMs` of what is no older than `forMs`. */
interface Tier {
  readonly everyMs: number;
  readonly forMs: number;
}

const YEAR: Tier = { everyMs: DAY, forMs: 365 * DAY };
const FINE: readonly Tier[] = [{ everyMs: 5 * MINUTE, forMs: DAY }, { everyMs: HOUR, forMs: 30 * DAY }, YEAR];

/** What is kept of a pool, finest first; the coarser ones are for so many pools that the finest has no room. */
export const DETAILS: readonly (readonly Tier[])[] = [
  FINE,
  [{ everyMs: HOUR, forMs: 7 * DAY }, YEAR],
  [YEAR],
];

/** What a graph shows: how far back, and how close its points are. */
export const SPANS = {
  day: { everyMs: 5 * MINUTE, forMs: DAY },
  month: { everyMs: HOUR, forMs: 30 * DAY },
  year: YEAR,
} as const satisfies Record<string, Tier>;

/**
 * What is kept of points at `now`: of each tier's stretch of time the newest. Points come and go in ascending order; those of the future
 * (a clock that was put back) are dropped. Doing it twice changes nothing.
 */
export function thin(points: readonly CapacityPoint[], now: number, tiers = FINE): CapacityPoint[] {
  const kept: CapacityPoint[] = [];
  let slot = '';
  for (const point of points) {
    const age = now - point.time;
    const tier = age < 0 ? undefined : tiers.find(({ forMs }) => age < forMs);
    if (tier === undefined) continue;
    const own = `${tier.everyMs} ${Math.floor(point.time / tier.everyMs)}`;
    if (own === slot) kept.pop();
    kept.push(point);
    slot = own;
  }
  return kept;
}

/** Both in one, ascending; of two of one minute the second list's. */
export function merge(a: readonly CapacityPoint[], b: readonly CapacityPoint[]): CapacityPoint[] {
  const byTime = new Map([...a, ...b].map((point) => [point.time, point]));
  return [...byTime.values()].toSorted((one, other) => one.time - other.time);
}

/**
 * Points as short text: `time,used,capacity` joined by `;`, in minutes and KiB to the base of 36, each the difference to the one before; what
 * has not changed at the end of a point is left out.
 */
export function encode(points: readonly CapacityPoint[]): string {
  let before = [0, 0, 0];
  const texts = points.map(({ time, usedKiB, capacityKiB }) => {
    const values = [Math.round(time / MINUTE), usedKiB, capacityKiB];
    const parts = values.map((value, index) => (value - (before[index] ?? 0)).toString(36));
    while (parts.at(-1) === '0' && parts.length > 1) parts.pop();
    before = values;
    return parts.join(',');
  });
  return texts.join(';');
}

/** Null for what `encode` never writes. */
export function decode(text: string): CapacityPoint[] | null {
  const points: CapacityPoint[] = [];
  if (text === '') return points;
  let values: readonly [number, number, number] = [0, 0, 0];
  for (const part of text.split(';')) {
    if (!/^[0-9a-z]{1,11}(?:,-?[0-9a-z]{1,11}){0,2}$/.test(part)) return null;
    const [time = 0, used = 0, capacity = 0] = part.split(',').map((digits) => Number.parseInt(digits, 36));
    const next = [values[0] + time, values[1] + used, values[2] + capacity] as const;
    const sane = next.every((value) => Number.isSafeInteger(value) && value >= 0);
    if (!sane || (time === 0 && points.length > 0)) return null;
    points.push({ time: next[0] * MINUTE, usedKiB: next[1], capacityKiB: next[2] });
    values = next;
  }
  return points;
}
