import { XmlError } from './errors.ts';

/** What parseXml refuses; every text comes from a host, a file or a window and is untrusted. */
export interface XmlLimits {
  /** UTF-16 units of the whole text. */
  readonly maxLength: number;
  /** Elements within each other. */
  readonly maxDepth: number;
  /** Elements in all: the tree of each costs some 500 bytes. */
  readonly maxElements: number;
}

/** No string of libvirt's protocol is longer than 4 MiB (REMOTE_STRING_MAX); the capabilities of a host of 4096 CPUs have 10,000 elements. */
export const DEFAULT_LIMITS: XmlLimits = {
  maxLength: 4 * 1024 * 1024,
  maxDepth: 200,
  maxElements: 200_000,
};

const LONE_SURROGATE = /\p{Surrogate}/u;
const TAG_END = /["'>]/g;

/**
 * Looks once over the markup, before the parser does, for what the parser would answer with a full stack or a full memory: its
 * descent is recursive. A document type is refused whole: it is where entities come from, and libvirt never sends one.
 * @throws {XmlError}
 */
export function checkBounds(text: string, limits: XmlLimits): void {
  if (text.length > limits.maxLength)
    throw new XmlError(`The XML is larger than ${limits.maxLength} characters`);
  const lone = LONE_SURROGATE.exec(text);
  if (lone !== null) throw new XmlError('Invalid character', { text, offset: lone.index });
  let depth = 0;
  let elements = 0;
  for (let at = text.indexOf('<'); at !== -1;) {
    const next = text[at + 1];
    if (next === '!') at = skipSpecial(text, at);
    else if (next === '?') at = skipTo(text, at, '?>', 'Unclosed processing instruction');
    else {
      const end = tagEnd(text, at);
      if (next !== '/') elements += 1;
      if (elements > limits.maxElements)
        throw new XmlError(`There are more than ${limits.maxElements} elements`, { text, offset: at });
      if (next === '/') depth -= 1;
      else if (text[end - 2] !== '/') depth += 1;
      if (depth > limits.maxDepth)
        throw new XmlError(`Elements are nested deeper than ${limits.maxDepth}`, { text, offset: at });
      at = end;
    }
    at = text.indexOf('<', at);
  }
}

function skipSpecial(text: string, at: number): number {
  if (text.startsWith('<!--', at)) return skipTo(text, at + 2, '-->', 'Unclosed comment');
  if (text.startsWith('<![CDATA[', at)) return skipTo(text, at, ']]>', 'Unclosed CDATA section');
  throw new XmlError('A document type or another declaration is not accepted', { text, offset: at });
}

function skipTo(text: string, at: number, end: string, message: string): number {
  const found = text.indexOf(end, at + 2);
  if (found === -1) throw new XmlError(message, { text, offset: at });
  return found + end.length;
}

/** The offset after the `>` that ends the tag at `at`; a `>` within quotes does not end it. */
function tagEnd(text: string, at: number): number {
  TAG_END.lastIndex = at + 1;
  for (let found = TAG_END.exec(text); found !== null; found = TAG_END.exec(text)) {
    if (found[0] === '>') return TAG_END.lastIndex;
    const close = text.indexOf(found[0], TAG_END.lastIndex);
    if (close === -1) break;
    TAG_END.lastIndex = close + 1;
  }
  throw new XmlError('Unclosed tag', { text, offset: at });
}
