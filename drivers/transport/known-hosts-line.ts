import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHostsLine {
  /** `@revoked` or none. Lines with `@cert-authority` are left out: certificates of hosts are not used here. */
  revoked: boolean;
  /** The first field: patterns with commas, or `|1|salt|hash`. */
  names: string;
  /** `ssh-ed25519` and so on. */
  keyType: string;
  /** The key in SSH's wire format (RFC 4253, 6.6). */
  key: Buffer;
  file: string;
  /** From 1. */
  line: number;
}

/** Longest line that is looked at: an RSA key of 16,384 bits takes under 3,000 characters. */
const LINE_LIMIT = 32_768;

function parseLine(text: string, where: { file: string; line: number }): KnownHostsLine | null {
  const fields = text.trim().split(/[ \t]+/);
  const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
  if (marker !== undefined && marker !== '@revoked') return null;
  const [names, keyType, base64] = fields;
  if (names === undefined || keyType === undefined || base64 === undefined) return null;
  const key = Buffer.from(base64, 'base64');
  // The key repeats its type; a line where the two differ is damaged.
  if (wireKeyType(key) !== keyType) return null;
  return { revoked: marker === '@revoked', names, keyType, key, ...where };
}

/** Reads a known_hosts file. Lines that cannot be understood are left out, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHostsLine[] {
  const lines: KnownHostsLine[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.length > LINE_LIMIT || /^\s*(#|$)/.test(line)) continue;
    const parsed = parseLine(line, { file, line: index + 1 });
    if (parsed !== null) lines.push(parsed);
  }
  return lines;
}

/** The type named inside a key in wire format; null when it is none. */
export function wireKeyType(key: Buffer): string | null {
  if (key.length < 4) return null;
  const length = key.readUInt32BE(0);
  if (length === 0 || length > 64 || key.length < 4 + length) return null;
  return key.toString('latin1', 4, 4 + length);
}

/** `SHA256:…` as `ssh-keygen -l` prints it: base64 without padding. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The name under which OpenSSH files a key: `host` on port 22, else `[host]:port`. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Whether a pattern with `*` and `?` (ssh_config(5), PATTERNS) matches the whole of a name. */
export function matchesPattern(wanted: string, given: string): boolean {
  // Two pointers and the last star, so that no pattern can cost more than length times length.
  let at = 0;
  let p = 0;
  let star = -1;
  let restart = 0;
  while (at < given.length) {
    const want = wanted[p];
    if (want === '*') {
      star = p++;
      restart = at;
    } else if (want === '?' || (want !== undefined && want === given[at])) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++restart;
    } else {
      return false;
    }
  }
  while (wanted[p] === '*') p++;
  return p === wanted.length;
}

/** Whether a list of patterns matches; one that begins with `!` and matches rules the name out. */
export function matchesPatternList(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false;
    } else if (matchesPattern(pattern, name)) {
      matched = true;
    }
  }
  return matched;
}

/** As `matchesPatternList`, without regard to case: names of hosts in known_hosts and of `Match host`. */
export function matchesHostName(patterns: readonly string[], name: string): boolean {
  return matchesPatternList(
    patterns.map((pattern) => pattern.toLowerCase()),
    name.toLowerCase(),
  );
}

function matchesHash(names: string, name: string): boolean {
  const [, version, salt, hash] = names.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  const wanted = Buffer.from(hash, 'base64');
  const given = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

/** Whether a line is about a name of `knownHostsName`. */
export function lineMatches(line: KnownHostsLine, name: string): boolean {
  if (line.names.startsWith('|')) return matchesHash(line.names, name);
  return matchesHostName(line.names.split(','), name);
}
