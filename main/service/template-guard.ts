import { readOwnMetadata } from '../inventory/own-metadata.ts';
import { FailureError } from './errors.ts';
import type { Machine } from './fleet.ts';

/** Whether the machine is kept as a template: asked of the host where the inventory has not heard yet. */
export async function isTemplate({ session, dom, domain }: Machine): Promise<boolean> {
  return domain.template ?? (await readOwnMetadata(session.client, { dom, kind: 'template' })) !== null;
}

/**
 * A template that runs would write under the disks that lie on its own.
 * @param done completes “is a template and is not …”
 * @throws FailureError CONFLICT
 */
export async function refuseTemplate(machine: Machine, done: string): Promise<void> {
  if (!(await isTemplate(machine))) return;
  const { domain, host } = machine;
  throw new FailureError({
    code: 'CONFLICT',
    message: `${domain.name} on ${host.name} is a template and is not ${done}: disks of other machines may lie on its disks. Make a machine from it, or make it a machine again.`,
    host: { id: host.id, name: host.name },
  });
}
