import { PROBE_BYTES, SECTION_BYTES } from './script.ts';

/** What a probe printed, by the names of its sections; null: what would have told is not there. */
export interface Sections {
  readonly texts: ReadonlyMap<string, string | null>;
  /** Names of those that were cut. */
  readonly cut: readonly string[];
  /** All of it came. */
  readonly whole: boolean;
}

/** @param mark what the script was given: nothing else prints such lines */
export function sectionsOf(text: string, mark: string): Sections {
  const texts = new Map<string, string | null>();
  const [, ...parts] = text.slice(0, PROBE_BYTES).split(`\n@${mark} `);
  for (const part of parts) {
    const end = part.indexOf('\n');
    const [name = '', none] = (end === -1 ? part : part.slice(0, end)).split(' ');
    texts.set(name, none === '-' || end === -1 ? null : part.slice(end + 1));
  }
  const cut = [...texts].flatMap(([name, body]) =>
    Buffer.byteLength(body ?? '') >= SECTION_BYTES ? [name] : [],
  );
  return { texts, cut, whole: texts.has('end') };
}

/** Lines that are not empty, each of tab-separated fields. */
export function rowsOf({ texts }: Sections, name: string): string[][] {
  return linesOf({ texts }, name).map((line) => line.split('\t'));
}

export function linesOf({ texts }: Pick<Sections, 'texts'>, name: string): string[] {
  return (texts.get(name) ?? '').split('\n').filter((line) => line.trim() !== '');
}

/** A whole number that a program printed, if it is one that is exact. */
export function countOf(text: string | undefined): number | null {
  const trimmed = text?.trim() ?? '';
  const value = /^\d{1,16}$/.test(trimmed) ? Number(trimmed) : NaN;
  return Number.isSafeInteger(value) ? value : null;
}

/** Longest word of the source that is passed on. */
const MAX_WORDS = 200;

/** A text of the source's for a person: bounded, without control characters. null where nothing is left. */
export function wordsOf(text: string | undefined | null): string | null {
  const clean = (text ?? '')
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, MAX_WORDS);
  return clean === '' ? null : clean;
}
