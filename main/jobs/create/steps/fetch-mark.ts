import { volumeXml } from '../../../../drivers/libvirt/model/index.ts';
import { poolByUuid, volumeByName } from '../../../storage/read.ts';
import type { StepContext } from '../../engine/step.ts';
import { untilAnswered } from '../../../storage/steps/own-volume.ts';
import type { VolumePlace } from '../../../storage/steps/volume-calls.ts';

/** Between the name of a volume that is not whole and the token of the job that fetches it. */
const MARK = '.fetching-';

/** The small volume that stands in a pool while a job fetches another one through libvirt. */
export function markOf({ pool, name, token }: VolumePlace & { readonly token: string }): VolumePlace {
  return { pool, name: `${name}${MARK}${token}` };
}

/** Whether a pool's volumes tell that one of them is not whole. */
export function isMarked(names: ReadonlySet<string>, name: string): boolean {
  return [...names].some((one) => one.startsWith(`${name}${MARK}`));
}

export async function makeMark(step: StepContext, host: string, mark: VolumePlace): Promise<void> {
  const client = await step.session(host).bulkClient();
  const pool = await poolByUuid(client, mark.pool);
  const xml = volumeXml({ name: mark.name, capacityBytes: 1024, allocationBytes: 0, format: 'raw' });
  await untilAnswered(step, client.remote.storageVolCreateXml({ pool, xml, flags: 0 }, { timeoutMs: 0 }));
}

export async function hasMark(step: StepContext, host: string, mark: VolumePlace): Promise<boolean> {
  return (await volumeByName(step.client(host), mark)) !== null;
}
