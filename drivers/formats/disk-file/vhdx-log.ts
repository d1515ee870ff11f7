import { FormatError } from '../errors.ts';
import { guidAt } from '../guid.ts';
import { readExactly } from '../random-source.ts';
import type { Crc32c } from './crc32c.ts';
import type { SizedSource } from './disk-file.ts';
import { numberAt, type Region } from './vhdx-numbers.ts';

const SECTOR = 4096;
/** Hyper-V’s are of one mebibyte. */
const MAX_LOG = 64 << 20;
/** Sectors that a log may write: of a gibibyte. */
const MAX_WRITTEN = 2 ** 18;
const HEADER_BYTES = 64;
const DESCRIPTOR_BYTES = 32;
const ZEROS = Buffer.alloc(SECTOR);

interface Entry {
  readonly bytes: Buffer;
  readonly sequence: bigint;
  /** In the log: where the oldest entry is that counts with this one. */
  readonly tail: number;
}

/**
 * The file as it is once its log is written to it ([MS-VHDX] 2.3.3): the entries of the latest sequence that is whole.
 * @throws {FormatError}
 */
export async function replayed(
  file: SizedSource,
  crc: Crc32c,
  { logGuid, logVersion, log }: { logGuid: string; logVersion: number; log: Region },
): Promise<SizedSource> {
  if (log.bytes === 0 || log.bytes % SECTOR !== 0 || log.bytes > MAX_LOG)
    throw new FormatError('UNSUPPORTED', `A log of ${log.bytes} bytes`, log.offset);
  if (logVersion !== 0) throw new FormatError('UNSUPPORTED', `A log of version ${logVersion}`, log.offset);
  const bytes = await readExactly(file, log.offset, log.bytes);
  const written = new Map<number, Buffer>();
  let sizeBytes = file.sizeBytes;
  let room = MAX_WRITTEN;
  for (const entry of latest(entriesIn(bytes, crc, logGuid), log)) {
    const flushed = numberAt(entry.bytes, 48);
    if (flushed > file.sizeBytes)
      throw new FormatError('TRUNCATED', `The log is of a file of ${flushed} bytes`, file.sizeBytes);
    room -= apply(entry, written, { offset: log.offset, room });
    // So long it was to become with it: what is not there is zeros.
    sizeBytes = Math.max(file.sizeBytes, numberAt(entry.bytes, 56));
  }
  return overlaid(file, written, sizeBytes);
}

/** Those whose checksum is right, by their places; one may go over the log's end to its beginning. */
function entriesIn(log: Buffer, crc: Crc32c, logGuid: string): Map<number, Entry> {
  const entries = new Map<number, Entry>();
  let total = 0;
  for (let at = 0; at < log.length; at += SECTOR) {
    if (log.toString('latin1', at, at + 4) !== 'loge' || guidAt(log, at + 32) !== logGuid) continue;
    const length = log.readUInt32LE(at + 8);
    const tail = log.readUInt32LE(at + 12);
    const sequence = log.readBigUInt64LE(at + 16);
    const isPlausible = length > 0 && length % SECTOR === 0 && length <= log.length && tail % SECTOR === 0;
    if (!isPlausible || sequence === 0n) continue;
    total += length;
    if (total > 2 * log.length) throw new FormatError('BAD_VALUE', 'Entries of the log lie in each other');
    const rest = Math.max(0, at + length - log.length);
    const bytes = Buffer.concat([log.subarray(at, at + length), log.subarray(0, rest)]);
    if (crc.isRight(bytes, 4)) entries.set(at, { bytes, sequence, tail });
  }
  return entries;
}

/** @returns in their order */
function latest(entries: ReadonlyMap<number, Entry>, log: Region): Entry[] {
  const next = (at: number): number => (at + (entries.get(at)?.bytes.length ?? 0)) % log.bytes;
  const follows = (at: number): boolean =>
    entries.get(next(at))?.sequence === (entries.get(at)?.sequence ?? 0n) + 1n;
  const continued = new Set([...entries.keys()].filter(follows).map(next));
  let best: Entry[] = [];
  for (const start of entries.keys()) {
    if (continued.has(start)) continue;
    const places = [start];
    for (let at = start; follows(at); at = next(at)) places.push(next(at));
    const chain = places.flatMap((at) => entries.get(at) ?? []);
    const head = chain.at(-1);
    const from = places.indexOf(head?.tail ?? -1);
    if (head === undefined || from < 0 || head.sequence <= (best.at(-1)?.sequence ?? 0n)) continue;
    best = chain.slice(from);
  }
  if (best.length === 0)
    throw new FormatError(
      'BAD_VALUE',
      'It was not closed properly, and its log is damaged. Let Hyper-V open and close it, or copy it again',
      log.offset,
    );
  return best;
}

/** Each descriptor is of a sector that follows the descriptors, in their order, or of zeros. @returns how many sectors it writes */
function apply(
  { bytes, sequence }: Entry,
  written: Map<number, Buffer>,
  { offset, room }: { offset: number; room: number },
): number {
  const count = bytes.readUInt32LE(24);
  const descriptors = HEADER_BYTES + count * DESCRIPTOR_BYTES;
  let data = Math.ceil(descriptors / SECTOR) * SECTOR;
  if (data > bytes.length) throw new FormatError('BAD_VALUE', `An entry of ${count} descriptors`, offset);
  let sectors = 0;
  for (let at = HEADER_BYTES; at < descriptors; at += DESCRIPTOR_BYTES) {
    const kind = bytes.toString('latin1', at, at + 4);
    const place = numberAt(bytes, at + 16);
    if (place % SECTOR !== 0 || bytes.readBigUInt64LE(at + 24) !== sequence)
      throw new FormatError('BAD_VALUE', 'A descriptor of the log is damaged', offset);
    if (kind === 'desc') {
      written.set(place, sectorOf(bytes, { at, data, sequence, offset }));
      data += SECTOR;
      sectors += 1;
    } else if (kind === 'zero') {
      const length = numberAt(bytes, at + 8);
      if (length % SECTOR !== 0) throw new FormatError('BAD_VALUE', `The log has ${length} zeros`, offset);
      sectors += length / SECTOR;
      for (let done = 0; done < length && sectors <= room; done += SECTOR) written.set(place + done, ZEROS);
    } else throw new FormatError('BAD_VALUE', 'A descriptor of the log is of no known kind', offset);
    if (sectors > room)
      throw new FormatError(
        'TOO_LARGE',
        'The log writes more than 1 GiB. Let Hyper-V open and close the disk',
        offset,
      );
  }
  return sectors;
}

/** Its first eight and last four bytes are in the descriptor. */
function sectorOf(
  bytes: Buffer,
  { at, data, sequence, offset }: { at: number; data: number; sequence: bigint; offset: number },
): Buffer {
  const sector = bytes.subarray(data, data + SECTOR);
  const isWhole =
    sector.length === SECTOR &&
    sector.toString('latin1', 0, 4) === 'data' &&
    BigInt(sector.readUInt32LE(4)) === sequence >> 32n &&
    BigInt(sector.readUInt32LE(SECTOR - 4)) === (sequence & 0xffffffffn);
  if (!isWhole) throw new FormatError('BAD_VALUE', 'A sector of the log is damaged', offset);
  return Buffer.concat([
    bytes.subarray(at + 8, at + 16),
    sector.subarray(8, SECTOR - 4),
    bytes.subarray(at + 4, at + 8),
  ]);
}

function overlaid(file: SizedSource, written: ReadonlyMap<number, Buffer>, sizeBytes: number): SizedSource {
  const end = [...written.keys()].reduce((most, at) => Math.max(most, at + SECTOR), sizeBytes);
  return {
    sizeBytes: end,
    read: async (offset, length) => {
      // What it writes beyond the file's end makes the file longer, with zeros before it.
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, end - offset)));
      bytes.set(await file.read(offset, bytes.length));
      const first = Math.floor(offset / SECTOR) * SECTOR;
      for (let at = first; at < offset + bytes.length; at += SECTOR) {
        const sector = written.get(at);
        if (sector === undefined) continue;
        const from = Math.max(at, offset);
        const to = Math.min(at + SECTOR, offset + bytes.length);
        bytes.set(sector.subarray(from - at, to - at), from - offset);
      }
      return bytes;
    },
  };
}
