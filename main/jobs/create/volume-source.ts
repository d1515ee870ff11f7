import type { RandomSource } from '../../../drivers/formats/random-source.ts';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import type { HostSession } from '../../hosts/session.ts';
import { downloadVolume } from '../../storage/download.ts';
import { bytesOf } from '../../storage/zero-bytes.ts';

/** A volume of a host, read by ranges. */
export function volumeSource(session: HostSession, vol: StorageVolRef, signal: AbortSignal): RandomSource {
  return {
    read: async (offset, length) => {
      const client: LibvirtClient = await session.bulkClient();
      return collect(bytesOf(downloadVolume(client, { vol, offset, length, sparse: false, signal })));
    },
  };
}

export async function collect(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of parts) chunks.push(chunk);
  return Buffer.concat(chunks);
}
