import { z } from 'zod';
import { secretXml } from '../../../drivers/libvirt/model/index.ts';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { SecretRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { virSecretUsageType } from '../../../drivers/libvirt/constants/secret.ts';
import { uuidFromString, uuidToString } from '../../../drivers/libvirt/uuid.ts';
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
  asks: ({ secret }) => [secret],
  async check({ host, uuid, usageId }, step) {
    if ((await find(step.client(host), uuid)) === null) return;
    throw new FailureError({ code: 'CONFLICT', message: `The secret for ${usageId} exists already.` });
  },
  async run({ host, uuid, description, usageType, usageId, secret: name }, step) {
    const value = Buffer.from(await step.secret(name), 'utf8');
    const xml = ownXml({ uuid, description, usage: { type: usageType, id: usageId } });
    await give(step.client(host), xml, value);
    return null;
  },
  // A secret without its value would be of no use, and whether it has one cannot be seen: it is set again.
  settle: () => Promise.resolve({ done: false }),
  async undo({ host, uuid }, _result, step) {
    await undefine(step.client(host), uuid);
  },
  leaves: ({ description }) => `the secret of ${description}`,
});

/**
 * Names the secret of a new volume by its path, as soon as the volume is there: a secret of that path that Virtlane made is of a volume that
 * is gone, and goes. Before, the old volume might only have been out of libvirt's sight, and nobody could open it again.
 */
export const nameSecret = stepKind({
  name: 'secret.name',
  params: define.omit({ usageType: true }),
  asks: ({ secret }) => [secret],
  async check({ host, uuid, usageId }, step) {
    const client = step.client(host);
    const old = await findByVolume(client, usageId);
    if (old === null || uuidToString(old.uuid) === uuid || (await isOwn(client, old))) return;
    throw new FailureError({
      code: 'CONFLICT',
      message: `The host has a secret for ${usageId} that Virtlane did not make. Remove it first, or take another name.`,
    });
  },
  async run({ host, uuid, description, usageId, secret: name }, step) {
    const client = step.client(host);
    const value = Buffer.from(await step.secret(name), 'utf8');
    await undefineOwn(client, await findByVolume(client, usageId));
    // libvirt lets no secret change what it is for.
    await undefine(client, uuid);
    await give(client, ownXml({ uuid, description, usage: { type: 'volume', id: usageId } }), value);
    return null;
  },
  settle: () => Promise.resolve({ done: false }),
  async undo({ host, uuid }, _result, step) {
    await undefine(step.client(host), uuid);
  },
  leaves: ({ description }) => `the secret of ${description}`,
});

/** Removes a secret that Virtlane made; any other stays. */
export const deleteSecret = stepKind({
  name: 'secret.delete',
  params: z.object({
    host: z.string(),
    uuid: z.string().nullable(),
    /** Path of the volume that it opens, where its UUID is not known. */
    volume: z.string().nullable(),
  }),
  check: () => Promise.resolve(),
  async run({ host, uuid, volume }, step) {
    const client = step.client(host);
    if (uuid !== null) await undefineOwn(client, await find(client, uuid));
    if (volume !== null) await undefineOwn(client, await findByVolume(client, volume));
    return null;
  },
  settle: () => Promise.resolve({ done: false }),
  undo: () => Promise.resolve(),
  leaves: () => null,
});

function ownXml(secret: Parameters<typeof secretXml>[0]): string {
  return secretXml({ ...secret, description: `${OWN_SECRET}${secret.description}` });
}

async function give(client: LibvirtClient, xml: string, value: Uint8Array): Promise<void> {
  const { secret } = await client.remote.secretDefineXml({ xml, flags: 0 });
  await client.remote.secretSetValue({ secret, value, flags: 0 });
}

async function isOwn(client: LibvirtClient, secret: SecretRef): Promise<boolean> {
  const { xml } = await client.remote.secretGetXmlDesc({ secret, flags: 0 });
  return xml.includes(`<description>${OWN_SECRET}`);
}

async function undefineOwn(client: LibvirtClient, secret: SecretRef | null): Promise<void> {
  if (secret !== null && (await isOwn(client, secret))) await undefine(client, uuidToString(secret.uuid));
}

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

/** UUID of the secret that a host has for the volume of a path, or null. */
export async function secretOfVolume(client: LibvirtClient, path: string): Promise<string | null> {
  const secret = await findByVolume(client, path);
  return secret === null ? null : uuidToString(secret.uuid);
}

async function findByVolume(client: LibvirtClient, path: string): Promise<SecretRef | null> {
  const usageType = virSecretUsageType.VIR_SECRET_USAGE_TYPE_VOLUME;
  return client.remote
    .secretLookupByUsage({ usageType, usageId: path })
    .then(({ secret }) => secret)
    .catch(without(['VIR_ERR_NO_SECRET']));
}
