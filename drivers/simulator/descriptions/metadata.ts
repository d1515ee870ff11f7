import { parseXml, XmlError, type NewElement, type XmlElement } from '../../xml/index.ts';
import { failure } from '../failures.ts';

/** The element of a namespace in a definition's `<metadata>`, without its prefix, as virXMLExtractNamespaceXML gives it; null: none. */
export function metadataElement(definition: string, uri: string): string | null {
  const element = elementOf(parseXml(definition).root, uri);
  if (element === null) return null;
  const text = definition.slice(element.start, element.end);
  const { prefix } = element;
  if (prefix === null) return text;
  return text
    .replaceAll(new RegExp(`(</?)${prefix}:`, 'g'), '$1')
    .replace(new RegExp(`\\s+xmlns:${prefix}=(["']).*?\\1`), '');
}

/**
 * The definition with another element of the namespace, or without one (null), as virDomainDefSetMetadata makes it.
 * @throws {LibvirtError} VIR_ERR_INVALID_ARG for what is no XML
 */
export function withMetadataElement(
  definition: string,
  { uri, key, xml }: { uri: string; key: string; xml: string | null },
): string {
  const document = parseXml(definition);
  const { root } = document;
  const before = elementOf(root, uri);
  if (before !== null) document.remove(before);
  if (xml !== null) {
    const added = prefixed(parsed(xml), key);
    const element = { ...added, attributes: { [`xmlns:${key}`]: uri, ...added.attributes } };
    const metadata = root.find('metadata');
    if (metadata !== null) document.append(metadata, element);
    else document.insertAfter(root.find('uuid') ?? root, { name: 'metadata', children: [element] });
  }
  return document.toString();
}

function elementOf(root: XmlElement, uri: string): XmlElement | null {
  return root.find('metadata')?.children.find(({ namespace }) => namespace === uri) ?? null;
}

function prefixed(element: XmlElement, key: string): NewElement {
  const children = element.children.map((child) => prefixed(child, key));
  return {
    name: `${key}:${element.localName}`,
    attributes: Object.fromEntries(element.attributes),
    ...(children.length === 0 ? { text: element.text } : { children }),
  };
}

function parsed(xml: string): XmlElement {
  try {
    return parseXml(xml).root;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw failure('VIR_ERR_INVALID_ARG', `(metadata_xml):1: ${error.message}`, 'VIR_FROM_DOMAIN');
  }
}
