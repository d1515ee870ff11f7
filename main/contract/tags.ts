/** How many tags a machine may have. */
export const MAX_TAGS = 32;
const MAX_LENGTH = 40;
/** A tag begins with a letter or digit, so that one in a command is not an option. */
const TAG = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.:-]*$/u;

/** What is wrong with a machine's tags, as a sentence; null: nothing. Without zod, so that the window can use it at no cost. */
export function tagsProblem(tags: readonly string[]): string | null {
  if (tags.length > MAX_TAGS) return `A machine has at most ${MAX_TAGS} tags.`;
  const long = tags.find((tag) => tag.length > MAX_LENGTH);
  if (long !== undefined)
    return `The tag ${long.slice(0, MAX_LENGTH)}… is too long: ${MAX_LENGTH} characters at most.`;
  const wrong = tags.find((tag) => !TAG.test(tag));
  if (wrong !== undefined)
    return `“${wrong}” is no tag: it has letters, digits, - _ . and :, and begins with a letter or digit.`;
  return null;
}

/** Each once, in the order given. */
export function eachOnce(tags: readonly string[]): string[] {
  return [...new Set(tags)];
}
