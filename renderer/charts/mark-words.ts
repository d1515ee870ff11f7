/** Where a mark's word stands beside its line; null where there is no room for it. */
export type WordSide = 'right' | 'left' | null;

const LETTER_PX = 6;
const SPACE_PX = 8;

/**
 * Words that lie neither over each other nor over the plot's edges. `at` are the lines' pixels within the plot, ascending. A word goes
 * to the right of its line, to the left where the right is taken, and is left out where neither has room.
 */
export function placeWords(marks: readonly { at: number; word: string }[], width: number): WordSide[] {
  let taken = 0;
  return marks.map(({ at, word }, index) => {
    const room = word.length * LETTER_PX + SPACE_PX;
    const next = marks[index + 1]?.at ?? width;
    if (at >= taken && at + room <= next) {
      taken = at + room;
      return 'right';
    }
    if (at - room >= taken) {
      taken = at;
      return 'left';
    }
    taken = Math.max(taken, at);
    return null;
  });
}
