import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString } from '../../../../drivers/libvirt/uuid.ts';
import { without } from '../../../storage/read.ts';

/** The machine with a UUID, or null. */
export async function domainByUuid(client: LibvirtClient, uuid: string): Promise<DomainRef | null> {
  return client.remote
    .domainLookupByUuid({ uuid: uuidFromString(uuid) })
    .then(({ dom }) => dom)
    .catch(without(['VIR_ERR_NO_DOMAIN']));
}

/** The machine with a name, or null. */
export async function domainByName(client: LibvirtClient, name: string): Promise<DomainRef | null> {
  return client.remote
    .domainLookupByName({ name })
    .then(({ dom }) => dom)
    .catch(without(['VIR_ERR_NO_DOMAIN']));
}
