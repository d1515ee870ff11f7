import { generateKeyPairSync, randomBytes } from 'node:crypto';

export interface NewKey {
  /** As OpenSSH's programs read a key file; not locked. */
  readonly private: string;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly public: string;
}

const TYPE = 'ssh-ed25519';
/** What is not locked is padded as for a cipher of 8 bytes (OpenSSH's PROTOCOL.key). */
const BLOCK_BYTES = 8;
const LINE_CHARS = 70;

/**
 * A new ed25519 key. Node writes PKCS #8, which ssh reads of RSA and ECDSA alone; this is OpenSSH's own format.
 * ssh2's generator is not used: of 3000 keys that it made 5 did not verify what they had signed.
 */
export function newSshKey(): NewKey {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const seed = Buffer.from(d, 'base64url');
  const wire = Buffer.concat([field(TYPE), field(publicKey)]);
  // The same twice: who unlocks it with a wrong passphrase sees that by these.
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    wire,
    field(Buffer.concat([seed, publicKey])),
    // No comment.
    field(''),
  ]);
  const missing = (BLOCK_BYTES - (secret.length % BLOCK_BYTES)) % BLOCK_BYTES;
  const padding = Buffer.from(Array.from({ length: missing }, (_each, at) => at + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    // Cipher, the way to its key, that way's options, and how many keys.
    field('none'),
    field('none'),
    field(''),
    uint32(1),
    field(wire),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString('base64').match(new RegExp(`.{1,${LINE_CHARS}}`, 'g')) ?? [];
  return {
    private: ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
      '\n',
    ),
    public: `${TYPE} ${wire.toString('base64')}`,
  };
}

function field(data: string | Buffer): Buffer {
  const bytes = Buffer.from(data);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
