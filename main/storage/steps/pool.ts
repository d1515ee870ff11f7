import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virStoragePoolBuildFlags } from '../../../drivers/libvirt/constants/storage.ts';
import type { StoragePoolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../hosts/failures.ts';
import { NothingDone } from '../../jobs/engine/step.ts';
import { stepKind } from '../../jobs/engine/step-kinds.ts';
import { poolByUuid, without } from '../read.ts';
import type { StorageStepDeps } from './deps.ts';
import { removeVolume } from './remove-volume.ts';

/** A server that does not answer, a large file system: minutes. */
const LIMIT_MS = 300_000;

const ref = z.object({ host: z.string(), uuid: z.string(), name: z.string() });

const definePool = stepKind({
  name: 'pool.define',
  params: ref.extend({ xml: z.string() }),
  async check({ host, uuid, name }, step) {
    const { remote } = step.client(host);
    const taken = await remote.storagePoolLookupByName({ name }).catch(without(['VIR_ERR_NO_STORAGE_POOL']));
    if (taken === null && (await find(step.client(host), uuid)) === null) return;
    throw new FailureError({ code: 'CONFLICT', message: `A pool ${name} exists already.` });
  },
  async run({ host, xml }, step) {
    const { remote } = step.client(host);
    // One call, which libvirt does wholly or not at all.
    await remote.storagePoolDefineXml({ xml, flags: 0 }).catch(nothingDone);
    return null;
  },
  settle: async ({ host, uuid }, step) => settled((await find(step.client(host), uuid)) !== null),
  async undo({ host, uuid }, _result, step) {
    const pool = await find(step.client(host), uuid);
    if (pool !== null) await step.client(host).remote.storagePoolUndefine({ pool });
  },
  leaves: ({ name }) => `the pool ${name}`,
});

/** Whether it starts as it is: then what it needs is there, and an undo must not remove it. */
const probePool = stepKind({
  name: 'pool.probe',
  params: ref,
  check: () => Promise.resolve(),
  async run({ host, uuid }, step) {
    const client = step.client(host);
    const pool = await poolByUuid(client, uuid);
    const started = await start(client, pool).then(
      () => true,
      (error: unknown) => {
        if (error instanceof LibvirtError) return false;
        throw error;
      },
    );
    if (started) await client.remote.storagePoolDestroy({ pool }, { timeoutMs: LIMIT_MS });
    return { there: started };
  },
  settle: () => Promise.resolve({ done: false }),
  undo: ({ host, uuid }, _result, step) => stop(step.client(host), uuid),
  leaves: () => null,
});

const buildPool = stepKind({
  name: 'pool.build',
  params: ref.extend({
    type: z.string(),
    /** Id of the probing step. */
    probe: z.string(),
    /** The file system or table that it writes to a device stays there. */
    formats: z.string().nullable(),
  }),
  check: () => Promise.resolve(),
  async run({ host, uuid, type, probe }, step) {
    if (isThere(step.result(probe))) return { built: false };
    const { remote } = step.client(host);
    const pool = await poolByUuid(step.client(host), uuid);
    // The other types know no flags, and have nothing to write over.
    const flags = OVERWRITERS.has(type) ? virStoragePoolBuildFlags.VIR_STORAGE_POOL_BUILD_NO_OVERWRITE : 0;
    await remote.storagePoolBuild({ pool, flags }, { timeoutMs: 0, signal: step.signal });
    return { built: true };
  },
  settle: () => Promise.resolve({ done: false }),
  async undo({ host, uuid, type, probe, formats }, result, step) {
    if (isThere(step.result(probe))) return;
    const pool = await find(step.client(host), uuid);
    // Of a folder libvirt removes an empty one only; what a failed build has not made is not there to delete.
    if (pool !== null && type !== 'disk')
      await step
        .client(host)
        .remote.storagePoolDelete({ pool, flags: 0 }, { timeoutMs: LIMIT_MS })
        .catch((error: unknown) => {
          if (result !== null) throw error;
        });
    if (result !== null && formats !== null)
      throw new FailureError({ code: 'CONFLICT', message: `${formats} stays formatted.` });
  },
  leaves: ({ name, formats }) =>
    formats === null ? `what pool ${name} is built of` : `the new format of ${formats}`,
});

const OVERWRITERS: ReadonlySet<string> = new Set(['fs', 'disk', 'logical']);

const startPool = stepKind({
  name: 'pool.start',
  params: ref,
  check: () => Promise.resolve(),
  async run({ host, uuid }, step) {
    const client = step.client(host);
    await start(client, await poolByUuid(client, uuid));
    return null;
  },
  settle: async ({ host, uuid }, step) => settled(await isActive(step.client(host), uuid)),
  undo: ({ host, uuid }, _result, step) => stop(step.client(host), uuid),
  leaves: () => null,
});

const autostartPool = stepKind({
  name: 'pool.autostart',
  params: ref,
  check: () => Promise.resolve(),
  async run({ host, uuid }, step) {
    const pool = await poolByUuid(step.client(host), uuid);
    await step.client(host).remote.storagePoolSetAutostart({ pool, autostart: 1 });
    return null;
  },
  settle: () => Promise.resolve({ done: false }),
  undo: () => Promise.resolve(),
  leaves: () => null,
});

const stopPool = stepKind({
  name: 'pool.stop',
  params: ref,
  check: () => Promise.resolve(),
  async run({ host, uuid }, step) {
    const was = await isActive(step.client(host), uuid);
    await stop(step.client(host), uuid);
    return { was };
  },
  settle: async ({ host, uuid }, step) =>
    (await isActive(step.client(host), uuid)) ? { done: false } : { done: true, result: { was: true } },
  async undo({ host, uuid }, result, step) {
    const client = step.client(host);
    const pool = result?.was === false ? null : await find(client, uuid);
    if (pool !== null && !(await isActive(client, uuid))) await start(client, pool);
  },
  leaves: ({ name }) => `the pool ${name}, stopped`,
});

const undefinePool = stepKind({
  name: 'pool.undefine',
  params: ref.extend({ xml: z.string() }),
  check: () => Promise.resolve(),
  async run({ host, uuid }, step) {
    const pool = await find(step.client(host), uuid);
    // A pool that was never saved went when it was stopped.
    if (pool !== null) await step.client(host).remote.storagePoolUndefine({ pool }).catch(nothingDone);
    return null;
  },
  settle: async ({ host, uuid }, step) => settled((await find(step.client(host), uuid)) === null),
  async undo({ host, uuid, xml }, _result, step) {
    if ((await find(step.client(host), uuid)) === null)
      await step.client(host).remote.storagePoolDefineXml({ xml, flags: 0 });
  },
  leaves: () => null,
});

function emptyPool({ clock }: StorageStepDeps) {
  return stepKind({
    name: 'pool.empty',
    params: ref.extend({ volumes: z.array(z.string()) }),
    check: () => Promise.resolve(),
    async run({ host, uuid, volumes }, step) {
      const client = await step.session(host).bulkClient();
      for (const [at, name] of volumes.entries()) {
        step.signal.throwIfAborted();
        const volume = { pool: uuid, name };
        await removeVolume({ client, clock, signal: step.signal, volume, refresh: false });
        step.log(`Deleted ${name}`);
        step.progress({ fraction: (at + 1) / volumes.length });
      }
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    // What is deleted is deleted; the log tells which.
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

export function poolSteps(deps: StorageStepDeps) {
  return [
    definePool,
    probePool,
    buildPool,
    startPool,
    autostartPool,
    stopPool,
    undefinePool,
    emptyPool(deps),
  ];
}

async function find(client: LibvirtClient, uuid: string): Promise<StoragePoolRef | null> {
  return poolByUuid(client, uuid).catch(without(['VIR_ERR_NO_STORAGE_POOL']));
}

async function isActive(client: LibvirtClient, uuid: string): Promise<boolean> {
  const pool = await find(client, uuid);
  return pool !== null && (await client.remote.storagePoolIsActive({ pool })).active !== 0;
}

async function start(client: LibvirtClient, pool: StoragePoolRef): Promise<void> {
  await client.remote.storagePoolCreate({ pool, flags: 0 }, { timeoutMs: LIMIT_MS });
}

async function stop(client: LibvirtClient, uuid: string): Promise<void> {
  const pool = await find(client, uuid);
  if (pool !== null && (await isActive(client, uuid)))
    await client.remote.storagePoolDestroy({ pool }, { timeoutMs: LIMIT_MS });
}

function settled(done: boolean) {
  return done ? ({ done, result: null } as const) : ({ done } as const);
}

function isThere(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'there' in result && result.there === true;
}

/** libvirt's refusal of a call that it does wholly or not at all. */
function nothingDone(error: unknown): never {
  throw error instanceof LibvirtError ? new NothingDone(error) : error;
}
