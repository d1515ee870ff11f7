const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const NONE = '-';

/** `1.5 GiB`: three digits at most before the point are kept, one after it below ten. */
export function bytes(value: number | null): string {
  if (value === null) return NONE;
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && scaled < 10 && !Number.isInteger(scaled) ? 1 : 0;
  return `${scaled.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}

export function kib(value: number | null): string {
  return bytes(value === null ? null : value * 1024);
}

export function rate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? NONE : `${bytes(bytesPerSecond)}/s`;
}

export function percent(value: number | null): string {
  return value === null ? NONE : `${value.toFixed(value < 10 ? 1 : 0)}%`;
}

/** Local time with seconds, as log files have it. */
export function clock(time: number): string {
  const date = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
