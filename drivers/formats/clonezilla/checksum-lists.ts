import { damaged } from './errors.ts';
import { readSmall, type ImageFiles } from './image-files.ts';

/** A list of checksums of files, as `md5sum` and the like write it. */
export interface ChecksumList {
  readonly file: string;
  /** As node:crypto calls it. */
  readonly algorithm: string;
  /** File to its checksum in hexadecimal. */
  readonly sums: ReadonlyMap<string, string>;
}

/** Weakest first. */
const ALGORITHMS: readonly (readonly [file: string, algorithm: string, bytes: number])[] = [
  ['MD5SUMS', 'md5', 16],
  ['SHA1SUMS', 'sha1', 20],
  ['SHA224SUMS', 'sha224', 28],
  ['SHA256SUMS', 'sha256', 32],
  ['SHA384SUMS', 'sha384', 48],
  ['SHA512SUMS', 'sha512', 64],
  ['B2SUMS', 'blake2b512', 64],
];
const LIMIT = 1 << 20;

/** @throws {ClonezillaError} for a line that is none of such a list */
export async function readChecksumLists(files: ImageFiles): Promise<ChecksumList[]> {
  const lists: ChecksumList[] = [];
  for (const [file, algorithm, bytes] of ALGORITHMS)
    if (files.sizes.has(file))
      lists.push({
        file,
        algorithm,
        sums: sumsIn(file, (await readSmall(files, file, LIMIT)).toString(), bytes),
      });
  return lists;
}

function sumsIn(file: string, text: string, bytes: number): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const { sum, name } = /^(?<sum>[0-9a-f]+) [ *](?<name>[^/]+)$/i.exec(line)?.groups ?? {};
    if (sum?.length !== 2 * bytes || name === undefined)
      throw damaged(file, `${JSON.stringify(line.slice(0, 80))} is no checksum of a file of the image.`);
    // A second run over the same directory lists the list itself, half-written.
    if (name !== file) sums.set(name, sum.toLowerCase());
  }
  return sums;
}
