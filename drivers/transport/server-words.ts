/** A server may not fill the screen: characters of one text. */
const TEXT_LIMIT = 2_000;

/** Control characters, and those that turn the direction of text around or take no room: a text could look like another one. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** A server's own text, to be shown to a person: lines stay, characters that would not be seen go, and it has a bound. */
export function serverText(text: string): string {
  const lines = clip(text).split(/\r\n|\r|\n/);
  return lines
    .map((line) => line.replaceAll('\t', ' ').replaceAll(UNSEEN, '').trimEnd())
    .join('\n')
    .trim();
}

/** The same on one line. Blanks at its end stay: a question ends with one. */
export function serverLine(text: string): string {
  return clip(text)
    .replaceAll(/[\r\n\t]+/g, ' ')
    .replaceAll(UNSEEN, '');
}

function clip(text: string): string {
  return text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text;
}
