import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { systemCode, TransportError } from './errors.ts';
import {
  fingerprint,
  knownHostsName,
  lineMatches,
  parseKnownHosts,
  wireKeyType,
  type KnownHostsLine,
} from './known-hosts-line.ts';

export interface KnownHostsFiles {
  /** The app's own file, where accepted keys are added; null to add none. */
  ownFile: string | null;
  /** Files that are only read. Left out: OpenSSH's own. */
  readFiles?: string[];
  home?: string;
}

/** A server whose key is looked up. `alias` (HostKeyAlias) stands in place of host and port. */
export interface KnownHostsQuery {
  host: string;
  port: number;
  alias?: string;
}

export type KeyVerdict =
  | { status: 'known' }
  | { status: 'unknown' }
  /** Other keys are known for this server, or this one was revoked. `lines` say which and where. */
  | { status: 'changed' | 'revoked'; lines: KnownHostsLine[] };

/** Bytes. A file of 100,000 hosts is about 20 MB. */
const SIZE_LIMIT = 64 * 1024 * 1024;

/** Types of keys that the SSH client here can check. A known key of another type says nothing about the server. */
const USABLE_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;

/** OpenSSH's own files for a home folder. */
export function systemKnownHostsFiles(home: string = homedir()): string[] {
  const system =
    process.platform === 'win32'
      ? path.join(process.env['ProgramData'] ?? 'C:\\ProgramData', 'ssh', 'ssh_known_hosts')
      : '/etc/ssh/ssh_known_hosts';
  return [
    path.join(home, '.ssh', 'known_hosts'),
    path.join(home, '.ssh', 'known_hosts2'),
    system,
    ...(process.platform === 'win32' ? [] : ['/etc/ssh/ssh_known_hosts2']),
  ];
}

async function readLines(file: string): Promise<KnownHostsLine[]> {
  try {
    const { size } = await stat(file);
    if (size > SIZE_LIMIT) throw new TransportError('BAD_CONFIG', `${file} is too large to be read`);
    return parseKnownHosts(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    // A file that is there and cannot be read must not turn a changed key into an unknown one.
    if (error instanceof TransportError) throw error;
    throw new TransportError('BAD_CONFIG', `${file} cannot be read, so no host key can be checked`, {
      cause: error,
    });
  }
}

/** The keys known for one server, read once for one login. */
export class KnownKeys {
  readonly #lines: KnownHostsLine[];
  readonly #portless: KnownHostsLine[];

  constructor(lines: KnownHostsLine[], portless: KnownHostsLine[]) {
    this.#lines = lines;
    this.#portless = portless;
  }

  /** Key types known, in OpenSSH's order of preference: ask the server for these first. */
  get types(): string[] {
    const known = new Set(this.#lines.filter((line) => !line.revoked).map((line) => line.keyType));
    return USABLE_TYPES.filter((type) => known.has(type));
  }

  /**
   * Judges the key a server shows. A server with a known key of another type counts as changed too: a machine in the
   * middle could else always show a type nobody knows yet.
   */
  judge(key: Buffer): KeyVerdict {
    const all = [...this.#lines, ...this.#portless];
    const revoked = all.filter((line) => line.revoked && line.key.equals(key));
    if (revoked.length > 0) return { status: 'revoked', lines: revoked };
    const valid = this.#lines.filter((line) => !line.revoked);
    if (valid.some((line) => line.key.equals(key))) return { status: 'known' };
    const usable = valid.filter((line) => (USABLE_TYPES as readonly string[]).includes(line.keyType));
    if (usable.length > 0) return { status: 'changed', lines: usable };
    // As OpenSSH: on another port than 22 the same key under the bare name is good enough, a different one is no alarm.
    if (this.#portless.some((line) => !line.revoked && line.key.equals(key))) return { status: 'known' };
    return { status: 'unknown' };
  }
}

/** The keys of SSH servers that are known, from OpenSSH's files and the app's own. Files are read at each look-up. */
export class KnownHosts {
  readonly #ownFile: string | null;
  readonly #files: string[];
  /** Additions one after the other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(files: KnownHostsFiles) {
    this.#ownFile = files.ownFile;
    this.#files = files.readFiles ?? systemKnownHostsFiles(files.home);
  }

  async lookUp(query: KnownHostsQuery): Promise<KnownKeys> {
    const files = this.#ownFile === null ? this.#files : [...this.#files, this.#ownFile];
    const lines = (await Promise.all(files.map(readLines))).flat();
    const name = query.alias?.toLowerCase() ?? knownHostsName(query.host, query.port);
    const bare = query.host.toLowerCase();
    return new KnownKeys(
      lines.filter((line) => lineMatches(line, name)),
      name === bare || query.alias !== undefined ? [] : lines.filter((line) => lineMatches(line, bare)),
    );
  }

  /** Adds an accepted key to the app's own file (mode 0600). Without such a file nothing happens. */
  async add(query: KnownHostsQuery, key: Buffer): Promise<void> {
    const file = this.#ownFile;
    if (file === null) return;
    const name = query.alias ?? knownHostsName(query.host, query.port);
    // A name with a blank, a comma or a line break would write a different line than meant.
    if (/[\s,|#!*?@]/.test(name)) {
      throw new TransportError('BAD_CONFIG', `The name ${JSON.stringify(name)} cannot be kept in a file`);
    }
    const line = `${name} ${wireKeyType(key) ?? 'unknown'} ${key.toString('base64')}\n`;
    const added = this.#queue.then(() => append(file, line));
    this.#queue = added.catch(() => undefined);
    await added;
  }

  /** Names that stand in the files in clear, for suggestions: no hashes, no patterns. */
  async names(): Promise<{ host: string; port: number }[]> {
    const files = this.#ownFile === null ? this.#files : [...this.#files, this.#ownFile];
    const lists = await Promise.all(files.map((file) => readLines(file).catch(() => [])));
    const found = new Map<string, { host: string; port: number }>();
    for (const line of lists.flat()) {
      if (line.revoked || line.names.startsWith('|')) continue;
      for (const name of line.names.split(',')) {
        if (/[*?!]/.test(name)) continue;
        const bracketed = /^\[([^\]]+)\]:(\d{1,5})$/.exec(name);
        found.set(name, { host: bracketed?.[1] ?? name, port: Number(bracketed?.[2] ?? 22) });
      }
    }
    return [...found.values()];
  }
}

/** One write of one line in append mode, so that two processes cannot tear each other's lines. */
async function append(file: string, line: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = size === 0 ? null : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
    await handle.appendFile(last === null || last === 0x0a ? line : `\n${line}`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Says what is known, for an error: fingerprints with their types. */
export function describeKnown(lines: readonly KnownHostsLine[]): { known: string[]; knownIn: string } {
  const first = lines[0];
  return {
    known: [...new Set(lines.map((line) => fingerprint(line.key)))],
    knownIn: first === undefined ? '' : `${first.file}:${first.line}`,
  };
}
