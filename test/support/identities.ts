import { parseXml, type XmlElement } from '../../drivers/xml/index.ts';

/** What machines have alike, though it looks like a name. */
const ALIKE = /^\/usr\/|^\/dev\/urandom$/;
const NAME = /^\/|^[0-9a-f]{8}-[0-9a-f-]{27}$|^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$|^[0-9a-f]{16}$/i;
/** Numbers that are one machine's at a time, by their attributes. */
const NUMBERS: ReadonlySet<string> = new Set([
  'graphics port',
  'graphics tlsPort',
  'graphics websocket',
  'cid address',
]);

/**
 * Every value of a definition that is the machine's alone, by where it is (`serial/source path`): UUIDs, MACs, paths, passwords, ports and
 * numbers, whatever element has it.
 */
export function identitiesOf(xml: string): Map<string, string> {
  const found = new Map<string, string>();
  const take = (place: string, value: string): void => {
    if (ALIKE.test(value)) return;
    let key = place;
    for (let number = 2; found.has(key); number += 1) key = `${place} ${number}`;
    found.set(key, value);
  };
  const visit = (element: XmlElement, parent: string): void => {
    const { name, text } = element;
    if (name === 'name' || NAME.test(text.trim())) take(`${parent}/${name}`, text.trim());
    for (const [attribute, value] of element.attributes)
      if (NAME.test(value) || attribute === 'passwd' || isNumber(`${name} ${attribute}`, value))
        take(`${parent}/${name} ${attribute}`, value);
    for (const child of element.children) visit(child, name);
  };
  visit(parseXml(xml).root, '');
  return found;
}

function isNumber(place: string, value: string): boolean {
  return NUMBERS.has(place) && Number(value) > 0;
}
