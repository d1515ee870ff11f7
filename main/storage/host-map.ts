import { z } from 'zod';

/** A part of a file. */
export interface ByteRange {
  readonly at: number;
  readonly length: number;
}

/** What `dd` reads at one time. */
const BLOCK_BYTES = 1 << 18;
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

/** What is data and what are holes, in order; null where that was not told of all of a file of that size. */
export function readMap(
  told: string,
  sizeBytes: number,
): { readonly data: ByteRange[]; readonly holes: ByteRange[] } | null {
  const parts = map.safeParse(parsed(told)).data ?? [];
  let end = 0;
  for (const { start, length } of parts) {
    if (start !== end) return null;
    end += length;
  }
  // QEMU has only whole sectors.
  if (end < sizeBytes) return null;
  const of = (isZero: boolean): ByteRange[] =>
    parts.filter(({ zero }) => zero === isZero).map(({ start: at, length }) => ({ at, length }));
  return { data: of(false), holes: of(true) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Shell that prints ranges of a file one after the other, and nothing after one that could be read in part: what follows would be taken for its end. The ranges are in
 * `$ranges` (tellRanges), the bytes go to descriptor 4. Ends with status 0 where all were printed.
 */
export function printRanges(file: string): string {
  return [
    'for range in $ranges; do at=${range%:*} length=${range#*:}',
    // dd says of a file that ends early, and of a read that gives less, that all is well: but it counts what it copied.
    `case "$(dd if=${file} bs=${BLOCK_BYTES} iflag=fullblock,skip_bytes,count_bytes skip="$at" count="$length" 2>&1 >&4)" in *out?"$length byte"*) ;; *) exit 1 ;; esac`,
    'done',
  ].join('; ');
}

/** Takes the ranges from the standard input. At once: whoever is not listened to for long is ended. */
export const TAKE_RANGES = 'ranges=$(cat)';

export function tellRanges(ranges: readonly ByteRange[]): string {
  return ranges.map(({ at, length }) => `${at}:${length}\n`).join('');
}
