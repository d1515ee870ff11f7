import { FormatError } from '../../../drivers/formats/errors.ts';
import { parseYaml } from '../../../drivers/formats/yaml.ts';
import type { CloudInit } from '../../contract/cloud-init.ts';

/** Keys of cloud-config by which a person's own one may let somebody in. */
const LOGIN_KEYS = ['users', 'user', 'password', 'chpasswd', 'ssh_authorized_keys', 'ssh_import_id'] as const;

/** Those who are made and have no way in: neither a key nor a password. Empty where the person's own cloud-config may give them one. */
export function shutOut({ users, yaml }: CloudInit): string[] {
  if (namesLogins(yaml)) return [];
  const isShutOut = ({ sshKeys, password }: CloudInit['users'][number]): boolean =>
    sshKeys.length === 0 && password === null;
  return users.every(isShutOut) ? users.map(({ name }) => name) : [];
}

/** That nobody can log in to what an image becomes. An image that is told nothing is as its maker left it. */
export function loginWarnings(cloudInit: CloudInit): string[] {
  const { users, yaml } = cloudInit;
  if (users.length === 0)
    return namesLogins(yaml)
      ? []
      : ['Nobody is named: log in only as the image allows by itself. Most images allow nobody.'];
  const names = shutOut(cloudInit);
  if (names.length === 0) return [];
  const has = names.length === 1 ? 'has' : 'have';
  return [`${names.join(', ')} ${has} no key and no password: nobody will be able to log in.`];
}

function namesLogins(yaml: string | null): boolean {
  try {
    const config = parseYaml(yaml ?? '');
    return typeof config === 'object' && config !== null && LOGIN_KEYS.some((key) => key in config);
  } catch (error) {
    // What cannot be read is a problem of its own.
    if (error instanceof FormatError) return false;
    throw error;
  }
}
