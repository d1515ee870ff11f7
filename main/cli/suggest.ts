/** Edits that a word of this length may be away from what was meant: one in short words, two in longer ones. */
function editsAllowed(length: number): number {
  return length < 3 ? 0 : length <= 6 ? 1 : 2;
}

/**
 * The one candidate that a mistyped word most likely stands for; null when none or several are as near. Names that differ in digits
 * alone are not taken for a slip: web-1 is another machine than web-2.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const allowed = editsAllowed(word.length);
  let best: string | null = null;
  let fewest = allowed + 1;
  for (const candidate of new Set(candidates)) {
    if (Math.abs(candidate.length - word.length) >= fewest + 1) continue;
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits > allowed || edits > fewest || differInDigits(word, candidate)) continue;
    best = edits === fewest ? null : candidate;
    fewest = edits;
  }
  return best;
}

function differInDigits(word: string, candidate: string): boolean {
  const digitless = (text: string): string => text.replaceAll(/\d+/g, '0');
  return word.toLowerCase() !== candidate.toLowerCase() && digitless(word) === digitless(candidate);
}

/** Edit distance with neighbours that changed places counted once (optimal string alignment). */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          cell(last, j) + 1,
          cell(row, j - 1) + 1,
          cell(last, j - 1) + (same ? 0 : 1),
          swapped ? cell(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [beforeLast, last] = [last, row];
  }
  return cell(last, b.length);
}

function cell(row: readonly number[], at: number): number {
  return row[at] ?? Number.POSITIVE_INFINITY;
}
