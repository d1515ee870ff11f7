import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { readVolume, type VolumeModel } from '../../drivers/libvirt/model/index.ts';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { Exec } from '../../drivers/transport/exec.ts';
import { execOutput } from '../../drivers/transport/exec-output.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { Zeros } from '../../drivers/formats/zero-runs.ts';
import type { HostSession } from '../hosts/session.ts';
import { downloadVolume } from './download.ts';
import { printMap, printRanges, readMap, TAKE_RANGES, tellRanges, type ByteRange } from './host-map.ts';

/** A program's start costs as much as some ten MiB by libvirt. */
const WORTH_BYTES = 64 << 20;
/** A map of the holes is worth its question where they are a sixteenth and more. */
const HOLES_SHARE = 1 / 16;
/** To read so many zeros takes no longer than to begin at another place. */
const HOLE_BYTES = 1 << 18;
/** A host is asked for no more at one time. */
const MAX_RANGES = 4096;

/** Only what it has open is looked at, and only if that is the file that libvirt told of. */
const OPEN = ['exec 3<"$1" || exit 1', '[ "$(stat -Lc "%s %.9Y %.9Z" /dev/fd/3)" = "$2" ] || exit 1'];

/** Where it has data. */
const MAP = [...OPEN, printMap('/dev/fd/3')].join('; ');

/** The ranges that it is given, as far as they can be read. */
const READ = [TAKE_RANGES, ...OPEN, 'exec 4>&1', printRanges('/dev/fd/3')].join('; ');

/** What of a session reads a volume. */
export type ReadingHost = Pick<HostSession, 'bulkClient' | 'link' | 'openStreamClient'>;

/** A file that a program opens where it is still the one that was seen. */
interface OpenFile {
  readonly exec: Exec;
  readonly path: string;
  /** As `stat` prints it. */
  readonly seen: string;
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
}

export interface HostBytesRequest {
  readonly vol: StorageVolRef;
  readonly offset: number;
  readonly length: number;
  readonly signal: AbortSignal;
}

/**
 * Bytes of a volume as a program of its host reads them from the file, and where it has holes: libvirtd's stream costs host and network as much again. Ends early,
 * also at once, where the login may not read it, where libvirt's description (size and both times, to the nanosecond) is not that of the
 * file which the program has open, or where it is not worth it: the rest is libvirt's to send.
 * @throws LibvirtError, LinkError, TransportError CLOSED or CANCELLED; what was read until then is right
 */
export async function* hostBytes(
  session: ReadingHost,
  { vol, offset, length, signal }: HostBytesRequest,
): AsyncGenerator<Uint8Array | Zeros, void, void> {
  const { exec } = session.link.commands;
  if (exec === undefined || length < WORTH_BYTES) return;
  const client = await session.bulkClient();
  const { xml } = await client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, { signal });
  const model = readVolume(xml);
  const seen = statOf(model);
  if (seen === null || model.path === null) return;
  await askLibvirt(client, { vol, offset, length, signal });
  const file = { exec, path: model.path, seen, signal, sizeBytes: model.physicalBytes ?? 0 };
  const wanted = { at: offset, length };
  const ranges = isSparse(model) ? await dataOf(file, wanted) : [wanted];
  if (ranges !== null) yield* placed(ranges.length === 0 ? [] : output(file, ranges), ranges, wanted);
}

/** A volume that is a file, and where in it its data is. */
export interface VolumeData {
  readonly path: string;
  readonly sizeBytes: number;
  /** In order; all else in it is zeros. */
  readonly ranges: readonly ByteRange[];
}

/**
 * Where a program of the host finds the bytes of a volume. Null where the login runs none, libvirt tells of no file, or it is another one than that at its path.
 * @throws LibvirtError, LinkError, TransportError CLOSED or CANCELLED
 */
export async function volumeData(
  session: ReadingHost,
  { vol, signal }: Pick<HostBytesRequest, 'vol' | 'signal'>,
): Promise<VolumeData | null> {
  const { exec } = session.link.commands;
  if (exec === undefined) return null;
  const client = await session.bulkClient();
  const { xml } = await client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, { signal });
  const model = readVolume(xml);
  const seen = statOf(model);
  const { path, physicalBytes: sizeBytes } = model;
  if (seen === null || path === null || sizeBytes === null) return null;
  const whole = { at: 0, length: sizeBytes };
  await askLibvirt(client, { vol, offset: 0, length: sizeBytes, signal });
  const file = { exec, path, seen, signal, sizeBytes };
  if (!(await isSeen(file))) return null;
  const ranges = isSparse(model) ? await dataOf(file, whole) : null;
  return { path, sizeBytes, ranges: ranges ?? [whole] };
}

/** It can be opened, and is what libvirt told of. */
async function isSeen({ exec, path, seen, signal }: OpenFile): Promise<boolean> {
  const told = await exec(['sh', '-c', OPEN.join('; '), 'sh', path, seen], { signal }).catch(
    (error: unknown) => {
      if (isNoProgram(error)) return null;
      throw error;
    },
  );
  return told?.status === 0;
}

/** Where in a part of a file data is; null where nobody tells. */
async function dataOf(
  { exec, path, seen, sizeBytes, signal }: OpenFile,
  wanted: ByteRange,
): Promise<ByteRange[] | null> {
  const told = await exec(['sh', '-c', MAP, 'sh', path, seen], { signal }).catch((error: unknown) => {
    if (isNoProgram(error)) return null;
    throw error;
  });
  const map = readMap(told?.stdout ?? '', sizeBytes);
  return map === null ? null : within(map.data, wanted);
}

/** What of some ranges is in another one; what is between two of them is taken with them where it is short, or they were too many. */
function within(ranges: readonly ByteRange[], { at: start, length }: ByteRange): ByteRange[] {
  const end = start + length;
  const hole = Math.max(HOLE_BYTES, Math.ceil(length / MAX_RANGES));
  const found: { at: number; length: number }[] = [];
  for (const range of ranges) {
    const at = Math.max(start, range.at);
    const to = Math.min(end, range.at + range.length);
    const last = found.at(-1);
    if (to <= at) continue;
    if (last !== undefined && at - (last.at + last.length) < hole) last.length = to - last.at;
    else found.push({ at, length: to - at });
  }
  return found;
}

/** The bytes of ranges in their places, and zeros between them; ends where they do. */
async function* placed(
  bytes: AsyncIterable<Uint8Array> | readonly Uint8Array[],
  ranges: readonly ByteRange[],
  { at: start, length }: ByteRange,
): AsyncGenerator<Uint8Array | Zeros, void, void> {
  let at = start;
  let index = 0;
  for await (let chunk of bytes)
    while (chunk.length > 0) {
      const range = ranges[index];
      if (range === undefined) throw new Error('The host sends more than it was asked for');
      if (range.at > at) yield { zeros: range.at - at };
      at = Math.max(at, range.at);
      const part = chunk.subarray(0, range.at + range.length - at);
      yield part;
      at += part.length;
      if (at === range.at + range.length) index += 1;
      chunk = chunk.subarray(part.length);
    }
  if (index === ranges.length && start + length > at) yield { zeros: start + length - at };
}

/** libvirt has its say first: it refuses a volume that is being made, for one. */
async function askLibvirt(client: LibvirtClient, request: HostBytesRequest): Promise<void> {
  const bytes = downloadVolume(client, { ...request, length: 1, sparse: false });
  while ((await bytes.next()).done !== true);
}

/** As `stat` prints it. */
function statOf({ type, physicalBytes, changed }: VolumeModel): string | null {
  if (type !== 'file' || physicalBytes === null || changed === null) return null;
  const times = changed.split(' ').map((time) => {
    const [seconds = '', fraction = ''] = time.split('.');
    return `${seconds}.${fraction.padEnd(9, '0')}`;
  });
  return [physicalBytes, ...times].join(' ');
}

function isSparse({ allocationBytes, physicalBytes }: VolumeModel): boolean {
  return (allocationBytes ?? 0) < (physicalBytes ?? 0) * (1 - HOLES_SHARE);
}

/** What the program prints of the ranges; nothing where none can be run. */
async function* output(
  { exec, path, seen, signal }: OpenFile,
  ranges: readonly ByteRange[],
): AsyncGenerator<Uint8Array, void, void> {
  const stdin = tellRanges(ranges);
  try {
    yield* execOutput(exec, ['sh', '-c', READ, 'sh', path, seen], { signal, stdin });
  } catch (error) {
    if (!isNoProgram(error)) throw error;
  }
}

/** The login may run none. */
function isNoProgram(error: unknown): boolean {
  return error instanceof TransportError && error.code === 'EXEC';
}
