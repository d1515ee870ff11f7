import { z } from 'zod';
import { readPool } from '../../../drivers/libvirt/model/index.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../hosts/failures.ts';
import { NothingDone, Stays } from '../../jobs/engine/step.ts';
import { stepKind } from '../../jobs/engine/step-kinds.ts';
import { readNeeded, refuseNeeded } from '../needed.ts';
import { explainPool } from '../pool-refusals.ts';
import { poolByUuid, readVolumes, without } from '../read.ts';
import { buildPool, probePool } from './build-pool.ts';
import type { StorageStepDeps } from './deps.ts';
import { findPool, isPoolActive, poolParams, refuseHostMount, startPool, stopPool } from './pool-calls.ts';
import { removeVolume } from './remove-volume.ts';
import { whenIdle } from './volume-calls.ts';

const definePool = stepKind({
  name: 'pool.define',
  params: poolParams.extend({ xml: z.string() }),
  async check({ host, uuid, name, type, xml }, step) {
    const { remote } = step.client(host);
    await refuseHostMount(step, { host, type, path: readPool(xml).targetPath });
    const taken = await remote.storagePoolLookupByName({ name }).catch(without(['VIR_ERR_NO_STORAGE_POOL']));
    if (taken === null && (await findPool(step.client(host), uuid)) === null) return;
    throw new FailureError({ code: 'CONFLICT', message: `A pool ${name} exists already.` });
  },
  async run({ host, xml, type }, step) {
    const { remote } = step.client(host);
    // One call, which libvirt does wholly or not at all.
    await remote.storagePoolDefineXml({ xml, flags: 0 }).catch((error: unknown) => nothingDone(error, type));
    return null;
  },
  settle: async ({ host, uuid }, step) => settled((await findPool(step.client(host), uuid)) !== null),
  async undo({ host, uuid }, _result, step) {
    const pool = await findPool(step.client(host), uuid);
    if (pool !== null) await step.client(host).remote.storagePoolUndefine({ pool });
  },
  leaves: ({ name }) => `the pool ${name}`,
});

const startStep = stepKind({
  name: 'pool.start',
  params: poolParams,
  check: () => Promise.resolve(),
  async run({ host, uuid, type }, step) {
    const client = step.client(host);
    // The look at what is there may have started it.
    if (await isPoolActive(client, uuid)) return null;
    await startPool(client, await poolByUuid(client, uuid)).catch((error: unknown) => {
      throw unlessBuilt(explainPool(error, type));
    });
    return null;
  },
  settle: async ({ host, uuid }, step) => settled(await isPoolActive(step.client(host), uuid)),
  undo: ({ host, uuid }, _result, step) => stopPool(step.client(host), uuid),
  leaves: () => null,
});

/** A new pool's folder can be made by the same job. */
function unlessBuilt(error: unknown): unknown {
  if (!(error instanceof FailureError) || !/No such file/.test(error.failure.libvirt?.message ?? ''))
    return error;
  return new FailureError({ ...error.failure, unless: 'build' }, error);
}

const autostartPool = stepKind({
  name: 'pool.autostart',
  params: poolParams,
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

const stopStep = stepKind({
  name: 'pool.stop',
  params: poolParams,
  check: () => Promise.resolve(),
  async run({ host, uuid }, step) {
    const was = await isPoolActive(step.client(host), uuid);
    await stopPool(step.client(host), uuid);
    return { was };
  },
  settle: async ({ host, uuid }, step) =>
    (await isPoolActive(step.client(host), uuid)) ? { done: false } : { done: true, result: { was: true } },
  async undo({ host, uuid }, result, step) {
    const client = step.client(host);
    const pool = result?.was === false ? null : await findPool(client, uuid);
    if (pool !== null && !(await isPoolActive(client, uuid))) await startPool(client, pool);
  },
  leaves: ({ name }) => `the pool ${name}, stopped`,
});

const undefinePool = stepKind({
  name: 'pool.undefine',
  params: poolParams.extend({ xml: z.string() }),
  check: () => Promise.resolve(),
  async run({ host, uuid, type }, step) {
    const pool = await findPool(step.client(host), uuid);
    // A pool that was never saved went when it was stopped.
    if (pool !== null)
      await step
        .client(host)
        .remote.storagePoolUndefine({ pool })
        .catch((error: unknown) => nothingDone(error, type));
    return null;
  },
  settle: async ({ host, uuid }, step) => settled((await findPool(step.client(host), uuid)) === null),
  async undo({ host, uuid, xml }, _result, step) {
    if ((await findPool(step.client(host), uuid)) === null)
      await step.client(host).remote.storagePoolDefineXml({ xml, flags: 0 });
  },
  leaves: () => null,
});

function emptyPool({ clock }: StorageStepDeps) {
  return stepKind({
    name: 'pool.empty',
    params: poolParams.extend({ volumes: z.array(z.string()), accepted: z.array(z.string()).default([]) }),
    // Who uses them is asked when their time has come: a job may have waited for days.
    async check({ host, uuid, name, volumes, accepted }, step) {
      const client = await step.session(host).bulkClient();
      const listed = await readVolumes(client, await poolByUuid(client, uuid));
      const paths = listed.flatMap((volume) => (volumes.includes(volume.name) ? (volume.path ?? []) : []));
      const needed = await whenIdle(step, { clock }, () =>
        readNeeded(client, new Set(paths), { signal: step.signal }),
      );
      refuseNeeded(needed, { what: `What is in ${name}`, loss: 'deleted', accepted });
    },
    async run({ host, uuid, volumes }, step) {
      const client = await step.session(host).bulkClient();
      for (const [at, name] of volumes.entries()) {
        step.signal.throwIfAborted();
        const volume = { pool: uuid, name };
        await step.note(at + 1);
        await removeVolume({ client, clock, signal: step.signal, volume, refresh: false });
        step.log(`Deleted ${name}`);
        step.progress({ fraction: (at + 1) / volumes.length });
      }
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    undo({ name, volumes }, _result, step) {
      const deleted = z.number().safeParse(step.noted());
      if (!deleted.success) return Promise.resolve();
      const many = `${deleted.data} of ${volumes.length} ${volumes.length === 1 ? 'volume is' : 'volumes are'}`;
      return Promise.reject(new Stays(inPool(name), `${many} deleted, as the log tells`));
    },
    leaves: ({ name }) => inPool(name),
  });
}

function inPool(name: string): string {
  return `what is in the pool ${name}`;
}

export function poolSteps(deps: StorageStepDeps) {
  return [
    definePool,
    probePool,
    buildPool,
    startStep,
    autostartPool,
    stopStep,
    undefinePool,
    emptyPool(deps),
  ];
}

function settled(done: boolean) {
  return done ? ({ done, result: null } as const) : ({ done } as const);
}

/** libvirt's refusal of a call that it does wholly or not at all. */
function nothingDone(error: unknown, type: string): never {
  throw error instanceof LibvirtError ? new NothingDone(explainPool(error, type)) : error;
}
