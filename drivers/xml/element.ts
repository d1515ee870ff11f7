import { scanStartTag, type StartTag } from './start-tag.ts';
import { decodeAttribute, decodeText } from './text.ts';

/** What stands between an element's tags beside elements. `text` is what it means; `start` and `end` are offsets into the original. */
export interface XmlLeaf {
  readonly type: 'text' | 'cdata' | 'comment' | 'instruction';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export type XmlChild = XmlElement | XmlLeaf;

export interface ElementSource {
  readonly text: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * An element as it was parsed. Reading never shows edits: they are of the document (document.ts); parse its new text to read them.
 * Names hold their prefix as it is written (`qemu:commandline`).
 */
export class XmlElement {
  readonly type = 'element';
  readonly name: string;
  readonly parent: XmlElement | null;
  readonly start: number;
  readonly end: number;
  readonly #text: string;
  readonly #nodes: XmlChild[] = [];
  #tag: StartTag | null = null;
  #attributes: ReadonlyMap<string, string> | null = null;

  constructor(source: ElementSource, parent: XmlElement | null) {
    this.#text = source.text;
    this.name = source.name;
    this.start = source.start;
    this.end = source.end;
    this.parent = parent;
  }

  /** For the parser only, while the tree grows. */
  adopt(child: XmlChild): void {
    this.#nodes.push(child);
  }

  get localName(): string {
    return this.name.slice(this.name.indexOf(':') + 1);
  }

  get prefix(): string | null {
    const colon = this.name.indexOf(':');
    return colon === -1 ? null : this.name.slice(0, colon);
  }

  /** The URI of the prefix (of the default namespace when there is none), by the declarations around; null when it has none. */
  get namespace(): string | null {
    return this.#resolve(this.prefix === null ? 'xmlns' : `xmlns:${this.prefix}`);
  }

  /** In the order of the text. */
  get attributes(): ReadonlyMap<string, string> {
    this.#attributes ??= new Map(
      this.startTag.attributes.map((span) => [
        span.name,
        decodeAttribute(this.#text.slice(span.valueStart, span.valueEnd)),
      ]),
    );
    return this.#attributes;
  }

  attribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }

  /** All that is within, comments and unknown things too. */
  get nodes(): readonly XmlChild[] {
    return this.#nodes;
  }

  get children(): XmlElement[] {
    return this.#nodes.filter((node): node is XmlElement => node.type === 'element');
  }

  /** Text and CDATA of this element and of those within, joined. */
  get text(): string {
    let joined = '';
    for (const node of this.#nodes)
      if (node.type === 'element' || node.type === 'text' || node.type === 'cdata') joined += node.text;
    return joined;
  }

  /** The first element at a path of child names: `devices/disk`; `*` is any name. */
  find(path: string): XmlElement | null {
    return this.#walk(path)[Symbol.iterator]().next().value ?? null;
  }

  findAll(path: string): XmlElement[] {
    return [...this.#walk(path)];
  }

  /** The first child with this local name in this namespace, whatever its prefix. */
  findInNamespace(uri: string, localName: string): XmlElement | null {
    return this.children.find((child) => child.localName === localName && child.namespace === uri) ?? null;
  }

  /** Text at a path without the whitespace around it; null when there is no such element. */
  textAt(path: string): string | null {
    return this.find(path)?.text.trim() ?? null;
  }

  /** An attribute of the element at a path; null when either is missing. */
  attributeAt(path: string, name: string): string | null {
    return this.find(path)?.attribute(name) ?? null;
  }

  /** Where the parts of the start tag stand. */
  get startTag(): StartTag {
    this.#tag ??= scanStartTag(this.#text, this.start, this.name);
    return this.#tag;
  }

  /** Where the end tag begins; the element's own end when it closes itself. */
  get contentEnd(): number {
    return this.startTag.selfClosing ? this.end : this.#text.lastIndexOf('</', this.end - 1);
  }

  #resolve(declaration: string): string | null {
    const uri = this.attribute(declaration);
    if (uri !== null) return uri === '' ? null : uri;
    return this.parent === null ? null : this.parent.#resolve(declaration);
  }

  *#walk(path: string): Generator<XmlElement> {
    const slash = path.indexOf('/');
    const step = slash === -1 ? path : path.slice(0, slash);
    for (const node of this.#nodes) {
      if (node.type !== 'element' || (step !== '*' && node.name !== step)) continue;
      if (slash === -1) yield node;
      else yield* node.#walk(path.slice(slash + 1));
    }
  }
}

/** Text of a run of character data; entity references in it are decoded only when somebody reads it. */
export class XmlTextLeaf implements XmlLeaf {
  readonly type = 'text';
  readonly start: number;
  readonly end: number;
  readonly #source: string;

  constructor(source: string, start: number, end: number) {
    this.#source = source;
    this.start = start;
    this.end = end;
  }

  get text(): string {
    return decodeText(this.#source.slice(this.start, this.end));
  }
}
