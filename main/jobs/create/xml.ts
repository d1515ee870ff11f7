import { parseXml, XmlError } from '../../../drivers/xml/index.ts';

/**
 * A person's own XML under the machine's name and UUID.
 * @throws {XmlError} when it is no domain's
 */
export function ownXml(xml: string, { name, uuid }: { name: string; uuid: string | null }): string {
  const document = parseXml(xml);
  const { root } = document;
  if (root.name !== 'domain') throw new XmlError('The XML of a machine begins with <domain>.');
  const named = root.find('name');
  if (named === null) document.append(root, { name: 'name', text: name });
  else document.setText(named, name);
  const known = root.find('uuid');
  if (uuid !== null && known === null) document.append(root, { name: 'uuid', text: uuid });
  if (uuid !== null && known !== null) document.setText(known, uuid);
  return document.toString();
}

/** The XML without the passwords of its screens, and the first of them. What is kept of a job holds none. */
export function withoutPasswords(xml: string): { xml: string; password: string | null } {
  if (!xml.includes('passwd')) return { xml, password: null };
  const document = parseXml(xml);
  let password: string | null = null;
  for (const graphics of document.root.findAll('devices/graphics')) {
    password ??= graphics.attribute('passwd');
    document.removeAttribute(graphics, 'passwd');
  }
  return { xml: document.toString(), password };
}
