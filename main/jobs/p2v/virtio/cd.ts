import type { CallOptions } from '../../../../drivers/rpc/errors.ts';
import { poolAbilities } from '../../../contract/pool-abilities.ts';
import type { VirtioInput } from '../../../contract/p2v.ts';
import type { HostSession } from '../../../hosts/session.ts';
import { VIRTIO_WIN_NAME, VIRTIO_WIN_URL } from '../../../os/index.ts';
import { readPoolByUuid, volumeByName, without } from '../../../storage/read.ts';
import { pathIn } from '../../create/disks.ts';
import { readFetchWay, wayWords, type FetchWay } from '../../create/fetch-way.ts';
import type { FetchParams } from '../../create/steps/fetch.ts';
import type { PlanHost, PlannedStep } from '../../engine/step.ts';

/** The CD of virtio's drivers for Windows. */
export interface DriversCd {
  /** Where it is, or will be; null: it cannot be had. */
  readonly path: string | null;
  /** Why it cannot be had, in a sentence. */
  readonly problem: string | null;
  /** How it comes there; null: it is there. */
  readonly fetch: { readonly pool: string; readonly poolName: string; readonly way: FetchWay } | null;
}

const noVolume = without(['VIR_ERR_NO_STORAGE_VOL']);
const noPool = without(['VIR_ERR_NO_STORAGE_POOL']);

/** Asks the host for it. */
export async function readCd(
  session: HostSession,
  drivers: NonNullable<VirtioInput['drivers']>,
  options: CallOptions,
): Promise<DriversCd> {
  const { client } = session;
  const found = await readPoolByUuid(client, session.id, drivers.pool).catch(noPool);
  if (found === null) return not('The pool of the drivers’ CD is gone.');
  const { pool } = found;
  const name = drivers.kind === 'stable' ? VIRTIO_WIN_NAME : drivers.name;
  const vol = await volumeByName(client, { pool: pool.uuid, name }, options).catch(noVolume);
  if (vol !== null)
    return {
      path: (await client.remote.storageVolGetPath({ vol }, options)).name,
      problem: null,
      fetch: null,
    };
  if (drivers.kind === 'volume') return not(`There is no volume ${name} in ${pool.name}.`);
  if (!poolAbilities(pool.type).files || pool.path === null)
    return not(`${pool.name} is no pool of files, where ${name} could be fetched to.`);
  const { signal = new AbortController().signal } = options;
  const way = await readFetchWay(session, { url: VIRTIO_WIN_URL, pool, compression: null }, signal);
  const fetch = { pool: pool.uuid, poolName: pool.name, way };
  return { path: pathIn(pool, name), problem: null, fetch };
}

function not(problem: string): DriversCd {
  return { path: null, problem, fetch: null };
}

/** Fetches it, where it is not there. */
export function cdStep(of: {
  readonly host: PlanHost;
  readonly machine: { readonly uuid: string };
  readonly cd: DriversCd | null;
}): PlannedStep[] {
  const { host, machine, cd } = of;
  if (cd === null || cd.fetch === null) return [];
  const { way, ...place } = cd.fetch;
  const params: FetchParams = {
    host: host.id,
    ...place,
    name: VIRTIO_WIN_NAME,
    url: VIRTIO_WIN_URL,
    address: null,
    checksum: null,
    compression: null,
    use: 'cd',
    way,
    token: machine.uuid,
  };
  const title = `Fetch ${VIRTIO_WIN_URL} to ${place.poolName} (${wayWords(way, host.name)})`;
  return [{ id: 'drivers', kind: 'create.fetch', host: host.id, title, params, weight: 20 }];
}
