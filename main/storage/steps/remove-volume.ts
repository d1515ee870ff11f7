import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { pause, type Clock } from '../../hosts/clock.ts';
import { explainPool } from '../pool-refusals.ts';
import { poolByUuid, volumeByName } from '../read.ts';

/** libvirt finishes what it copies before it deletes it; it is asked again so often, and so long. */
const RETRY_MS = 1000;
const LIMIT_MS = 3_600_000;

export interface Removal {
  readonly client: LibvirtClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** UUID of the pool, name of the volume. */
  readonly volume: { readonly pool: string; readonly name: string };
  /** A file may be there that libvirt has not seen: it was being made when libvirtd ended. */
  readonly refresh: boolean;
}

/** Deletes a volume, if it is there. */
export async function removeVolume({ client, clock, signal, volume, refresh }: Removal): Promise<void> {
  const end = clock.now() + LIMIT_MS;
  let refreshed = !refresh;
  for (;;) {
    const vol = await volumeByName(client, volume, { signal });
    if (vol === null && refreshed) return;
    try {
      if (vol === null) {
        const pool = await poolByUuid(client, volume.pool, { signal });
        await client.remote.storagePoolRefresh({ pool, flags: 0 }, { signal, timeoutMs: 120_000 });
        refreshed = true;
        continue;
      }
      signal.throwIfAborted();
      // libvirt cannot stop it: what becomes of it is waited for.
      await client.remote.storageVolDelete({ vol, flags: 0 }, { timeoutMs: 0 });
      return;
    } catch (error) {
      if (!isBusy(error) || clock.now() > end) throw explainPool(error, 'disk');
    }
    await pause(clock, RETRY_MS, signal);
    signal.throwIfAborted();
  }
}

/** “still being allocated”, “still in use”, a pool with work of its own: what it waits for ends by itself. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof LibvirtError &&
    /still (?:being allocated|in use)|in use by|has asynchronous jobs running/.test(error.message)
  );
}
