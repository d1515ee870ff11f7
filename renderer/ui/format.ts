/** Numbers and times as the window shows them: IEC units, rates per second, a dash for what is not known. */

export const NOTHING = '–';
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** A value and its unit, apart, where they are set in different colours. */
export interface Quantity {
  readonly value: string;
  readonly unit: string;
}

/** Three significant digits at most, and never more than one decimal. */
function digits(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}

export function bytesParts(bytes: number): Quantity {
  let value = Math.max(0, bytes);
  let index = 0;
  // 1023.96 would be shown as "1024.0": the next unit begins a little earlier.
  while (value >= 1023.95 && index < UNITS.length - 1) {
    value /= 1024;
    index += 1;
  }
  return { value: index === 0 ? String(Math.round(value)) : digits(value), unit: UNITS[index] ?? 'B' };
}

/** `4.8 GiB` */
export function formatBytes(bytes: number | bigint | null): string {
  if (bytes === null) return NOTHING;
  const { value, unit } = bytesParts(Number(bytes));
  return `${value} ${unit}`;
}

export function formatKiB(kib: number | null): string {
  return kib === null ? NOTHING : formatBytes(kib * 1024);
}

/** `84 MiB/s` */
export function formatRate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? NOTHING : `${formatBytes(bytesPerSecond)}/s`;
}

/** `34 %`; under ten one decimal would only flicker, so there is none. */
export function formatPercent(percent: number | null): string {
  return percent === null ? NOTHING : `${Math.round(percent)} %`;
}

/** `4.8 / 8 GiB`: both in the unit of the total. */
export function usedOfTotal(
  usedKiB: number,
  totalKiB: number,
): { used: string; total: string; unit: string } {
  const { unit, value } = bytesParts(totalKiB * 1024);
  const scale = 1024 ** UNITS.findIndex((one) => one === unit);
  const used = (usedKiB * 1024) / scale;
  // One decimal, so that the figures of a column stand under each other; none where it would be the fourth digit.
  return { used: used.toFixed(used >= 99.95 ? 0 : 1), total: value, unit };
}

/** `1 240` */
export function formatCount(value: number | null): string {
  return value === null ? NOTHING : Math.round(value).toLocaleString('en').replaceAll(',', ' ');
}

const STEPS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** The largest unit alone: `41 d`, `4 min`, `12 s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [unit, size] = STEPS.find(([, step]) => seconds >= step) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** `14:03:22` today, with the date before it on another day. */
export function formatClock(time: number, now: number): string {
  const date = new Date(time);
  const clock = date.toLocaleTimeString('en-GB');
  return date.toDateString() === new Date(now).toDateString() ? clock : `${isoDay(date)} ${clock}`;
}

/** `2026-11-24 14:03:22`, for titles that appear on hover. */
export function formatExact(time: number): string {
  const date = new Date(time);
  return `${isoDay(date)} ${date.toLocaleTimeString('en-GB')}`;
}

/** `2026-11-24` */
export function formatDay(time: number): string {
  return isoDay(new Date(time));
}

function isoDay(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
