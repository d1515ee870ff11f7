import { z } from 'zod';
import { virStorageVolCreateFlags } from '../../../drivers/libvirt/constants/storage.ts';
import { readVolume, volumeXml } from '../../../drivers/libvirt/model/index.ts';
import { uuidFromString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../hosts/failures.ts';
import { Stays, type StepContext } from '../../jobs/engine/step.ts';
import { stepKind } from '../../jobs/engine/step-kinds.ts';
import { readNeeded, refuseNeeded, type Loss } from '../needed.ts';
import { poolByUuid, volumeByName, without } from '../read.ts';
import { readFileUsers } from '../users.ts';
import { assertSource, qemuFormat, type FormatClaim } from '../volume-image.ts';
import type { StorageStepDeps } from './deps.ts';
import { removeVolume } from './remove-volume.ts';
import { makeVolume, noteWhole, untilAnswered, volumeNoteOf } from './own-volume.ts';
import {
  checkFree,
  clearHalf,
  ownVolume,
  takeBack,
  volumeAt,
  volumeLeft,
  volumeParams,
  whenIdle,
  type VolumeParams,
} from './volume-calls.ts';

export function volumeSteps(deps: StorageStepDeps) {
  return [createVolume(deps), deleteVolume(deps), wipeVolume(deps)];
}

const backing = z.union([
  z.object({ path: z.string(), format: z.string() }),
  /** A volume that an earlier step makes: what it is, the host says when its time has come. */
  z.object({ pool: z.string(), name: z.string() }),
]);

export const creation = volumeParams.extend({
  /** At least that of what it lies on. */
  capacityBytes: z.number(),
  /** Null where the pool knows no formats: its volumes are made as large as they will be. */
  format: z.enum(['raw', 'qcow2']).nullable(),
  preallocation: z.enum(['none', 'metadata', 'full']),
  /** What it lies on. */
  backing: backing.nullable(),
  /** The secret of its encryption, which the host has. */
  secretUuid: z.string().nullable(),
  /** The machine whose disk it becomes: while it is one, an undo leaves it. */
  machine: z.string().nullable(),
});
export type Creation = z.infer<typeof creation>;

/** So often is a LUKS volume tried, a few ten milliseconds each. */
const LUKS_TRIES = 20;

/**
 * QEMU times the derivation of a LUKS key and gives up when the host's clock of CPU use stands still meanwhile (“Unable to get accurate
 * CPU usage”, qcrypto_pbkdf2_count_iters), as it may several times on end: libvirt has removed the file then, and the next try is as good
 * as the first.
 */
async function despiteTheClock<T>(create: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await create();
    } catch (error) {
      const stoodStill = error instanceof LibvirtError && error.message.includes('accurate CPU usage');
      if (!stoodStill || attempt === LUKS_TRIES) throw error;
    }
}

function createVolume({ clock }: StorageStepDeps) {
  return stepKind({
    name: 'volume.create',
    params: creation,
    check: (params, step) => checkFree(params, step),
    async run(params, step) {
      const client = await step.session(params.host).bulkClient();
      const pool = await poolByUuid(client, params.pool);
      const xml = await xmlOf(params, step);
      const metadata =
        params.format === 'qcow2' && params.preallocation !== 'none' && params.backing === null;
      const flags = metadata ? virStorageVolCreateFlags.VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA : 0;
      // A volume that is filled at once takes minutes.
      const create = () => client.remote.storageVolCreateXml({ pool, xml, flags }, { timeoutMs: 0 });
      const vol = await makeVolume(step, client, {
        host: params.host,
        wanted: {
          capacityBytes: readVolume(xml).capacityBytes,
          format: params.format,
          empty: params.preallocation !== 'full',
        },
        make: () => despiteTheClock(create),
        appears: params.preallocation === 'full' ? { clock, at: params } : null,
      });
      await noteWhole(step, client, vol);
      return { key: vol.key };
    },
    async settle(params, step) {
      // One that is filled at once may have been left in the middle.
      if (params.preallocation === 'full' && volumeNoteOf(step)?.state === 'asked')
        return clearHalf(params, step, { clock });
      const vol = await ownVolume(params, step);
      if (vol === null) return { done: false };
      await noteWhole(step, step.client(params.host), vol);
      return { done: true, result: { key: vol.key } };
    },
    async undo(params, _result, step) {
      if (params.machine !== null && step.result('mirror') !== undefined)
        await refuseLastWrites(params, params.machine, step);
      await takeBack(params, step, { clock });
    },
    leaves: (params) => volumeLeft(params),
  });
}

async function xmlOf(params: Creation, step: StepContext): Promise<string> {
  const { name, format, preallocation, secretUuid } = params;
  const under = await backingOf(params, step);
  const capacityBytes = Math.max(params.capacityBytes, under?.capacityBytes ?? 0);
  if (format === null) return volumeXml({ name, capacityBytes });
  return volumeXml({
    name,
    capacityBytes,
    // What is left out libvirt takes for all of it.
    allocationBytes: preallocation === 'full' ? capacityBytes : 0,
    format,
    ...(under === null ? {} : { backing: under }),
    ...(secretUuid === null ? {} : { secretUuid }),
  });
}

async function backingOf({ host, backing: under }: Creation, step: StepContext) {
  if (under === null || 'path' in under) return under === null ? null : { ...under, capacityBytes: 0 };
  const client = await step.session(host).bulkClient();
  const vol = await volumeAt(client, under);
  const { name: file } = await client.remote.storageVolGetPath({ vol });
  // A template has it as its disk: what a guest wrote into that counts less than what it is to the machine.
  const { claims } = await readFileUsers(client, new Set([file]), { signal: step.signal });
  const { path, format, capacityBytes } = await assertSource(step.session(host), vol, {
    claims: claims.get(file) ?? [],
    signal: step.signal,
  });
  return { path: path ?? vol.key, format: qemuFormat(format), capacityBytes: capacityBytes ?? 0 };
}

const losing = volumeParams.extend({
  accepted: z.array(z.string()).nullable().default([]),
  /** It must be as it was then (VolumeModel.changed); null: however it is. */
  changed: z.string().nullable().default(null),
});

function deleteVolume({ clock }: StorageStepDeps) {
  return stepKind({
    name: 'volume.delete',
    params: losing,
    // Who uses it is asked when its time has come: a job may have waited for days.
    check: (params, step) => whenIdle(step, { clock }, () => refuseNeededNow(params, step, 'deleted')),
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
    lasts: true,
    leaves: (params) => `${volumeLeft(params)}, deleted or not`,
  });
}

/** libvirt was asked to wipe it. */
const ASKED = 'asked';

function wipeVolume({ clock }: StorageStepDeps) {
  return stepKind({
    name: 'volume.wipe',
    params: losing,
    check: (params, step) => whenIdle(step, { clock }, () => refuseNeededNow(params, step, 'wiped')),
    async run(params, step) {
      const client = await step.session(params.host).bulkClient();
      const vol = await volumeAt(client, params);
      await step.note(ASKED);
      // libvirt tells no progress, and cannot be stopped.
      await untilAnswered(step, client.remote.storageVolWipe({ vol, flags: 0 }, { timeoutMs: 0 }));
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    undo(params, _result, step) {
      if (step.noted() !== ASKED) return Promise.resolve();
      return Promise.reject(new Stays(volumeLeft(params), 'it may be overwritten, wholly or in part'));
    },
    leaves: (params) => volumeLeft(params),
  });
}

/** @throws FailureError CONFLICT */
async function refuseNeededNow(
  { host, pool, name, accepted, changed }: z.infer<typeof losing>,
  step: StepContext,
  loss: Loss,
): Promise<void> {
  const client = await step.session(host).bulkClient();
  const vol = await volumeByName(client, { pool, name });
  if (vol === null) return;
  if (changed !== null)
    assertUnchanged(name, changed, (await client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml);
  const { name: path } = await client.remote.storageVolGetPath({ vol });
  const needed = await readNeeded(client, new Set([path]), { signal: step.signal });
  refuseNeeded(needed, { what: name, loss, accepted });
}

/** @throws FailureError CONFLICT */
function assertUnchanged(name: string, changed: string, xml: string): void {
  if (readVolume(xml).changed === changed) return;
  const message = `${name} was changed since it was looked at, and stays. Plan it anew.`;
  throw new FailureError({ code: 'CONFLICT', message });
}

/**
 * @param for `done` is what is not done then; `shared`: a file that others only lie on may be used, as nobody writes to it
 * @returns as what machines have it
 * @throws FailureError CONFLICT while a machine that runs uses the volume
 */
export async function refuseUsed(
  params: VolumeParams,
  step: StepContext,
  { done, shared }: { readonly done: string; readonly shared: boolean },
): Promise<readonly FormatClaim[]> {
  const client = await step.session(params.host).bulkClient();
  const vol = await volumeAt(client, params);
  const { name: path } = await client.remote.storageVolGetPath({ vol });
  const { users, writers, claims } = await readFileUsers(client, new Set([path]), { signal: step.signal });
  const running = ((shared ? writers : users).get(path) ?? [])
    .filter((user) => user.running)
    .map(({ name }) => name);
  if (running.length === 0) return claims.get(path) ?? [];
  throw new FailureError({
    code: 'CONFLICT',
    message: `${params.name} is used by ${[...new Set(running)].join(', ')} while it runs, and cannot be ${done}. Shut it down first.`,
  });
}

/** It went off while it was to go over: what it wrote last may be in the copy alone. */
async function refuseLastWrites(params: VolumeParams, machine: string, step: StepContext): Promise<void> {
  const client = step.client(params.host);
  if ((await volumeByName(client, params)) === null) return;
  const found = await client.remote
    .domainLookupByUuid({ uuid: uuidFromString(machine) })
    .catch(without(['VIR_ERR_NO_DOMAIN']));
  if ((found?.dom.id ?? -1) >= 0) return;
  throw new Stays(
    volumeLeft(params),
    'the machine went off while it was changing over to it, and its last writes may be there',
  );
}
