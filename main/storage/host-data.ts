import { TransportError } from '../../drivers/transport/errors.ts';
import type { HostSession } from '../hosts/session.ts';
import { dataBytes, holesOf, isWhole, type DataSum } from './data-digest.ts';
import { openDigest, type DigestAlgorithm } from './digest.ts';
import { hostDigest } from './host-digest.ts';
import { printMap, printRanges, readMap, TAKE_RANGES, tellRanges, type ByteRange } from './host-map.ts';
import { volumeAt, type VolumePlace } from './steps/volume-calls.ts';

/** The size of a file, the digest of its ranges one after the other, and where it has data and holes. */
const READ = [
  TAKE_RANGES,
  'if [ -f "$2" ]; then stat -Lc %s "$2" || exit 1; else echo; fi',
  `{ { (${printRanges('"$2"')}) 4>&1 || echo failed >&5; } | { openssl dgst -"$1" -r 2>/dev/null || "$1"sum; }; } 5>&1`,
  `if [ "$3" = map ]; then ${printMap('"$2"')}; fi`,
].join('; ');

const TOLD = /^(\d*)\n([0-9a-f]{64,128}) .*\n([^]*)$/;

interface Reading {
  readonly path: string;
  readonly sizeBytes: number;
  readonly algorithm: DigestAlgorithm;
  readonly ranges: readonly ByteRange[];
  readonly map: boolean;
  readonly signal: AbortSignal;
}

interface Asked {
  readonly sum: Omit<DataSum, 'digest'> & {
    /** It may be told while the volume is read. */
    readonly digest: string | Promise<string>;
  };
  readonly signal: AbortSignal;
}

/**
 * Whether a volume holds just that, as programs of its host tell: the bytes do not travel for it. Null where the login runs no programs, or may not read the file.
 * @throws LinkError, LibvirtError, TransportError CLOSED or CANCELLED
 */
export async function hostHolds(
  session: Pick<HostSession, 'client' | 'link'>,
  place: VolumePlace,
  { sum, signal }: Asked,
): Promise<boolean | null> {
  const { sizeBytes, algorithm, ranges, digest } = sum;
  if (isWhole(sum)) {
    const told = await hostDigest(session, place, { algorithm, signal });
    return told === null ? null : told === (await digest);
  }
  const { client } = session;
  const { name: path } = await client.remote.storageVolGetPath({ vol: await volumeAt(client, place) });
  const read = { path, sizeBytes, algorithm, signal };
  const told = await readRanges(session, { ...read, ranges, map: true });
  if (told === null) return null;
  if ((told.sizeBytes ?? sizeBytes) !== sizeBytes || told.digest !== (await digest)) return false;
  const unproven = without(holesOf(sum), told.holes);
  if (unproven.length === 0) return true;
  const zeros = await readRanges(session, { ...read, ranges: unproven, map: false });
  return zeros === null
    ? null
    : zeros.digest === (await digestOfZeros(dataBytes(unproven), algorithm, signal));
}

/**
 * The digest of ranges of a volume one after the other, in hex, as a program of its host tells it. Null where the login runs none, or may not read the file.
 * @throws LinkError, LibvirtError, TransportError CLOSED or CANCELLED
 */
export async function rangesDigest(
  session: Pick<HostSession, 'client' | 'link'>,
  place: VolumePlace,
  { sizeBytes, algorithm, ranges, signal }: Omit<DataSum, 'digest'> & Pick<Asked, 'signal'>,
): Promise<string | null> {
  const { client } = session;
  const { name: path } = await client.remote.storageVolGetPath({ vol: await volumeAt(client, place) });
  const told = await readRanges(session, { path, sizeBytes, algorithm, ranges, map: false, signal });
  return told?.digest ?? null;
}

interface Told {
  /** Null: it is no file. */
  readonly sizeBytes: number | null;
  readonly digest: string;
  /** Where the file has none of its own bytes; empty where nobody tells. */
  readonly holes: readonly ByteRange[];
}

async function readRanges(
  { link }: Pick<HostSession, 'link'>,
  { path, sizeBytes: wanted, algorithm, ranges, map, signal }: Reading,
): Promise<Told | null> {
  const { exec } = link.commands;
  if (exec === undefined) return null;
  const stdin = tellRanges(ranges);
  const argv = ['sh', '-c', READ, 'sh', algorithm, path, map ? 'map' : ''];
  const told = await exec(argv, { stdin, signal }).catch((error: unknown) => {
    if (error instanceof TransportError && error.code === 'EXEC') return null;
    throw error;
  });
  const [, size, digest, rest] = TOLD.exec(told?.stdout ?? '') ?? [];
  if (size === undefined || digest === undefined) return null;
  const sizeBytes = size === '' ? null : Number(size);
  return { sizeBytes, digest, holes: readMap(rest ?? '', wanted)?.holes ?? [] };
}

/** What of some ranges is in none of the others; both are in order. */
function without(ranges: readonly ByteRange[], others: readonly ByteRange[]): ByteRange[] {
  const left: ByteRange[] = [];
  let index = 0;
  for (const range of ranges) {
    const end = range.at + range.length;
    let { at } = range;
    while (at < end) {
      const other = others[index];
      const to = Math.min(end, other?.at ?? end);
      if (to > at) left.push({ at, length: to - at });
      if (other === undefined || other.at >= end) break;
      at = Math.max(at, other.at + other.length);
      if (at < end) index += 1;
    }
  }
  return left;
}

async function digestOfZeros(
  zeros: number,
  algorithm: DigestAlgorithm,
  signal: AbortSignal,
): Promise<string> {
  const digest = openDigest(algorithm, zeros, signal);
  try {
    await digest.add({ zeros });
    return await digest.hex();
  } finally {
    digest.close();
  }
}
