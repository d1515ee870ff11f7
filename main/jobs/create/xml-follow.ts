import { freeTarget } from '../../../drivers/libvirt/model/domain-build-devices.ts';
import { parseXml, type NewElement, type XmlDocument, type XmlElement } from '../../../drivers/xml/index.ts';
import { ownText, pairsOf, sameTag, textOf } from './xml-pairs.ts';

export interface Followed {
  readonly xml: string;
  /** What was written by hand within something that is no longer wanted: `disk vdb: iotune`. */
  readonly lost: readonly string[];
}

/**
 * XML that was edited by hand, with what the form has changed since: what differs between `before` and `after`, which are the form's own, is
 * done to `edited`, and nothing else of it is touched. Where both changed the same thing, the form's is the later word.
 * @throws {XmlError} when one of them is no XML
 */
export function followForm(edited: string, before: string, after: string): Followed {
  const document = parseXml(edited);
  const lost: string[] = [];
  change({ document, lost }, document.root, parseXml(before).root, parseXml(after).root);
  return { xml: withOwnTargets(document.toString()), lost };
}

/** What the XML has and the form's own has not: `cputune`, `disk vda: iotune`. */
export function beyondForm(edited: string, made: string): string[] {
  return beyond(parseXml(edited).root, parseXml(made).root, '');
}

interface Work {
  readonly document: XmlDocument;
  readonly lost: string[];
}

function change(work: Work, edited: XmlElement, before: XmlElement, after: XmlElement): void {
  if (!sameTag(before, after)) changeTag(work.document, edited, before, after);
  const kept = pairsOf(before.children, after.children);
  const found = pairsOf(before.children, edited.children);
  for (const old of before.children) {
    const mine = found.get(old);
    const wanted = kept.get(old);
    if (mine === undefined) continue;
    if (wanted !== undefined) change(work, mine, old, wanted);
    else {
      work.lost.push(...beyond(mine, old, labelOf(mine)));
      work.document.remove(mine);
    }
  }
  addNew({ work, edited, after, kept, found });
}

function changeTag(document: XmlDocument, edited: XmlElement, before: XmlElement, after: XmlElement): void {
  for (const name of before.attributes.keys())
    if (!after.attributes.has(name)) document.removeAttribute(edited, name);
  // All of them: a number and its unit are one thing, and a hand may have written them otherwise.
  for (const [name, value] of after.attributes) document.setAttribute(edited, name, value);
  const text = ownText(after);
  if (text !== null && text !== ownText(before)) document.setText(edited, text);
}

interface Adding {
  readonly work: Work;
  readonly edited: XmlElement;
  readonly after: XmlElement;
  /** From the form's earlier elements to its later ones, and to those of the edited text. */
  readonly kept: ReadonlyMap<XmlElement, XmlElement>;
  readonly found: ReadonlyMap<XmlElement, XmlElement>;
}

/** New ones stand where the form has them: after the one before. */
function addNew({ work: { document }, edited, after, kept, found }: Adding): void {
  const old = new Map([...kept].map(([earlier, later]) => [later, earlier]));
  let last: XmlElement | null = null;
  for (const wanted of after.children) {
    const earlier = old.get(wanted);
    const mine = earlier === undefined ? undefined : found.get(earlier);
    if (mine !== undefined) {
      last = mine;
      continue;
    }
    // What a hand took out stays out, until the form says something else of it; what a hand put in is not put in twice.
    if (earlier !== undefined && textOf(earlier) === textOf(wanted)) continue;
    if (edited.children.some((child) => textOf(child) === textOf(wanted))) continue;
    if (last === null) document.append(edited, newElement(wanted));
    else document.insertAfter(last, newElement(wanted));
  }
}

function newElement(element: XmlElement): NewElement {
  const { name, children } = element;
  const attributes = Object.fromEntries(element.attributes);
  const text = ownText(element);
  return text === null || text === ''
    ? { name, attributes, children: children.map(newElement) }
    : { name, attributes, text };
}

const MAX_BEYOND = 50;

function beyond(edited: XmlElement, made: XmlElement, path: string): string[] {
  const pairs = pairsOf(made.children, edited.children);
  const known = new Set(pairs.values());
  const found: string[] = [];
  const attributes = [...edited.attributes.keys()].filter((name) => !made.attributes.has(name));
  if (attributes.length > 0) found.push(below(path, attributes.join(', ')));
  for (const child of edited.children) if (!known.has(child)) found.push(below(path, labelOf(child)));
  for (const [old, mine] of pairs) found.push(...beyond(mine, old, within(path, mine)));
  return found.slice(0, MAX_BEYOND);
}

function within(path: string, element: XmlElement): string {
  return element.name === 'devices' ? path : path === '' ? labelOf(element) : below(path, element.name);
}

function below(path: string, name: string): string {
  if (path === '') return name;
  return path.includes(': ') ? `${path}/${name}` : `${path}: ${name}`;
}

/** As a person would look for it: `disk vda`, `interface 52:54:00:…`, `cputune`. */
function labelOf(element: XmlElement): string {
  const { name } = element;
  const mark =
    name === 'disk'
      ? element.attributeAt('target', 'dev')
      : name === 'interface'
        ? element.attributeAt('mac', 'address')
        : null;
  return mark === null ? name : `${name} ${mark}`;
}

/** Two disks may have come to one name: of a hand's and the form's the second takes the next that is free. */
function withOwnTargets(xml: string): string {
  const document = parseXml(xml);
  const used = new Set<string>();
  const all = document.root.findAll('devices/disk/target');
  for (const target of all) used.add(target.attribute('dev') ?? '');
  const seen = new Set<string>();
  for (const target of all) {
    const dev = target.attribute('dev') ?? '';
    if (!seen.has(dev)) {
      seen.add(dev);
      continue;
    }
    const free = freeTarget(dev, used);
    used.add(free);
    document.setAttribute(target, 'dev', free);
  }
  return document.toString();
}
