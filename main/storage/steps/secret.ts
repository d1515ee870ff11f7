import { z } from 'zod';
import { secretXml } from '../../../drivers/libvirt/model/index.ts';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { SecretRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString } from '../../../drivers/libvirt/uuid.ts';
import { FailureError } from '../../hosts/failures.ts';
import { stepKind } from '../../jobs/engine/step-kinds.ts';
import { without } from '../read.ts';

/** Begins the description of secrets that Virtlane made: only those are removed with what they open. */
export const OWN_SECRET = 'Virtlane: ';

const define = z.object({
  host: z.string(),
  uuid: z.string(),
  description: z.string(),
  usageType: z.enum(['iscsi', 'ceph', 'volume']),
  usageId: z.string(),
  /** Name of the value in the job's secrets. */
  secret: z.string(),
});

/** Gives the host a secret that nobody can read back. */
export const defineSecret = stepKind({
  name: 'secret.define',
  params: define,
  async check({ host, uuid, usageId }, step) {
    if ((await find(step.client(host), uuid)) === null) return;
    throw new FailureError({ code: 'CONFLICT', message: `The secret for ${usageId} exists already.` });
  },
  async run({ host, uuid, description, usageType, usageId, secret: name }, step) {
    const value = Buffer.from(await step.secret(name), 'utf8');
    const xml = secretXml({
      uuid,
      description: `${OWN_SECRET}${description}`,
      usage: { type: usageType, id: usageId },
    });
    const { remote } = step.client(host);
    const { secret } = await remote.secretDefineXml({ xml, flags: 0 });
    await remote.secretSetValue({ secret, value, flags: 0 });
    return null;
  },
  // A secret without its value would be of no use, and whether it has one cannot be seen: it is set again.
  settle: () => Promise.resolve({ done: false }),
  async undo({ host, uuid }, _result, step) {
    await undefine(step.client(host), uuid);
  },
  leaves: ({ description }) => `the secret of ${description}`,
});

/** Removes a secret that Virtlane made; any other stays. */
export const deleteSecret = stepKind({
  name: 'secret.delete',
  params: z.object({ host: z.string(), uuid: z.string() }),
  check: () => Promise.resolve(),
  async run({ host, uuid }, step) {
    const client = step.client(host);
    const secret = await find(client, uuid);
    if (secret === null) return null;
    const { xml } = await client.remote.secretGetXmlDesc({ secret, flags: 0 });
    if (xml.includes(`<description>${OWN_SECRET}`)) await undefine(client, uuid);
    return null;
  },
  settle: () => Promise.resolve({ done: false }),
  undo: () => Promise.resolve(),
  leaves: () => null,
});

async function undefine(client: LibvirtClient, uuid: string): Promise<void> {
  const secret = await find(client, uuid);
  if (secret !== null) await client.remote.secretUndefine({ secret }).catch(without(['VIR_ERR_NO_SECRET']));
}

async function find(client: LibvirtClient, uuid: string): Promise<SecretRef | null> {
  return client.remote
    .secretLookupByUuid({ uuid: uuidFromString(uuid) })
    .then(({ secret }) => secret)
    .catch(without(['VIR_ERR_NO_SECRET']));
}
