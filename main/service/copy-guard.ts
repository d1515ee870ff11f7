import type { VolumeUser } from '../contract/storage.ts';
import { copiedWords } from '../jobs/registry.ts';
import { FailureError } from './errors.ts';
import type { Machine } from './fleet.ts';
import type { Services } from './services.ts';

interface Jobs {
  readonly workflows: Pick<Services['workflows'], 'holder'>;
}

/**
 * The disks of a machine that is copied while it is off are read one after the other: what it writes in between would be in some of the copies.
 * @param done completes “is being copied … and is not …”
 * @throws FailureError CONFLICT
 */
export async function refuseCopied(
  { workflows }: Jobs,
  { domain, host: { id, name } }: Pick<Machine, 'domain' | 'host'>,
  done: string,
): Promise<void> {
  const holder = await workflows.holder({ host: id, uuid: domain.uuid });
  if (holder?.hold.reads !== true) return;
  const message = copiedWords(domain.name, holder.name, `is not ${done}`);
  throw new FailureError({ code: 'CONFLICT', message, host: { id, name } });
}

/**
 * The same of a disk that such a machine has.
 * @throws FailureError CONFLICT
 */
export async function refuseReadDisk(
  { workflows }: Jobs,
  host: string,
  {
    volume,
    users,
    done,
  }: { readonly volume: string; readonly users: readonly VolumeUser[]; readonly done: string },
): Promise<void> {
  for (const { uuid, name } of users) {
    const holder = await workflows.holder({ host, uuid });
    if (holder?.hold.reads !== true) continue;
    const message = `${volume} is not ${done}: ${copiedWords(name, holder.name, 'its disks stay as they are')}`;
    throw new FailureError({ code: 'CONFLICT', message });
  }
}
