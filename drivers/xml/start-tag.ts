/** One attribute in the original text; offsets are into the whole text. */
export interface AttributeSpan {
  readonly name: string;
  /** Where the whitespace before it begins. */
  readonly leadStart: number;
  readonly end: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly quote: '"' | "'";
}

export interface StartTag {
  readonly attributes: readonly AttributeSpan[];
  /** After the name and the last attribute: where a further attribute goes. */
  readonly attributesEnd: number;
  readonly selfClosing: boolean;
  /** After the `>`. */
  readonly end: number;
}

// XML's own whitespace: a name may hold characters that \s takes for a space (U+1680, U+FEFF).
const ATTRIBUTE = /([ \t\r\n]+)([^ \t\r\n=/>]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')/y;
const CLOSE = /[ \t\r\n]*(\/?)>/y;

/** Finds the parts of a start tag. The parser has accepted the text already, so the tag at `start` is well-formed. */
export function scanStartTag(text: string, start: number, name: string): StartTag {
  const attributes: AttributeSpan[] = [];
  let at = start + 1 + name.length;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(text);
    if (match === null) break;
    const value = match[3] ?? match[4] ?? '';
    const end = ATTRIBUTE.lastIndex;
    attributes.push({
      name: match[2] ?? '',
      leadStart: at,
      end,
      valueStart: end - 1 - value.length,
      valueEnd: end - 1,
      quote: match[3] === undefined ? "'" : '"',
    });
    at = end;
  }
  CLOSE.lastIndex = at;
  const close = CLOSE.exec(text);
  return {
    attributes,
    attributesEnd: at,
    selfClosing: close?.[1] === '/',
    end: close === null ? at : CLOSE.lastIndex,
  };
}
