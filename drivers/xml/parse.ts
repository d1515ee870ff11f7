import * as parser from '@rgrove/parse-xml';
import { checkBounds, DEFAULT_LIMITS, type XmlLimits } from './bounds.ts';
import { XmlDocument } from './document.ts';
import { XmlElement, XmlTextLeaf } from './element.ts';
import { XmlError } from './errors.ts';

const OPTIONS = { includeOffsets: true, preserveCdata: true, preserveComments: true } as const;

/**
 * Parses a text to a tree over it. A document that was not edited gives back exactly this text.
 * @throws {XmlError} for a malformed text, one over the limits, or one with a document type
 */
export function parseXml(text: string, limits: XmlLimits = DEFAULT_LIMITS): XmlDocument {
  checkBounds(text, limits);
  const root = parse(text).root;
  if (root === null) throw new XmlError('The XML has no root element');
  const build = new Builder(text);
  const tree = build.element(root, null);
  return new XmlDocument(text, tree);
}

function parse(text: string): parser.XmlDocument {
  try {
    // The parser turns line ends about one by one, copying the text each time: minutes for a large text of carriage returns. It
    // is given spaces of the same length instead, and values are decoded from the original.
    return parser.parseXml(text.replaceAll('\r', ' '), OPTIONS);
  } catch (error) {
    if (error instanceof parser.XmlError) {
      const message = error.message.split('\n', 1)[0] ?? 'Malformed';
      // The parser counts characters, not UTF-16 units, and appends its own position. What is not closed it tells by what comes after it.
      const found = offsetOfCharacter(text, error.pos);
      const offset = message.startsWith('Unclosed') ? Math.max(0, text.lastIndexOf('<', found - 1)) : found;
      throw new XmlError(message.replace(/ \(line \d+, column \d+\)$/, ''), { text, offset }, error);
    }
    throw error;
  }
}

function offsetOfCharacter(text: string, characters: number): number {
  let offset = 0;
  for (let count = 0; count < characters && offset < text.length; count += 1)
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  return offset;
}

class Builder {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  element(source: parser.XmlElement, parent: XmlElement | null): XmlElement {
    const element = new XmlElement(
      { text: this.#text, name: source.name, start: source.start, end: this.#end(source) },
      parent,
    );
    for (const child of source.children) {
      if (child instanceof parser.XmlElement) element.adopt(this.element(child, element));
      else this.#leaf(child, element);
    }
    return element;
  }

  #leaf(
    child: parser.XmlCdata | parser.XmlComment | parser.XmlProcessingInstruction | parser.XmlText,
    parent: XmlElement,
  ): void {
    const place = { start: child.start, end: this.#end(child) };
    // XmlCdata is a kind of XmlText there: it must be asked for first.
    if (child instanceof parser.XmlCdata) {
      const raw = this.#text.slice(place.start + '<![CDATA['.length, place.end - ']]>'.length);
      parent.adopt({ type: 'cdata', text: raw.replace(/\r\n?/g, '\n'), ...place });
    } else if (child instanceof parser.XmlText) {
      parent.adopt(new XmlTextLeaf(this.#text, place.start, place.end));
    } else if (child instanceof parser.XmlComment) {
      parent.adopt({ type: 'comment', text: child.content, ...place });
    } else {
      parent.adopt({ type: 'instruction', text: `${child.name} ${child.content}`.trimEnd(), ...place });
    }
  }

  /** The parser gives Infinity for a node that ends with a text which holds characters outside the BMP. */
  #end(node: parser.XmlNode): number {
    return Math.min(node.end, this.#text.length);
  }
}
