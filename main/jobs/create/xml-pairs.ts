import type { XmlElement } from '../../../drivers/xml/index.ts';

/**
 * Which element of one definition is which of another. Devices that are alike have no name that stays, so they are paired by the strongest
 * sign first: the same text, then what tells them apart, then, of those that are a list in order, their place.
 */
export function pairsOf(from: readonly XmlElement[], to: readonly XmlElement[]): Map<XmlElement, XmlElement> {
  const pairs = new Map<XmlElement, XmlElement>();
  const taken = new Set<XmlElement>();
  for (const sign of SIGNS) {
    const open = to.filter((other) => !taken.has(other)).map((other) => ({ other, mark: sign(other) }));
    for (const one of from) {
      const mark = pairs.has(one) ? null : sign(one);
      if (mark === null) continue;
      const found = open.find((candidate) => candidate.mark === mark && !taken.has(candidate.other));
      if (found === undefined) continue;
      pairs.set(one, found.other);
      taken.add(found.other);
    }
  }
  return pairs;
}

type Sign = (element: XmlElement) => string | null;

/** Of these the place in the list is what they are: a change makes them no other. */
const LISTS: ReadonlySet<string> = new Set(['disk', 'interface', 'boot', 'video', 'graphics', 'tag']);

/** Of these there may be many, each something of its own: one that is gone has not become another. */
const NAMED: Readonly<Record<string, Sign>> = {
  controller: (of) => [of.attribute('type'), of.attribute('model'), of.attribute('index')].join(' '),
  channel: (of) => `${of.attribute('type')} ${of.attributeAt('target', 'name')}`,
  serial: (of) => `${of.attribute('type')} ${of.attributeAt('target', 'port') ?? '0'}`,
  console: (of) => `${of.attribute('type')} ${of.attributeAt('target', 'port') ?? '0'}`,
  input: (of) => `${of.attribute('type')} ${of.attribute('bus')}`,
  timer: (of) => of.attribute('name'),
  feature: (of) => of.attribute('name'),
};

const SIGNS: readonly Sign[] = [
  textOf,
  (element) => strong(element),
  (element) => (element.name in NAMED ? `${element.name} ${NAMED[element.name]?.(element)}` : null),
  // A drive never becomes a disk.
  (element) => (LISTS.has(element.name) ? `${element.name} ${element.attribute('device') ?? ''}` : null),
  (element) => (element.name in NAMED || LISTS.has(element.name) ? null : element.name),
];

/** What a disk or a card is known by, where it has that. */
function strong(element: XmlElement): string | null {
  if (element.name === 'interface') {
    const mac = element.attributeAt('mac', 'address');
    return mac === null ? null : `mac ${mac.toLowerCase()}`;
  }
  if (element.name !== 'disk') return null;
  const path = element.attributeAt('source', 'file') ?? element.attributeAt('source', 'dev');
  return path === null ? null : `disk ${path}`;
}

/** The element in one way of writing it: two that mean the same read the same. */
export function textOf(element: XmlElement): string {
  const attributes = [...element.attributes].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { children } = element;
  const within = children.length === 0 ? element.text.trim() : children.map(textOf).join('');
  return `<${element.name} ${JSON.stringify(attributes)}>${within}</>`;
}

/** The text of an element that holds no other; null: it holds some. */
export function ownText(element: XmlElement): string | null {
  return element.children.length === 0 ? element.text.trim() : null;
}

/** The same, apart from what is within. */
export function sameTag(one: XmlElement, other: XmlElement): boolean {
  const [mine, its] = [one.attributes, other.attributes];
  return (
    mine.size === its.size &&
    [...mine].every(([name, value]) => its.get(name) === value) &&
    ownText(one) === ownText(other)
  );
}
