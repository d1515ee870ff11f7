import type { ElementEdits } from './edits.ts';
import type { XmlElement } from './element.ts';
import { writeNewElement, type Layout, type NewElement } from './fragment.ts';
import { encodeAttribute } from './text.ts';

const DEFAULT_STEP = '  ';

/** Writes a document anew: parts without an edit are copied as they are. */
export class Writer {
  readonly #text: string;
  readonly #edits: ReadonlyMap<XmlElement, ElementEdits>;
  /** Elements with an edit somewhere within: only these are taken apart. */
  readonly #touched = new Set<XmlElement>();
  readonly #newline: string;
  readonly #out: string[] = [];

  constructor(text: string, edits: ReadonlyMap<XmlElement, ElementEdits>) {
    this.#text = text;
    this.#edits = edits;
    this.#newline = text.includes('\r\n') ? '\r\n' : '\n';
    for (const element of edits.keys())
      for (let at: XmlElement | null = element; at !== null; at = at.parent) this.#touched.add(at);
  }

  document(root: XmlElement): string {
    this.#copy(0, root.start);
    this.#element(root);
    this.#copy(root.end, this.#text.length);
    return this.#out.join('');
  }

  #copy(start: number, end: number): void {
    this.#out.push(this.#text.slice(start, end));
  }

  #element(element: XmlElement): void {
    if (!this.#touched.has(element)) {
      this.#copy(element.start, element.end);
      return;
    }
    const edits = this.#edits.get(element);
    this.#startTag(element, edits);
    const { selfClosing, attributesEnd, end } = element.startTag;
    const appended = edits?.appended ?? [];
    const content = edits?.content ?? null;
    if (selfClosing && content === null && appended.length === 0) {
      this.#copy(attributesEnd, end);
      return;
    }
    if (selfClosing) this.#out.push('>');
    else this.#copy(attributesEnd, end);
    let rest = '';
    if (content !== null) this.#out.push(content);
    else if (!selfClosing) rest = this.#text.slice(this.#children(element), element.contentEnd);
    this.#appended(element, appended, rest);
    if (selfClosing) this.#out.push(`</${element.name}>`);
    else this.#copy(element.contentEnd, element.end);
  }

  #startTag(element: XmlElement, edits: ElementEdits | undefined): void {
    const { attributes } = element.startTag;
    const changes = new Map(edits?.attributes ?? []);
    this.#copy(element.start, element.start + 1 + element.name.length);
    for (const span of attributes) {
      const value = changes.get(span.name);
      changes.delete(span.name);
      if (value === undefined) this.#copy(span.leadStart, span.end);
      if (value == null) continue;
      this.#copy(span.leadStart, span.valueStart);
      this.#out.push(encodeAttribute(value, span.quote));
      this.#copy(span.valueEnd, span.end);
    }
    const quote = attributes.at(-1)?.quote ?? "'";
    for (const [name, value] of changes)
      if (value !== null) this.#out.push(` ${name}=${quote}${encodeAttribute(value, quote)}${quote}`);
  }

  /** Writes the content up to the end of the last child element, and says where that is in the original. */
  #children(element: XmlElement): number {
    let cursor = element.startTag.end;
    for (const child of element.children) {
      const edits = this.#edits.get(child);
      const lead = this.#leadStart(child, cursor);
      this.#copy(cursor, lead);
      const ownLine = lead !== child.start;
      this.#inserted(edits?.before ?? [], child, ownLine);
      if (edits?.removed !== true) {
        this.#copy(lead, child.start);
        this.#element(child);
      }
      this.#inserted(edits?.after ?? [], child, ownLine);
      cursor = child.end;
    }
    return cursor;
  }

  #inserted(added: readonly NewElement[], sibling: XmlElement, ownLine: boolean): void {
    // The layout is looked for backwards through the text: only where it is needed.
    if (added.length === 0) return;
    const layout = this.#layoutOf(sibling);
    const separator = ownLine ? layout.newline + layout.indent : '';
    for (const one of added) this.#out.push(separator + writeNewElement(one, layout));
  }

  /** `rest`: what follows the last child. New elements go before its last whitespace, so that the end tag keeps its line. */
  #appended(element: XmlElement, appended: readonly NewElement[], rest: string): void {
    if (appended.length === 0) {
      this.#out.push(rest);
      return;
    }
    const own = this.#layoutOf(element);
    const last = element.children.at(-1);
    const layout = last === undefined ? { ...own, indent: own.indent + own.step } : this.#layoutOf(last);
    const kept = rest.trimEnd();
    const space = rest.slice(kept.length);
    this.#out.push(kept);
    for (const added of appended)
      this.#out.push(layout.newline + layout.indent + writeNewElement(added, layout));
    this.#out.push(space.includes('\n') ? space : own.newline + own.indent);
  }

  /** Where the whitespace before an element on its own line begins, its line end with it; the element's start when it has no line of its own. */
  #leadStart(element: XmlElement, from: number): number {
    let at = element.start;
    while (at > from && (this.#text[at - 1] === ' ' || this.#text[at - 1] === '\t')) at -= 1;
    if (at === from || this.#text[at - 1] !== '\n') return element.start;
    at -= 1;
    return at > from && this.#text[at - 1] === '\r' ? at - 1 : at;
  }

  #layoutOf(element: XmlElement): Layout {
    return { newline: this.#newline, indent: this.#indentOf(element), step: this.#stepOf(element) };
  }

  #indentOf(element: XmlElement): string {
    const lineStart = this.#text.lastIndexOf('\n', element.start - 1) + 1;
    return /^[ \t]*/.exec(this.#text.slice(lineStart, element.start))?.[0] ?? '';
  }

  #stepOf(element: XmlElement): string {
    const parent = element.parent ?? element;
    const child = element.parent === null ? element.children[0] : element;
    if (child === undefined) return DEFAULT_STEP;
    const [outer, inner] = [this.#indentOf(parent), this.#indentOf(child)];
    return inner.startsWith(outer) && inner.length > outer.length ? inner.slice(outer.length) : DEFAULT_STEP;
  }
}
