import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virStorageVolDownloadFlags } from '../../drivers/libvirt/constants/storage.ts';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { StreamHole } from '../../drivers/rpc/stream.ts';

export interface DownloadRequest {
  readonly vol: StorageVolRef;
  readonly offset: number;
  /** 0: to the end. */
  readonly length: number;
  /** The host names holes instead of sending them. Its driver may not know how (VIR_ERR_NO_SUPPORT). */
  readonly sparse: boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads a volume (virStorageVolDownload) as bytes and holes, in order. The client should be one for long streams.
 * @throws LibvirtError, LinkError; what was read until then is right
 */
export async function* downloadVolume(
  client: LibvirtClient,
  { vol, offset, length, sparse, signal }: DownloadRequest,
): AsyncGenerator<Uint8Array | { readonly zeros: number }, void, void> {
  const flags = sparse ? virStorageVolDownloadFlags.VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM : 0;
  const { stream } = await client.openStream(
    'storageVolDownload',
    { vol, offset: BigInt(offset), length: BigInt(length), flags },
    { signal, sparse },
  );
  const abort = (): void => void stream.destroy(new DOMException('The download was cancelled', 'AbortError'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const part of stream as AsyncIterable<Uint8Array | StreamHole>)
      yield part instanceof StreamHole ? { zeros: Number(part.length) } : part;
  } finally {
    signal.removeEventListener('abort', abort);
    stream.destroy();
  }
}

/** The host's driver or the volume's file system cannot tell where holes are. */
const NO_HOLES: ReadonlySet<string> = new Set([
  'VIR_ERR_NO_SUPPORT',
  'VIR_ERR_OPERATION_UNSUPPORTED',
  'VIR_ERR_ARGUMENT_UNSUPPORTED',
  'VIR_ERR_INVALID_ARG',
]);

/** A download with holes was refused, and one without may be granted. */
export function knowsNoHoles(error: unknown): boolean {
  return error instanceof LibvirtError && NO_HOLES.has(error.code);
}
