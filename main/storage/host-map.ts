import { z } from 'zod';

/** A part of a file. */
export interface ByteRange {
  readonly at: number;
  readonly length: number;
}

/** More of a map is not looked at: some 8000 pieces of a file. */
const MAP_BYTES = 900_000;

/**
 * Shell that prints where a raw file has data and holes: QEMU's own tool tells it as the file system does (SEEK_DATA). Nothing where there is no
 * such tool; not all of it where the file is in too many pieces.
 */
export function printMap(file: string): string {
  return `qemu-img map -U -f raw --output=json ${file} 2>/dev/null | head -c ${MAP_BYTES}`;
}

const map = z.array(
  z.object({
    start: z.number().int().nonnegative(),
    length: z.number().int().nonnegative(),
    /** Reads as zeros. */
    zero: z.boolean(),
  }),
);

/** What is data and what are holes, in order; null where that was not told. */
export function readMap(told: string): { readonly data: ByteRange[]; readonly holes: ByteRange[] } | null {
  try {
    const parts = map.parse(JSON.parse(told));
    const of = (isZero: boolean): ByteRange[] =>
      parts.filter(({ zero }) => zero === isZero).map(({ start: at, length }) => ({ at, length }));
    return { data: of(false), holes: of(true) };
  } catch {
    return null;
  }
}
