import { createHash, randomBytes, type Hash } from 'node:crypto';
import { FormatError } from './errors.ts';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SALT_LENGTH = 16;
const DEFAULT_ROUNDS = 5000;
const MIN_ROUNDS = 1000;
/** The specification allows 999,999,999, which would hold this process for hours. */
const MAX_ROUNDS = 500_000;
/** What crypt(3) of glibc and libxcrypt takes. */
const MAX_PASSWORD_BYTES = 512;

export interface Sha512CryptOptions {
  /** Up to 16 of the letters, digits, `.` and `/`; random when left out. */
  readonly salt?: string;
  /** Written into the result when given; 5000 are not written when it is left out. */
  readonly rounds?: number;
}

/**
 * A password as Linux keeps it in /etc/shadow: `$6$salt$hash` (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512"; the numbers of
 * steps in the comments are its own). Takes some hundredths of a second.
 * @throws {FormatError} BAD_VALUE for a password with a NUL or of more than 512 bytes, or for options that are not allowed
 */
export function sha512Crypt(
  password: string,
  { salt = randomSalt(), rounds }: Sha512CryptOptions = {},
): string {
  const key = Buffer.from(password, 'utf8');
  if (key.length > MAX_PASSWORD_BYTES || key.includes(0))
    throw new FormatError('BAD_VALUE', 'A password has at most 512 bytes, and none that is zero');
  if (!/^[./0-9A-Za-z]{1,16}$/.test(salt)) throw new FormatError('BAD_VALUE', 'Not a salt of a password');
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= MIN_ROUNDS && rounds <= MAX_ROUNDS))
    throw new FormatError('BAD_VALUE', `Rounds are ${MIN_ROUNDS} to ${MAX_ROUNDS}`);
  const digest = hashed(key, Buffer.from(salt, 'latin1'), rounds ?? DEFAULT_ROUNDS);
  const prefix = rounds === undefined ? '' : `rounds=${rounds}$`;
  return `$6$${prefix}${salt}$${encode(digest)}`;
}

function randomSalt(): string {
  return Array.from(randomBytes(SALT_LENGTH), (byte) => ALPHABET[byte & 63]).join('');
}

function hashed(key: Buffer, salt: Buffer, rounds: number): Buffer {
  const sha512 = (): Hash => createHash('sha512');
  // Steps 4 to 8.
  const alternate = sha512().update(key).update(salt).update(key).digest();
  // Steps 1 to 3 and 9 to 12.
  const first = sha512().update(key).update(salt).update(repeated(alternate, key.length));
  for (let bits = key.length; bits > 0; bits >>= 1) first.update((bits & 1) === 1 ? alternate : key);
  let digest = first.digest();
  // Steps 13 to 16: the password as often as it has bytes.
  const keyDigest = sha512();
  for (let count = 0; count < key.length; count += 1) keyDigest.update(key);
  const keyBytes = repeated(keyDigest.digest(), key.length);
  // Steps 17 to 20: the salt, as often as the first byte of the result says.
  const saltDigest = sha512();
  for (let count = 0; count < 16 + (digest[0] ?? 0); count += 1) saltDigest.update(salt);
  const saltBytes = repeated(saltDigest.digest(), salt.length);
  // Step 21.
  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1;
    const next = sha512().update(odd ? keyBytes : digest);
    if (round % 3 !== 0) next.update(saltBytes);
    if (round % 7 !== 0) next.update(keyBytes);
    digest = next.update(odd ? digest : keyBytes).digest();
  }
  return digest;
}

/** The bytes of a digest, again and again, up to a length. */
function repeated(digest: Buffer, length: number): Buffer {
  return Buffer.alloc(length, digest);
}

/** Step 22: three bytes to four characters, the bytes taken in an order that turns with each group. */
function encode(digest: Buffer): string {
  let out = '';
  const group = (value: number, length: number): void => {
    for (let shift = 0; shift < length; shift += 1) out += ALPHABET[(value >> (6 * shift)) & 63];
  };
  for (let index = 0; index < 21; index += 1) {
    const bytes = [0, 21, 42].map((start) => digest[start + index] ?? 0);
    const [a = 0, b = 0, c = 0] = [0, 1, 2].map((turn) => bytes[(turn + index) % 3] ?? 0);
    group((a << 16) | (b << 8) | c, 4);
  }
  group(digest[63] ?? 0, 2);
  return out;
}
