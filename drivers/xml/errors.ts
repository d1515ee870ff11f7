/**
 * The text is not XML that we take: malformed, too large, too deep, with a document type, or an edit that would make it so.
 * `offset` is the position in the text (UTF-16 units); null when the fault has no place. `line` and `column` count from 1.
 */
export class XmlError extends Error {
  override readonly name = 'XmlError';
  readonly offset: number | null;
  readonly line: number | null;
  readonly column: number | null;

  constructor(message: string, place?: { readonly text: string; readonly offset: number }, cause?: unknown) {
    const position = place === undefined ? null : positionOf(place.text, place.offset);
    const where = position === null ? '' : ` (line ${position.line}, column ${position.column})`;
    super(`${message}${where}`, cause === undefined ? undefined : { cause });
    this.offset = place?.offset ?? null;
    this.line = position?.line ?? null;
    this.column = position?.column ?? null;
  }
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}
