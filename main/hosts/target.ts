import { BadInput } from './failures.ts';

/** Where a host is and what to ask libvirt there for. */
export type HostTarget = SshHostTarget | LocalHostTarget | TcpHostTarget | DemoHostTarget;

interface CommonTarget {
  /** The libvirt URI as a person would give it to virsh; no secret in it. */
  uri: string;
  /** What CONNECT_OPEN gets: the URI as the host's own daemon understands it (`qemu:///system`). */
  libvirtUri: string;
  /** libvirt's driver: `qemu`, `lxc`, `test`… */
  driver: string;
}

export interface SshHostTarget extends CommonTarget {
  kind: 'ssh';
  host: string;
  /** null: what ~/.ssh/config says, else 22. */
  port: number | null;
  /** null: what ~/.ssh/config says, else this computer's user. */
  user: string | null;
  keyFile: string | null;
  scope: 'system' | 'session';
  /** The daemon's socket when the URI names it. */
  socket: string | null;
}

export interface LocalHostTarget extends CommonTarget {
  kind: 'local';
  scope: 'system' | 'session';
  socket: string | null;
}

export interface TcpHostTarget extends CommonTarget {
  kind: 'tcp';
  host: string;
  port: number;
}

export interface DemoHostTarget extends CommonTarget {
  kind: 'demo';
  name: string;
}

/** libvirt's port for connections without encryption (LIBVIRTD_TCP_PORT). */
const LIBVIRT_TCP_PORT = 16_509;

/** Drivers that a daemon serves and whose machines this version understands. */
const DRIVERS = new Set(['qemu', 'lxc', 'test', 'ch', 'bhyve', 'xen', 'vz']);
/** Drivers that have a daemon for each user as well. */
const WITH_SESSION = new Set(['qemu', 'ch']);

/** Parameters of libvirt's own client that say how it starts ssh or netcat: without meaning here, so they are passed over. */
const IDLE_PARAMETERS = new Set(['mode', 'proxy', 'netcat', 'no_tty', 'sshauth']);

const REFUSED_PARAMETERS: Record<string, string> = {
  no_verify: 'host keys are always checked; accept the key when you are asked',
  known_hosts_verify: 'host keys are always checked; accept the key when you are asked',
  command: 'Virtlane logs in by itself and starts no ssh command',
  known_hosts: 'Virtlane reads ~/.ssh/known_hosts and its own file',
  authfile: 'authentication files are not in this version',
  tls_priority: 'TLS is not in this version',
  pkipath: 'TLS is not in this version',
};

/**
 * Understands what a person types for a host: `user@host`, `host:port`, `[2001:db8::1]:22`, an entry of ~/.ssh/config, or a libvirt
 * URI (https://libvirt.org/uri.html). Nothing is looked up.
 * @throws BadInput with a sentence that says what is wrong
 */
export function parseTarget(text: string): HostTarget {
  const typed = text.trim();
  if (typed === '') throw new BadInput('Type a host, for example root@host or qemu+ssh://root@host/system.');
  // Control characters and blanks have no place in a host, and would make messages and shell lines lie.
  if (/[\p{Cc}\s]/u.test(typed)) throw new BadInput('A host has no blanks and no control characters in it.');
  return typed.includes(':///') || typed.includes('://') ? parseUri(typed) : parsePlain(typed);
}

function parsePlain(typed: string): SshHostTarget {
  const at = typed.lastIndexOf('@');
  const user = at === -1 ? null : checkedUser(typed.slice(0, at));
  const { host, port } = splitHostPort(typed.slice(at + 1), typed);
  return sshTarget({ driver: 'qemu', path: '/system', host, port, user, keyFile: null, socket: null });
}

/** The pieces of `driver+transport://user@host:port/path?parameters`. URL is not used: it rewrites hosts and knows no such schemes. */
const URI = /^([a-z][a-z0-9.-]*?)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/i;

function parseUri(typed: string): HostTarget {
  const match = URI.exec(typed);
  if (match === null) throw new BadInput(`${shown(typed)} is not a libvirt URI.`);
  const driver = (match[1] ?? '').toLowerCase();
  const transport = match[2]?.toLowerCase() ?? null;
  const authority = match[3] ?? '';
  const path = match[4] ?? '';
  const parameters = parseParameters(match[5] ?? '');
  if (driver === 'demo') return demoTarget(path, authority);
  if (driver === 'ssh' && transport === null) return parsePlain(authority);
  if (!DRIVERS.has(driver))
    throw new BadInput(
      `${shown(`${driver}://`)} is not in this version. Hosts are qemu, lxc, xen, ch, bhyve, vz or test.`,
    );
  switch (transport) {
    case null:
      // Without a transport and with a host, libvirt means TLS.
      if (authority !== '')
        throw new BadInput(
          `${driver}://host/… means TLS, which is not in this version. Use ${driver}+ssh://.`,
        );
      return localTarget(driver, null, path, parameters);
    case 'unix':
      if (authority !== '') throw new BadInput(`${driver}+unix:// is this computer and takes no host.`);
      return localTarget(driver, transport, path, parameters);
    case 'ssh':
    case 'libssh':
    case 'libssh2':
      return sshFromUri(driver, authority, path, parameters);
    case 'tcp':
      return tcpTarget(driver, authority, path);
    case 'tls':
      throw new BadInput('TLS is not in this version. Use ssh.');
    default:
      throw new BadInput(`The transport ${shown(transport)} is not in this version. Use ssh, tcp or unix.`);
  }
}

function sshFromUri(driver: string, authority: string, path: string, parameters: Parameters): SshHostTarget {
  const at = authority.lastIndexOf('@');
  const user = at === -1 ? null : checkedUser(decoded(authority.slice(0, at)));
  const { host, port } = splitHostPort(authority.slice(at + 1), authority);
  const { keyfile, socket } = parameters;
  return sshTarget({ driver, path, host, port, user, keyFile: keyfile, socket });
}

interface SshPieces {
  driver: string;
  path: string;
  host: string;
  port: number | null;
  user: string | null;
  keyFile: string | null;
  socket: string | null;
}

function sshTarget(pieces: SshPieces): SshHostTarget {
  const { driver, host, port, user, keyFile, socket } = pieces;
  const { path, scope } = checkedPath(driver, pieces.path);
  const where = `${user === null ? '' : `${encodeURIComponent(user)}@`}${bracketed(host)}${port === null ? '' : `:${port}`}`;
  return {
    kind: 'ssh',
    uri: `${driver}+ssh://${where}${path}${query({ keyfile: keyFile, socket })}`,
    libvirtUri: `${driver}://${path}`,
    driver,
    host,
    port,
    user,
    keyFile,
    scope,
    socket,
  };
}

function localTarget(
  driver: string,
  transport: 'unix' | null,
  path: string,
  parameters: Parameters,
): LocalHostTarget {
  if (parameters.keyfile !== null) throw new BadInput('keyfile is for ssh.');
  const { path: checked, scope } = checkedPath(driver, path);
  const { socket } = parameters;
  return {
    kind: 'local',
    uri: `${driver}${transport === null ? '' : '+unix'}://${checked}${query({ keyfile: null, socket })}`,
    libvirtUri: `${driver}://${checked}`,
    driver,
    scope,
    socket,
  };
}

function tcpTarget(driver: string, authority: string, path: string): TcpHostTarget {
  if (authority.includes('@'))
    throw new BadInput('A user with tcp means SASL, which is not in this version. Use ssh.');
  const { host, port } = splitHostPort(authority, authority);
  const checked = checkedPath(driver, path).path;
  return {
    kind: 'tcp',
    uri: `${driver}+tcp://${bracketed(host)}${port === null ? '' : `:${port}`}${checked}`,
    libvirtUri: `${driver}://${checked}`,
    driver,
    host,
    port: port ?? LIBVIRT_TCP_PORT,
  };
}

function demoTarget(path: string, authority: string): DemoHostTarget {
  const name = path.slice(1);
  if (authority !== '' || !/^[a-z0-9][a-z0-9.-]{0,62}$/.test(name))
    throw new BadInput('A host of the demo fleet is demo:///kvm-a, demo:///kvm-b or demo:///kvm-c.');
  return { kind: 'demo', uri: `demo:///${name}`, libvirtUri: 'qemu:///system', driver: 'qemu', name };
}

/** The path of the URI: `/system`, `/session`; of the test driver anything; of lxc and xen `/system` or nothing. */
function checkedPath(driver: string, path: string): { path: string; scope: 'system' | 'session' } {
  if (driver === 'test') {
    if (path.length < 2)
      throw new BadInput('A URI of the test driver ends with /default or a file of the host.');
    return { path, scope: 'system' };
  }
  if (path === '' || path === '/' || path === '/system') {
    return { path: WITH_SESSION.has(driver) || path === '/system' ? '/system' : '/', scope: 'system' };
  }
  if (path === '/session' && WITH_SESSION.has(driver)) return { path, scope: 'session' };
  const known = WITH_SESSION.has(driver) ? '/system or /session' : '/system';
  throw new BadInput(`A ${driver} URI ends with ${known}, not ${shown(path)}.`);
}

interface Parameters {
  keyfile: string | null;
  socket: string | null;
}

function parseParameters(text: string): Parameters {
  const found: Parameters = { keyfile: null, socket: null };
  if (text === '') return found;
  for (const pair of text.split(/[&;]/)) {
    const equals = pair.indexOf('=');
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decoded(pair.slice(equals + 1));
    if (name === 'keyfile' || name === 'socket') {
      if (value === '' || (name === 'socket' && !value.startsWith('/')))
        throw new BadInput(name === 'socket' ? 'socket= takes an absolute path.' : 'keyfile= takes a path.');
      found[name] = value;
      continue;
    }
    const refused = Object.hasOwn(REFUSED_PARAMETERS, name) ? REFUSED_PARAMETERS[name] : undefined;
    if (refused !== undefined) throw new BadInput(`${name} is not taken: ${refused}.`);
    if (name !== '' && !IDLE_PARAMETERS.has(name))
      throw new BadInput(`The parameter ${shown(name)} is not known.`);
  }
  return found;
}

function query(parameters: Parameters): string {
  // Only what ends a parameter is escaped, so that paths stay readable.
  const escape = (value: string): string => value.replaceAll(/[%&;#?+\s]/g, (c) => encodeURIComponent(c));
  const pairs = [
    ...(parameters.keyfile === null ? [] : [`keyfile=${escape(parameters.keyfile)}`]),
    ...(parameters.socket === null ? [] : [`socket=${escape(parameters.socket)}`]),
  ];
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`, or a bare IPv6 address. */
function splitHostPort(text: string, whole: string): { host: string; port: number | null } {
  const bracket = /^\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\](?::(\d+))?$/.exec(text);
  if (bracket !== null) return { host: bracket[1] ?? '', port: checkedPort(bracket[2]) };
  if (/^[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:%[\w.-]+)?$/.test(text))
    return { host: text, port: null };
  const plain = /^([A-Za-z0-9_.-]+)(?::(\d+))?$/.exec(text);
  if (plain === null || plain[1]?.startsWith('-') === true) {
    throw new BadInput(
      text === '' ? `${shown(whole)} names no host.` : `${shown(text)} is not a host name or address.`,
    );
  }
  return { host: plain[1] ?? '', port: checkedPort(plain[2]) };
}

function checkedPort(digits: string | undefined): number | null {
  if (digits === undefined) return null;
  const port = Number(digits);
  if (digits.length > 5 || port < 1 || port > 65_535)
    throw new BadInput(`${digits.slice(0, 12)} is not a port.`);
  return port;
}

function checkedUser(user: string): string {
  if (user.includes(':'))
    throw new BadInput('A password does not belong into the address; you are asked for it.');
  if (!/^[^\s@/?#-][^\s@/?#]*$/.test(user)) throw new BadInput(`${shown(user)} is not a user name.`);
  return user;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadInput(`${shown(text)} has a broken % escape.`);
  }
}

function shown(text: string): string {
  return `“${text.length > 80 ? `${text.slice(0, 80)}…` : text}”`;
}
