export const SIZE_UNITS = ['MiB', 'GiB', 'TiB'] as const;
export type SizeUnit = (typeof SIZE_UNITS)[number];

const BYTES: Readonly<Record<SizeUnit, number>> = { MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** Bytes as a number in the largest unit that needs at most two decimals. */
export function sizeParts(bytes: number): { readonly text: string; readonly unit: SizeUnit } {
  const unit =
    SIZE_UNITS.findLast((one) => bytes >= BYTES[one] && Number.isInteger((bytes / BYTES[one]) * 100)) ??
    'MiB';
  return { text: String(Number((bytes / BYTES[unit]).toFixed(2))), unit };
}

/** Null: it is no size above zero. A comma is taken as a point. Whole sectors of 512 bytes. */
export function sizeBytes(text: string, unit: SizeUnit): number | null {
  const number = Number(text.trim().replace(',', '.'));
  if (text.trim() === '' || !Number.isFinite(number) || number <= 0) return null;
  const bytes = Math.round((number * BYTES[unit]) / 512) * 512;
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}

/** More than any host has, in whole MiB: stands for all that is more than that. */
export const BEYOND_MEMORY = 2 ** 53 - 1024 ** 2;

/** Is it a size that is too large to be counted in bytes? */
export function isBeyond(text: string, unit: SizeUnit): boolean {
  const bytes = Number(text.trim().replace(',', '.')) * BYTES[unit];
  return bytes > Number.MAX_SAFE_INTEGER && Number.isFinite(bytes);
}
