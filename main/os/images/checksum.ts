import type { ChecksumAlgorithm } from './cloud-image.ts';

/** A file of checksums that does not say what a file's is, or says two things. */
export class ChecksumError extends Error {
  override readonly name = 'ChecksumError';
}

/** Those of whole distributions have some 100 KiB. */
export const MAX_CHECKSUM_CHARS = 1_048_576;

const HEX_LENGTH = { sha256: 64, sha512: 128 } as const satisfies Record<ChecksumAlgorithm, number>;

/**
 * The checksum of `fileName` in what its maker publishes beside it, in lower case. Known are the lines of `sha256sum` (`hex  file`, `hex *file`),
 * those of BSD and Fedora (`SHA256 (file) = hex`), and a file that holds one sum and no name. Signatures around and comments between them are
 * passed over; MD5 and SHA-1 do not count.
 *
 * @throws {ChecksumError} when there is none, when two differ, or when the text is too long
 */
export function parseChecksum(text: string, fileName: string, algorithm: ChecksumAlgorithm): string {
  if (text.length > MAX_CHECKSUM_CHARS)
    throw new ChecksumError(`The list of checksums is longer than ${MAX_CHECKSUM_CHARS} characters.`);
  const lines = text.split('\n').map((line) => line.trim());
  const sums = new Set(lines.flatMap((line) => sumOf(line, fileName, algorithm) ?? []));
  const [sum, other] = sums;
  if (other !== undefined) throw new ChecksumError(`There are two checksums of ${fileName}.`);
  const found = sum ?? loneSum(lines, algorithm);
  if (found === null) throw new ChecksumError(`There is no ${algorithm} checksum of ${fileName}.`);
  return found;
}

/** What one line says, when it is about the file. */
function sumOf(line: string, fileName: string, algorithm: ChecksumAlgorithm): string | null {
  const bsd = /^(SHA256|SHA512) ?\((.+)\) ?= ?([0-9a-f]+)$/i.exec(line);
  if (bsd !== null) {
    const [, kind = '', name = '', sum = ''] = bsd;
    return kind.toLowerCase() === algorithm ? sumFor(sum, name, fileName, algorithm) : null;
  }
  const gnu = /^([0-9a-f]+) [ *](.+)$/i.exec(line);
  return gnu === null ? null : sumFor(gnu[1] ?? '', gnu[2] ?? '', fileName, algorithm);
}

function sumFor(sum: string, name: string, fileName: string, algorithm: ChecksumAlgorithm): string | null {
  const base = name.slice(name.lastIndexOf('/') + 1);
  return base === fileName && sum.length === HEX_LENGTH[algorithm] ? sum.toLowerCase() : null;
}

/** A list that is nothing but a sum. */
function loneSum(lines: readonly string[], algorithm: ChecksumAlgorithm): string | null {
  const [line, ...rest] = lines.filter((candidate) => candidate !== '');
  if (line === undefined || rest.length > 0 || line.length !== HEX_LENGTH[algorithm]) return null;
  return /^[0-9a-f]+$/i.test(line) ? line.toLowerCase() : null;
}
