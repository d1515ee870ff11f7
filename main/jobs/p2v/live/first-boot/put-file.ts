import { z } from 'zod';

const path = z.string().regex(/^\/[^\0\n]+$/);

/** A file that is put on the source while it is copied. */
export const putFile = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('renamed'),
    path,
    /** Of the file that was planned with. */
    sha256: z.string(),
    /** Words of its lines, both counted from 0, that become others. */
    words: z.array(z.object({ line: z.number(), word: z.number(), from: z.string(), to: z.string() })),
  }),
  z.object({ kind: z.literal('new'), path, text: z.string() }),
  /** `from`: a file of the same file system. */
  z.object({ kind: z.literal('copy'), path, from: path }),
]);
export type PutFile = z.infer<typeof putFile>;
export type RenamedFile = Extract<PutFile, { kind: 'renamed' }>;

/**
 * A text with other words in it; all else of it stays as it is.
 * @returns null where the text has other words there than was planned
 */
export function withWords(text: string, words: RenamedFile['words']): string | null {
  const lines = text.split('\n');
  for (const { line, word, from, to } of words) {
    // Words at even places, what is between them at odd ones; a line may begin with blanks.
    const parts = (lines[line] ?? '').split(/(\s+)/);
    const at = (parts[0] === '' ? 2 : 0) + word * 2;
    if (parts[at] !== from) return null;
    parts[at] = to;
    lines[line] = parts.join('');
  }
  return lines.join('\n');
}
