import type { RandomSource } from '../../drivers/formats/random-source.ts';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { ByteSource } from './byte-source.ts';
import { downloadVolume } from './download.ts';
import { bytesOf } from './zero-bytes.ts';

/** Whoever has a connection for long streams: a host's session. */
export interface Streams {
  bulkClient(): Promise<LibvirtClient>;
}

/** A volume of a host, read by ranges. */
export function volumeSource(host: Streams, vol: StorageVolRef, signal: AbortSignal): RandomSource {
  return {
    read: async (offset, length) => {
      const client = await host.bulkClient();
      return collect(bytesOf(downloadVolume(client, { vol, offset, length, sparse: false, signal })));
    },
  };
}

/** Any file, read by ranges. */
export function rangesOf(source: ByteSource, signal: AbortSignal): RandomSource {
  return {
    read: async (offset, length) => {
      const bytes = Math.max(0, Math.min(length, source.sizeBytes - offset));
      return bytes === 0 ? new Uint8Array() : collect(bytesOf(source.read(offset, bytes, signal)));
    },
  };
}

async function collect(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of parts) chunks.push(chunk);
  return Buffer.concat(chunks);
}
