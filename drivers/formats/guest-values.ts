import { isIPv4, isIPv6 } from 'node:net';
import { FormatError } from './errors.ts';

/**
 * Values that go into a guest's files, and what they may be. Every format escapes its values besides; these refuse what would be taken
 * for something else further on: an option of a package manager, a second line of authorized_keys.
 */
const RULES = {
  hostname: [
    /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/,
    'a name of a machine',
  ],
  // useradd of shadow-utils, in its strictest form.
  userName: [/^[a-z_][a-z0-9_-]{0,31}$/, 'a name of a user'],
  group: [/^[a-z_][a-z0-9_-]{0,31}$/, 'a name of a group'],
  // The bytes begin with the length of the type's name, 32 bits (RFC 4253, 6.6): `AAAA` in base64.
  sshKey: [
    /^(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ AAAA[A-Za-z0-9+/]*={0,2}( [^\p{Cc}\p{Zl}\p{Zp}]*)?$/u,
    'a public key of SSH in one line',
  ],
  passwordHash: [/^\$[0-9a-z]+\$[./0-9A-Za-z$=,+-]+$/, 'a hash of a password'],
  package: [/^[A-Za-z0-9@][A-Za-z0-9.+:_~=/@-]*$/, 'a name of a package'],
  timezone: [/^[A-Za-z][A-Za-z0-9_+/-]*$/, 'a time zone'],
  locale: [/^[A-Za-z][A-Za-z0-9_.@-]*$/, 'a locale'],
  keyboard: [/^[a-z][a-z0-9_-]*$/i, 'a keyboard layout'],
  path: [/^\/[^\0]*$/, 'a path from the root'],
  shell: [/^\/[A-Za-z0-9._/-]*$/, 'a path of a shell'],
  permissions: [/^0?[0-7]{3,4}$/, 'permissions in octal digits'],
  owner: [/^[a-z_][a-z0-9_.-]*(:[a-z_][a-z0-9_.-]*)?$/, 'a user and a group'],
  line: [/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, 'a single line'],
  url: [/^(https?|ftp):\/\/[^\s\p{Cc}"'<>\\]+$/u, 'an address of the web'],
  device: [/^[A-Za-z][A-Za-z0-9._-]{0,14}$/, 'a name of a network device'],
  mac: [/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, 'a MAC address'],
  word: [/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a word'],
  /** A word that may be a key of YAML. */
  key: [/^[A-Za-z][A-Za-z0-9._-]*$/, 'a word that begins with a letter'],
  // cloud-init puts the machine's id for %i and its whole name for %f.
  certname: [/^(%[if]|[a-z0-9])(%[if]|[a-z0-9._-])*$/, 'a name of a Puppet certificate'],
} as const satisfies Record<string, readonly [RegExp, string]>;

const MAX_LENGTH = 16 * 1024;

/** The value itself. `what` names the field in the error. @throws {FormatError} BAD_VALUE when it is not one */
export function checked(kind: keyof typeof RULES, what: string, value: string): string {
  const [pattern, meaning] = RULES[kind];
  if (value.length > MAX_LENGTH || !pattern.test(value) || !wellFormed(value))
    throw new FormatError('BAD_VALUE', `${what}: not ${meaning}: ${JSON.stringify(value.slice(0, 100))}`);
  return value;
}

/** An address, or one with the length of its network (`/24`). @throws {FormatError} BAD_VALUE */
export function checkedAddress(what: string, value: string, withPrefix: boolean): string {
  const [address = '', prefix, ...rest] = value.split('/');
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : -1;
  const prefixGood = withPrefix
    ? prefix !== undefined && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
    : prefix === undefined;
  if (bits < 0 || !prefixGood || rest.length > 0)
    throw new FormatError('BAD_VALUE', `${what}: not an address: ${JSON.stringify(value.slice(0, 100))}`);
  return value;
}

/** Text that may have lines. @throws {FormatError} BAD_VALUE for a NUL or half a character, TOO_LARGE */
export function checkedText(what: string, value: string, maxLength: number): string {
  if (value.length > maxLength)
    throw new FormatError('TOO_LARGE', `${what}: ${value.length} characters; ${maxLength} are the most`);
  if (value.includes('\0') || !wellFormed(value))
    throw new FormatError('BAD_VALUE', `${what}: holds what is no text`);
  return value;
}

function wellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}
