import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { DeletionPlan } from '../../contract/domain.ts';
import { readFileUsers } from '../../storage/users.ts';

/** Of a template those volumes stay, too, on which volumes of no machine lie: they are named. */
export async function keepForOverlays(
  client: LibvirtClient,
  plan: DeletionPlan,
  options: CallOptions,
): Promise<DeletionPlan> {
  const volumes: DeletionPlan['volumes'] = [];
  for (const volume of plan.volumes) {
    const free = volume.keep === null;
    const breaks = free ? (await readFileUsers(client, new Set([volume.path]), options)).breaks : [];
    volumes.push(breaks.length === 0 ? volume : { ...volume, keep: 'usedByOther', usedBy: [...breaks] });
  }
  return { ...plan, volumes };
}
