import { readFile, stat } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import { systemCode } from './errors.ts';
import { unlockKey, type OpenedKey } from './ssh-unlock.ts';

/** What an IdentityFile turned out to be. */
export type KeyFile =
  | { kind: 'missing' }
  | { kind: 'unusable'; reason: string }
  /** Only the public half: it chooses a key of the agent. */
  | { kind: 'public'; key: ParsedKey }
  | { kind: 'private'; key: ParsedKey }
  /** Encrypted. `key` is the public half, null when it is not known before the passphrase is given. */
  | { kind: 'encrypted'; key: ParsedKey | null; unlock(passphrase: string): Promise<OpenedKey | null> };

/** Bytes. An RSA key of 16,384 bits takes 13 KB. */
const SIZE_LIMIT = 128 * 1024;
const MAGIC = 'openssh-key-v1\0';

/** ssh2 says `ParsedKey | Error`, and gives a list for the format that could hold several keys. */
export function parseSshKey(data: Buffer | string): ParsedKey | Error {
  const parsed: unknown = ssh2.utils.parseKey(data);
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  return key as ParsedKey | Error;
}

async function readKey(file: string): Promise<Buffer | null | 'unreadable'> {
  try {
    const info = await stat(file);
    return info.isFile() && info.size <= SIZE_LIMIT ? await readFile(file) : 'unreadable';
  } catch (error) {
    return systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR' ? null : 'unreadable';
  }
}

async function publicHalf(file: string): Promise<ParsedKey | null> {
  const data = await readKey(`${file}.pub`);
  if (data === null || data === 'unreadable') return null;
  const key = parseSshKey(data);
  return key instanceof Error || key.isPrivateKey() ? null : key;
}

/**
 * The public half inside an encrypted key of OpenSSH's own format, where it stands in clear (openssh PROTOCOL.key):
 * magic, cipher, kdf, kdf options, number of keys, public key.
 */
export function publicKeyOf(pem: string): Buffer | null {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem)?.[1];
  if (body === undefined) return null;
  const data = Buffer.from(body.replace(/\s+/g, ''), 'base64');
  if (data.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  let at = MAGIC.length;
  const skip = (): Buffer | null => {
    if (at + 4 > data.length) return null;
    const length = data.readUInt32BE(at);
    if (length > data.length - at - 4) return null;
    at += 4 + length;
    return data.subarray(at - length, at);
  };
  for (let field = 0; field < 3; field++) if (skip() === null) return null;
  at += 4;
  return skip();
}

/** Reads one IdentityFile. Asks nothing: an encrypted key is opened later, when the server wants it. */
export async function readKeyFile(file: string): Promise<KeyFile> {
  const data = await readKey(file);
  if (data === 'unreadable') return { kind: 'unusable', reason: 'cannot be read' };
  if (data === null) {
    const key = await publicHalf(file);
    return key === null ? { kind: 'missing' } : { kind: 'public', key };
  }
  const text = data.toString('utf8');
  const key = parseSshKey(text);
  if (!(key instanceof Error)) return { kind: key.isPrivateKey() ? 'private' : 'public', key };
  // ssh2 has no code for it: `Encrypted private OpenSSH key detected, but no passphrase given`.
  if (!/no passphrase/i.test(key.message))
    return { kind: 'unusable', reason: 'is not a key of a known kind' };
  const inside = publicKeyOf(text);
  const half = inside === null ? null : parseSshKey(inside);
  return {
    kind: 'encrypted',
    key: half === null || half instanceof Error ? await publicHalf(file) : half,
    unlock: (passphrase) => unlockKey(text, passphrase),
  };
}
