import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import { lengthOf, type Zeros } from '../../drivers/formats/zero-runs.ts';
import type { HostSession } from '../hosts/session.ts';
import type { JobContext } from '../jobs/registry.ts';
import { roomForBuffers } from './buffer-room.ts';
import { openDigest } from './digest.ts';
import { writePart } from './file-pipe.ts';
import { Pace } from './pace.ts';
import { overLostLinks, type HostWait } from './steps/deps.ts';
import { VolumeReader } from './volume-reader.ts';

export interface DownloadJob {
  readonly host: string;
  readonly session: () => HostSession;
  /** Waits for the host, and says so. @throws when the signal is aborted */
  readonly untilBack: (context: JobContext, signal: AbortSignal) => Promise<void>;
  readonly vol: StorageVolRef;
  readonly sizeBytes: number;
  /** Its SHA-256 is told. */
  readonly checksum: boolean;
  /** The reading end has the other side; when it closes it, the job is cancelled. */
  readonly pipe: Duplex;
}

/**
 * Sends a volume into a pipe, in parts (contract/file-parts.ts). Holes come over the network as holes and go on as such. After a lost link
 * it goes on where it stood.
 */
export async function runDownload(job: DownloadJob, context: JobContext, { clock }: HostWait): Promise<void> {
  const { host, vol, sizeBytes, checksum, pipe } = job;
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const step = { signal, untilBack: () => job.untilBack(context, signal) };
  const left = (): void => over.abort();
  pipe.once('close', left);
  const digest = openDigest(checksum ? 'sha256' : null, sizeBytes, signal);
  const giveRoomBack = roomForBuffers();
  const pace = new Pace(clock, sizeBytes, (now) => context.progress(now));
  const reader = new VolumeReader();
  let at = 0;
  const send = async (part: Uint8Array | Zeros): Promise<void> => {
    signal.throwIfAborted();
    const more = writePart(pipe, part);
    await digest.add(part);
    at += lengthOf(part);
    if (!more && pipe.writableNeedDrain) await once(pipe, 'drain', { signal });
    pace.at(at);
  };
  try {
    if (sizeBytes > 0)
      await overLostLinks({ clock }, { step, hosts: [host] }, async () => {
        const rest = { vol, offset: at, length: sizeBytes - at, signal };
        for await (const part of reader.read(job.session(), rest)) await send(part);
      });
    const sha256 = await digest.hex();
    if (checksum) context.log(`SHA-256 of ${vol.name}: ${sha256}`);
    pipe.off('close', left);
    pipe.end();
  } catch (error) {
    pipe.off('close', left);
    pipe.destroy();
    if (over.signal.aborted) throw new DOMException('The download was cancelled', 'AbortError');
    throw error;
  } finally {
    digest.close();
    giveRoomBack();
  }
}
