import type { DomainModel } from '../../drivers/libvirt/model/domain.ts';
import { LibvirtError, LinkError, type CallOptions } from '../../drivers/rpc/errors.ts';
import { inPool } from '../inventory/pool.ts';
import type { Machine } from './fleet.ts';

/** Disks that are asked for at one time: each call takes one of the five places of the connection. */
const IN_FLIGHT = 2;
/** Storage that does not answer must not hold up the page. */
const LIMIT_MS = 3000;

/**
 * Sizes in bytes of a machine's disks, by target, as its host sees the files (virDomainGetBlockInfo). It answers for a machine that is
 * off too, of which no figures come. A disk that cannot be looked at is left out.
 */
export async function readDiskSizes(
  { session, dom }: Pick<Machine, 'session' | 'dom'>,
  model: DomainModel,
  options: CallOptions,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const filled = model.disks.filter(({ source }) => source !== null);
  await inPool(filled, IN_FLIGHT, async ({ target }) => {
    try {
      const { remote } = session.client;
      const info = await remote.domainGetBlockInfo(
        { dom, path: target, flags: 0 },
        { ...options, timeoutMs: LIMIT_MS },
      );
      sizes.set(target, Number(info.capacity));
    } catch (error) {
      const late = error instanceof LinkError && error.code === 'TIMEOUT';
      if (!(late || error instanceof LibvirtError)) throw error;
    }
  });
  return sizes;
}
