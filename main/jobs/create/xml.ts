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

/** A `<graphics>` of a machine. */
export interface Screen {
  readonly type: string | null;
  readonly password: string | null;
}

/** The XML without the passwords of its screens, and these in their order. What is kept of a job holds none. */
export function withoutPasswords(xml: string): { xml: string; screens: Screen[] } {
  if (!xml.includes('<graphics')) return { xml, screens: [] };
  const document = parseXml(xml);
  const screens = document.root.findAll('devices/graphics').map((graphics): Screen => {
    const screen = { type: graphics.attribute('type'), password: graphics.attribute('passwd') };
    if (screen.password !== null) document.removeAttribute(graphics, 'passwd');
    return screen;
  });
  return { xml: screens.some(({ password }) => password !== null) ? document.toString() : xml, screens };
}

/** Adds the passwords of a machine's screens to the secrets, and says under which name each is. */
export function screenSecrets(
  machine: number,
  passwords: readonly (string | null)[],
  secrets: Record<string, string>,
): (string | null)[] {
  return passwords.map((password, at) => {
    if (password === null) return null;
    const name = at === 0 ? `screen-${machine}` : `screen-${machine}-${at + 1}`;
    secrets[name] = password;
    return name;
  });
}

/**
 * The XML without the values of a container's environment, and these in their order: they are often passwords, and what is kept of a job holds
 * none.
 */
export function withoutEnvironment(xml: string): { xml: string; values: string[] } {
  if (!xml.includes('<initenv')) return { xml, values: [] };
  const document = parseXml(xml);
  const values = document.root.findAll('os/initenv').map((variable) => {
    const value = variable.text;
    document.setText(variable, '');
    return value;
  });
  return { xml: document.toString(), values };
}

/** Adds the values of a container's environment to the secrets, and says under which name they are; null: it has none. */
export function environmentSecret(
  machine: number,
  values: readonly string[],
  secrets: Record<string, string>,
): string | null {
  if (values.length === 0) return null;
  const name = `environment-${machine}`;
  secrets[name] = JSON.stringify(values);
  return name;
}
