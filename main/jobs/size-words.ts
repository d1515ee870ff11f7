const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** “2.1 GiB”. @param round tenths, as its use needs it: what is too small by a sector must not have the same words as what it takes */
export function sizeWords(bytes: number, round: (value: number) => number = Math.round): string {
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 1024 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${round(scaled * 10) / 10} ${UNITS[unit] ?? ''}`;
}
