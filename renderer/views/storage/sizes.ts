export const SIZE_UNITS = ['MiB', 'GiB', 'TiB'] as const;
export type SizeUnit = (typeof SIZE_UNITS)[number];

const BYTES: Readonly<Record<SizeUnit, number>> = { MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** A number, and the unit behind it where one is typed: `768 MiB`, `1,5g`. Decimal ones (MB) are not taken for these. */
const TYPED = /^\s*(.*?[\d.,])\s*(?:([MGT])(?:iB?)?)?\s*$/i;

/** The unit that is typed behind the number; null: none is. */
export function unitIn(text: string): SizeUnit | null {
  const letter = TYPED.exec(text)?.[2]?.toUpperCase();
  return letter === undefined ? null : (SIZE_UNITS.find((unit) => unit.startsWith(letter)) ?? null);
}

/** The number alone; a text that is no number stays. */
export function withoutUnit(text: string): string {
  return TYPED.exec(text)?.[1] ?? text;
}

/** Not a number where it is none. A comma is taken as a point. */
function exactBytes(text: string, unit: SizeUnit): number {
  const number = withoutUnit(text).trim().replace(',', '.');
  return number === '' ? Number.NaN : Number(number) * BYTES[unitIn(text) ?? unit];
}

/** Bytes as a number in the largest unit that needs at most two decimals; none is an empty text. */
export function sizeParts(bytes: number): { readonly text: string; readonly unit: SizeUnit } {
  if (bytes === 0) return { text: '', unit: 'GiB' };
  const unit =
    SIZE_UNITS.findLast((one) => bytes >= BYTES[one] && Number.isInteger((bytes / BYTES[one]) * 100)) ??
    'MiB';
  return { text: String(Number((bytes / BYTES[unit]).toFixed(2))), unit };
}

/** Null: it is no size above zero. A unit in the text counts before the one given. Whole sectors of 512 bytes. */
export function sizeBytes(text: string, unit: SizeUnit): number | null {
  const bytes = Math.round(exactBytes(text, unit) / 512) * 512;
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}

/** More than any host has, in whole MiB: stands for all that is more than that. */
export const BEYOND_MEMORY = 2 ** 53 - 1024 ** 2;

/** Is it a size that is too large to be counted in bytes? */
export function isBeyond(text: string, unit: SizeUnit): boolean {
  const bytes = exactBytes(text, unit);
  return bytes > Number.MAX_SAFE_INTEGER && Number.isFinite(bytes);
}
