import { OWN_METADATA, OWN_PREFIX } from '../../drivers/libvirt/model/index.ts';
import { parseXml, writeNewElement, type NewElement } from '../../drivers/xml/index.ts';
import { eachOnce, MAX_TAGS, tagsProblem } from '../contract/tags.ts';

/** How a definition remembers the machine's tags, for `writeOwnMetadata`; null: it has none. */
export function tagsXml(tags: readonly string[]): string | null {
  if (tags.length === 0) return null;
  return writeNewElement({ name: 'tags', text: eachOnce(tags).join(' ') }, NO_LAYOUT);
}

const NO_LAYOUT = { newline: '', indent: '', step: '' };

/** The same within the XML of a new machine; empty: it has none. */
export function tagsMetadata(tags: readonly string[]): NewElement[] {
  if (tags.length === 0) return [];
  const attributes = { [`xmlns:${OWN_PREFIX}`]: OWN_METADATA.tags };
  return [{ name: `${OWN_PREFIX}:tags`, attributes, text: eachOnce(tags).join(' ') }];
}

/** The tags in what `readOwnMetadata` gives. */
export function readTagsXml(xml: string | null): string[] {
  return xml === null ? [] : tagsOf(parseXml(xml).root.text);
}

/** The tags in the element's text. What a hand wrote there and is none is left out. */
export function tagsOf(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => tagsProblem([word]) === null);
  return eachOnce(words).slice(0, MAX_TAGS);
}
