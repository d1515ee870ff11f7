import { once } from 'node:events';
import { lengthOf, zeroRuns, type Zeros } from '../../drivers/formats/zero-runs.ts';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { readVolume } from '../../drivers/libvirt/model/index.ts';
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
  /** Behind them, up to here, something else may be written already than what is sent now; Infinity: nobody knows how far. */
  tornTo = 0;
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
  if (sparse && state.tornTo === Infinity) await cutBehind(client, request, state);
  while (state.confirmedBytes < source.sizeBytes) {
    const length = Math.min(segmentBytes, source.sizeBytes - state.confirmedBytes);
    // A hole would leave what was written there before.
    const now = { ...request, sparse: sparse && state.confirmedBytes >= state.tornTo };
    state.tornTo = Math.max(state.tornTo, state.confirmedBytes + length);
    await uploadSegment(client, now, { offset: state.confirmedBytes, length }, state.digest);
    state.confirmedBytes += length;
    state.digest.keep();
    await request.confirmed?.(state.confirmedBytes);
  }
  return state.digest.hex();
}

/** A hole of this size cuts a file behind it. */
const CUT_BYTES = 64 * 1024;

/**
 * Takes away what the file has behind the confirmed bytes, so that it reads as zeros there: at the end of a hole libvirt cuts it (virFDStreamThreadDoWrite), and only
 * where its size then says so that is taken for done. Else all that is left goes as bytes, zeros too.
 */
async function cutBehind(
  client: LibvirtClient,
  { vol, source: { sizeBytes }, signal }: UploadRequest,
  state: UploadState,
): Promise<void> {
  const offset = state.confirmedBytes;
  const length = Math.min(CUT_BYTES, sizeBytes - offset);
  if (length <= 0) return;
  const zeros: ByteSource = {
    sizeBytes,
    async *read() {
      yield await Promise.resolve({ zeros: length });
    },
  };
  const digest = openDigest(null, length, signal);
  const request = { vol, source: zeros, sparse: true, signal, progress: () => undefined };
  await uploadSegment(client, request, { offset, length }, digest);
  const { xml } = await client.remote.storageVolGetXmlDesc({ vol, flags: 0 });
  if (readVolume(xml).physicalBytes === offset + length) state.tornTo = offset + length;
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
    at += lengthOf(part);
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
