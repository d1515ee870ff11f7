import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { readVolume, type VolumeModel } from '../../drivers/libvirt/model/index.ts';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { Exec } from '../../drivers/transport/exec.ts';
import { execOutput } from '../../drivers/transport/exec-output.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { HostSession } from '../hosts/session.ts';
import { downloadVolume } from './download.ts';

/** A program's start costs as much as some ten MiB by libvirt. */
const WORTH_BYTES = 64 << 20;
/** libvirt names holes, a program sends them: where a sixteenth and more is holes, libvirt is quicker. */
const HOLES_SHARE = 1 / 16;
/** What the program reads at one time. */
const BLOCK_BYTES = 1 << 18;

/** Reads only from what it has open, and only if that is the file that libvirt told of. */
const READ = [
  'exec <"$1" || exit 1',
  '[ "$(stat -Lc "%s %.9Y %.9Z" /dev/stdin)" = "$2" ] || exit 1',
  `exec dd bs=${BLOCK_BYTES} skip="$3" count="$4" 2>/dev/null`,
].join('; ');

/** What of a session reads a volume. */
export type ReadingHost = Pick<HostSession, 'bulkClient' | 'link' | 'openStreamClient'>;

export interface HostBytesRequest {
  readonly vol: StorageVolRef;
  readonly offset: number;
  readonly length: number;
  readonly signal: AbortSignal;
}

/**
 * Bytes of a volume as a program of its host reads them from the file: libvirtd's stream costs host and network as much again. Ends early,
 * also at once, where the login may not read it, where libvirt's description (size and both times, to the nanosecond) is not that of the
 * file which the program has open, or where it is not worth it: the rest is libvirt's to send.
 * @throws LibvirtError, LinkError, TransportError CLOSED or CANCELLED; what was read until then is right
 */
export async function* hostBytes(
  session: ReadingHost,
  { vol, offset, length, signal }: HostBytesRequest,
): AsyncGenerator<Uint8Array, void, void> {
  const { exec } = session.link.commands;
  if (exec === undefined || length < WORTH_BYTES) return;
  const client = await session.bulkClient();
  const { xml } = await client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, { signal });
  const model = readVolume(xml);
  const seen = statOf(model);
  if (seen === null || model.path === null || isSparse(model)) return;
  await askLibvirt(client, { vol, offset, length, signal });
  const first = Math.floor(offset / BLOCK_BYTES);
  const blocks = Math.ceil((offset + length) / BLOCK_BYTES) - first;
  const argv = ['sh', '-c', READ, 'sh', model.path, seen, String(first), String(blocks)];
  let skip = offset - first * BLOCK_BYTES;
  let left = length;
  for await (const chunk of output(exec, argv, signal)) {
    const part = chunk.subarray(skip, skip + left);
    skip = Math.max(0, skip - chunk.length);
    left -= part.length;
    if (part.length > 0) yield part;
  }
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

/** What a program prints; nothing where none can be run. */
async function* output(
  exec: Exec,
  argv: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* execOutput(exec, argv, { signal });
  } catch (error) {
    if (!(error instanceof TransportError) || error.code !== 'EXEC') throw error;
  }
}
