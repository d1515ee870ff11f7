import { isEdited, noEdits, type ElementEdits } from './edits.ts';
import type { XmlElement } from './element.ts';
import { XmlError } from './errors.ts';
import type { NewElement } from './fragment.ts';
import { checkName, encodeText } from './text.ts';
import { Writer } from './writer.ts';

/**
 * A parsed text and the edits to be made to it. Edits are kept beside the tree, which stays as it was parsed; `toString` writes the
 * new text, in which every byte that no edit names is the original's. An element removed takes the edits within it along.
 */
export class XmlDocument {
  readonly text: string;
  readonly root: XmlElement;
  readonly #edits = new Map<XmlElement, ElementEdits>();

  constructor(text: string, root: XmlElement) {
    this.text = text;
    this.root = root;
  }

  get edited(): boolean {
    return [...this.#edits.values()].some(isEdited);
  }

  /** Sets an attribute in its place, or adds it after the others. @throws {XmlError} for an impossible name or character */
  setAttribute(element: XmlElement, name: string, value: string): void {
    checkName(name);
    encodeText(value);
    this.#of(element).attributes.set(name, value);
  }

  removeAttribute(element: XmlElement, name: string): void {
    this.#of(element).attributes.set(name, null);
  }

  /** Puts text in place of all that is within the element, elements inserted earlier too. @throws {XmlError} as setAttribute */
  setText(element: XmlElement, value: string): void {
    const edits = this.#of(element);
    edits.content = encodeText(value);
    edits.appended = [];
  }

  /** Adds an element as the last within `parent`. */
  append(parent: XmlElement, added: NewElement): void {
    this.#of(parent).appended.push(added);
  }

  insertBefore(sibling: XmlElement, added: NewElement): void {
    this.#sibling(sibling).before.push(added);
  }

  insertAfter(sibling: XmlElement, added: NewElement): void {
    this.#sibling(sibling).after.push(added);
  }

  /** Removes an element with the whitespace that stands before it on its line. */
  remove(element: XmlElement): void {
    this.#sibling(element).removed = true;
  }

  /** The text with all edits made. @throws {XmlError} when a new element has an impossible name or character */
  toString(): string {
    return this.edited ? new Writer(this.text, this.#edits).document(this.root) : this.text;
  }

  #sibling(element: XmlElement): ElementEdits {
    if (element === this.root) throw new XmlError('The root element has no siblings and cannot be removed');
    return this.#of(element);
  }

  #of(element: XmlElement): ElementEdits {
    let top = element;
    while (top.parent !== null) top = top.parent;
    if (top !== this.root) throw new XmlError('The element belongs to another document');
    const known = this.#edits.get(element);
    if (known !== undefined) return known;
    const edits = noEdits();
    this.#edits.set(element, edits);
    return edits;
  }
}
