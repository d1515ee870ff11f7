import { checkName, encodeAttribute, encodeText } from './text.ts';

/** An element to insert. `text` comes before `children`. */
export interface NewElement {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly children?: readonly NewElement[];
}

/** How lines of new text begin. */
export interface Layout {
  /** `\n` or `\r\n`, as the document has it. */
  readonly newline: string;
  /** Whitespace before an element on its line. */
  readonly indent: string;
  /** What one level adds. */
  readonly step: string;
}

/**
 * Writes an element as libvirt does: single quotes, two spaces a level.
 * @throws {XmlError} for a name or a character that XML cannot hold
 */
export function writeNewElement(element: NewElement, layout: Layout): string {
  checkName(element.name);
  let tag = `<${element.name}`;
  for (const [name, value] of Object.entries(element.attributes ?? {})) {
    checkName(name);
    tag += ` ${name}='${encodeAttribute(value, "'")}'`;
  }
  const children = element.children ?? [];
  const text = encodeText(element.text ?? '');
  if (children.length === 0) return text === '' ? `${tag}/>` : `${tag}>${text}</${element.name}>`;
  const inner = { ...layout, indent: layout.indent + layout.step };
  const lines = children.map((child) => inner.newline + inner.indent + writeNewElement(child, inner));
  return `${tag}>${text}${lines.join('')}${layout.newline}${layout.indent}</${element.name}>`;
}
