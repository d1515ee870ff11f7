import { once } from 'node:events';
import { zeroRuns, type Zeros } from '../../drivers/formats/zero-runs.ts';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virStorageVolUploadFlags } from '../../drivers/libvirt/constants/storage.ts';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { RpcStream } from '../../drivers/rpc/stream.ts';
import { StreamHole } from '../../drivers/rpc/stream.ts';
import type { ByteSource } from './byte-source.ts';
import { openDigest, type Digest } from './digest.ts';
import { bytesOf } from './zero-bytes.ts';

/**
 * A stream's bytes are on the host for certain only when it has confirmed the end of the stream. So a large file goes in pieces, and after a
 * lost link the upload goes on from the last piece that was confirmed.
 */
export const SEGMENT_BYTES = 256 * 1024 * 1024;

export interface UploadRequest {
  readonly vol: StorageVolRef;
  readonly source: ByteSource;
  /** Leave out runs of zeros. Only for a volume that was just made and reads as zeros: libvirt skips over what a file held before. */
  readonly sparse: boolean;
  readonly signal: AbortSignal;
  /** `bytes` of the source that are on the host, as far as the connection has taken them, or are zeros that it will have. */
  readonly progress: (bytes: number) => void;
  /** Waited for when the host has confirmed more; `bytes` in all. */
  readonly confirmed?: (bytes: number) => Promise<void>;
  /** Of what is confirmed at one time; left out: SEGMENT_BYTES. */
  readonly segmentBytes?: number;
}

/** Where an upload stands; kept by the caller over lost links. */
export class UploadState {
  /** Bytes that the host has confirmed. */
  confirmedBytes = 0;
  /** Behind them something else may be written already than what is sent now. */
  isTorn = false;
  /** Keeps the confirmed bytes. */
  readonly digest: Digest;

  constructor(digest: Digest) {
    this.digest = digest;
  }
}

/**
 * Writes a source to the beginning of a volume (virStorageVolUpload), from where `state` says. The client should be one for long streams.
 * @returns the digest of the whole source, in hex; empty where `state` computes none
 * @throws LibvirtError of the host, LinkError when the link went: then it may be called again with the same state and another client
 */
export async function uploadVolume(
  client: LibvirtClient,
  request: UploadRequest,
  state: UploadState,
): Promise<string> {
  const { source, sparse, segmentBytes = SEGMENT_BYTES } = request;
  state.digest.back();
  while (state.confirmedBytes < source.sizeBytes) {
    const length = Math.min(segmentBytes, source.sizeBytes - state.confirmedBytes);
    // A hole would leave what was written there before.
    const now = { ...request, sparse: sparse && !state.isTorn };
    state.isTorn = true;
    await uploadSegment(client, now, { offset: state.confirmedBytes, length }, state.digest);
    state.isTorn = false;
    state.confirmedBytes += length;
    state.digest.keep();
    await request.confirmed?.(state.confirmedBytes);
  }
  return state.digest.hex();
}

/** Writes a part of a source anew to the same place of a volume, holes as zeros. @throws as uploadVolume */
export function uploadRange(
  client: LibvirtClient,
  request: Pick<UploadRequest, 'vol' | 'source' | 'signal'>,
  range: { readonly offset: number; readonly length: number },
): Promise<void> {
  const digest = openDigest(null, range.length, request.signal);
  return uploadSegment(client, { ...request, sparse: false, progress: () => undefined }, range, digest);
}

async function uploadSegment(
  client: LibvirtClient,
  { vol, source, sparse, signal, progress }: UploadRequest,
  { offset, length }: { offset: number; length: number },
  digest: Digest,
): Promise<void> {
  const flags = sparse ? virStorageVolUploadFlags.VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM : 0;
  const { stream } = await client.openStream(
    'storageVolUpload',
    { vol, offset: BigInt(offset), length: BigInt(length), flags },
    { signal, sparse },
  );
  const abort = (): void => void stream.destroy(new DOMException('The upload was cancelled', 'AbortError'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    const parts = counted(source.read(offset, length, signal), offset, progress);
    for await (const part of sparse ? zeroRuns(parts) : bytesOf(parts)) {
      const isBytes = part instanceof Uint8Array;
      await digest.add(part);
      await write(stream, isBytes ? part : new StreamHole(BigInt(part.zeros)));
    }
    await finish(stream);
  } catch (error) {
    stream.destroy();
    signal.throwIfAborted();
    throw stream.errored ?? error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Tells of each part when it was taken: a long run of zeros goes to the host as one hole, which is written only when it ends. */
async function* counted(
  parts: AsyncIterable<Uint8Array | Zeros>,
  offset: number,
  progress: (bytes: number) => void,
): AsyncGenerator<Uint8Array | Zeros, void, void> {
  let at = offset;
  for await (const part of parts) {
    yield part;
    at += part instanceof Uint8Array ? part.length : part.zeros;
    progress(at);
  }
}

async function write(stream: RpcStream, part: Uint8Array | StreamHole): Promise<void> {
  if (stream.errored !== null) throw stream.errored;
  if (!stream.write(part)) await once(stream, 'drain');
}

/** Resolves when the host has confirmed that everything is written. */
function finish(stream: RpcStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.end(() => resolve());
  });
}
