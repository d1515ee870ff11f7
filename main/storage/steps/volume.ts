import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import type { StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../hosts/failures.ts';
import { NothingDone, type StepContext } from '../../jobs/engine/step.ts';
import { stepKind } from '../../jobs/engine/step-kinds.ts';
import { diskPaths } from '../../jobs/delete/plan.ts';
import { readModels } from '../../jobs/delete/read.ts';
import { poolByUuid, volumeByName, without } from '../read.ts';
import { readFileUsers } from '../users.ts';
import type { StorageStepDeps } from './deps.ts';
import { removeVolume } from './remove-volume.ts';

/** A volume: UUID and name of its pool, and its own name. */
export const volumeParams = z.object({
  host: z.string(),
  pool: z.string(),
  poolName: z.string(),
  name: z.string(),
});
export type VolumeParams = z.infer<typeof volumeParams>;

export function volumeSteps(deps: StorageStepDeps) {
  return [createVolume(deps), deleteVolume(deps), wipeVolume(), checkFormat()];
}

const creation = volumeParams.extend({
  xml: z.string(),
  flags: z.number().int(),
  /** The machine whose disk it becomes: while it is one, an undo leaves it. */
  machine: z.string().nullable(),
});

/**
 * QEMU times the derivation of a LUKS key and gives up when the host's clock of CPU use stands still meanwhile (“Unable to get accurate
 * CPU usage”, qcrypto_pbkdf2_count_iters): libvirt has removed the file then, and the next try is as good as the first.
 */
function onceMore<T>(create: () => Promise<T>): (error: unknown) => Promise<T> {
  return (error) => {
    if (error instanceof LibvirtError && error.message.includes('accurate CPU usage')) return create();
    throw error;
  };
}

function createVolume({ clock }: StorageStepDeps) {
  return stepKind({
    name: 'volume.create',
    params: creation,
    check: (params, step) => checkFree(params, step),
    async run({ host, pool, xml, flags }, step) {
      const client = await step.session(host).bulkClient();
      const ref = await poolByUuid(client, pool);
      // A volume that is filled at once takes minutes.
      const create = () => client.remote.storageVolCreateXml({ pool: ref, xml, flags }, { timeoutMs: 0 });
      const { vol } = await create().catch(onceMore(create)).catch(existed);
      return { key: vol.key };
    },
    async settle(params, step) {
      const vol = await volumeByName(step.client(params.host), params);
      return vol === null ? { done: false } : { done: true, result: { key: vol.key } };
    },
    async undo(params, result, step) {
      const client = step.client(params.host);
      if (params.machine !== null)
        await refuseDiskOf(client, params, {
          machine: params.machine,
          copied: step.result('mirror') !== undefined,
        });
      const volume = { pool: params.pool, name: params.name };
      await removeVolume({ client, clock, signal: step.signal, volume, refresh: result === null });
    },
    leaves: (params) => volumeLeft(params),
  });
}

function deleteVolume({ clock }: StorageStepDeps) {
  return stepKind({
    name: 'volume.delete',
    params: volumeParams,
    check: () => Promise.resolve(),
    async run({ host, pool, name }, step) {
      const client = await step.session(host).bulkClient();
      await removeVolume({ client, clock, signal: step.signal, volume: { pool, name }, refresh: false });
      return null;
    },
    async settle(params, step) {
      const vol = await volumeByName(step.client(params.host), params);
      return vol === null ? { done: true, result: null } : { done: false };
    },
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

function wipeVolume() {
  return stepKind({
    name: 'volume.wipe',
    params: volumeParams,
    check: (params, step) => refuseUsed(params, step, 'wiped'),
    async run(params, step) {
      const client = await step.session(params.host).bulkClient();
      const vol = await theVolume(client, params);
      // libvirt tells no progress, and cannot be stopped.
      await client.remote.storageVolWipe({ vol, flags: 0 }, { timeoutMs: 0 });
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

/** A file that was uploaded as it is: what libvirt sees in it now must be what was seen on the laptop. */
function checkFormat() {
  return stepKind({
    name: 'volume.check-format',
    params: volumeParams.extend({ format: z.string(), capacityBytes: z.number() }),
    check: () => Promise.resolve(),
    async run(params, step) {
      const client = step.client(params.host);
      const pool = await poolByUuid(client, params.pool);
      await client.remote.storagePoolRefresh({ pool, flags: 0 }, { timeoutMs: 300_000 });
      const { xml } = await client.remote.storageVolGetXmlDesc({
        vol: await theVolume(client, params),
        flags: 0,
      });
      const { format, capacityBytes, backingPath } = readVolume(xml);
      if (format === params.format && capacityBytes === params.capacityBytes && backingPath === null)
        return null;
      throw new FailureError({
        code: 'CONFLICT',
        message: `${params.name} has arrived, but the host reads it as ${format ?? 'no known format'} of ${capacityBytes ?? 0} bytes: expected was ${params.format} of ${params.capacityBytes} bytes.`,
      });
    },
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

export function volumeLeft({ name, poolName }: VolumeParams): string {
  return `volume ${name} in pool ${poolName}`;
}

/** @throws FailureError CONFLICT when the pool has a volume of that name */
export async function checkFree(params: VolumeParams, step: StepContext): Promise<void> {
  if ((await volumeByName(step.client(params.host), params)) === null) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `The pool ${params.poolName} has a volume ${params.name} already.`,
  });
}

/** @throws FailureError NOT_FOUND */
export async function theVolume(
  client: LibvirtClient,
  volume: { pool: string; poolName: string; name: string },
): Promise<StorageVolRef> {
  const vol = await volumeByName(client, volume);
  if (vol !== null) return vol;
  throw new FailureError({
    code: 'NOT_FOUND',
    message: `The pool ${volume.poolName} has no volume ${volume.name} (any more).`,
  });
}

/** @throws FailureError CONFLICT while a machine that runs uses the volume: `done` is what is not done then */
export async function refuseUsed(params: VolumeParams, step: StepContext, done: string): Promise<void> {
  const client = await step.session(params.host).bulkClient();
  const vol = await theVolume(client, params);
  const { name: path } = await client.remote.storageVolGetPath({ vol });
  const { users } = await readFileUsers(client, new Set([path]), { signal: step.signal });
  const running = (users.get(path) ?? []).filter((user) => user.running).map(({ name }) => name);
  if (running.length === 0) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `${params.name} is used by ${[...new Set(running)].join(', ')} while it runs, and cannot be ${done}. Shut it down first.`,
  });
}

/** libvirt refuses before it begins when something of the name exists. */
export function existed(error: unknown): never {
  const isRefusal =
    error instanceof LibvirtError &&
    (error.code === 'VIR_ERR_STORAGE_VOL_EXIST' || /already exists|exists already/.test(error.message));
  throw isRefusal ? new NothingDone(error) : error;
}

/** A copy that a machine works on, or may have worked on, is not removed. */
async function refuseDiskOf(
  client: LibvirtClient,
  params: VolumeParams,
  { machine, copied }: { machine: string; copied: boolean },
): Promise<void> {
  const vol = await volumeByName(client, params);
  if (vol === null) return;
  const { name: path } = await client.remote.storageVolGetPath({ vol });
  const found = await client.remote
    .domainLookupByUuid({ uuid: uuidFromString(machine) })
    .catch(without(['VIR_ERR_NO_DOMAIN']));
  const models = found === null ? [] : await readModels(client, found.dom, {});
  if (models.some((model) => diskPaths(model).includes(path)))
    throw new FailureError({
      code: 'CONFLICT',
      message: `${params.name} is the machine’s disk by now, and stays.`,
    });
  // It went off while it was to go over: what it wrote last may be in the copy alone.
  if (copied && (found?.dom.id ?? -1) < 0)
    throw new FailureError({
      code: 'CONFLICT',
      message: `The machine went off while it was changing over to ${params.name}: its last writes may be there, and it stays.`,
    });
}
