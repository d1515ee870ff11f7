import { XmlError } from './errors.ts';

const REFERENCE = /&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));/g;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
// oxlint-disable-next-line no-control-regex
const NOT_XML = /[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const NAME = /^[\p{L}_:][\p{L}\p{N}_:.\-\u00B7\p{M}]*$/u;

/** Character data as it is written to what it means (XML 1.0, 2.11 line ends and 4.1 references). */
export function decodeText(raw: string): string {
  return decodeReferences(raw.replace(/\r\n?/g, '\n'));
}

/** An attribute's raw value to what it means (XML 1.0, 3.3.3: a line end or tab that is written as itself is a space). */
export function decodeAttribute(raw: string): string {
  return decodeReferences(raw.replace(/\r\n|[\r\n\t]/g, ' '));
}

function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

/** @throws {XmlError} for a character that XML cannot hold, even as a reference (a NUL, a lone surrogate) */
export function encodeText(value: string): string {
  checkCharacters(value);
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
  '"': '&quot;',
  "'": '&apos;',
};

/** A value for between two `quote`s. @throws {XmlError} as encodeText */
export function encodeAttribute(value: string, quote: '"' | "'"): string {
  checkCharacters(value);
  const other = quote === '"' ? "'" : '"';
  return value.replace(/[&<\t\n\r"']/g, (char) =>
    char === other ? char : (ATTRIBUTE_ESCAPES[char] ?? char),
  );
}

/** @throws {XmlError} when `name` cannot be an element's or attribute's name */
export function checkName(name: string): void {
  if (!NAME.test(name)) throw new XmlError(`Not a name in XML: ${JSON.stringify(name.slice(0, 80))}`);
}

function checkCharacters(value: string): void {
  const bad = NOT_XML.exec(value);
  if (bad !== null)
    throw new XmlError(
      `XML cannot hold the character U+${(bad[0].codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
    );
}
