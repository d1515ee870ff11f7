/** More are only counted. */
const NAMED = 5;

/** Names in order, and then paths, as a sentence has room for: `a, b, c, d, e and 15 more`. */
export function namedInShort(names: readonly string[]): string {
  const isPath = (name: string): number => (name.startsWith('/') ? 1 : 0);
  const all = [...new Set(names)].toSorted(
    (a, b) => isPath(a) - isPath(b) || a.localeCompare(b, 'en', { numeric: true }),
  );
  const shown = all.length === NAMED + 1 ? all : all.slice(0, NAMED);
  const rest = all.length - shown.length;
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${rest} more`;
}
