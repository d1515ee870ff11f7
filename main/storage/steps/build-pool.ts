import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virStoragePoolBuildFlags } from '../../../drivers/libvirt/constants/storage.ts';
import { poolXml, readPool } from '../../../drivers/libvirt/model/index.ts';
import type { StoragePoolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../hosts/failures.ts';
import { NothingDone } from '../../jobs/engine/step.ts';
import { stepKind } from '../../jobs/engine/step-kinds.ts';
import { explainPool } from '../pool-refusals.ts';
import { groupExists, volumeGroups } from '../pool-sources.ts';
import { poolByUuid } from '../read.ts';
import { findPool, LIMIT_MS, MOUNTED, poolParams, startPool, stopPool } from './pool-calls.ts';

const ENOENT = 2;

/** A build of these refuses what is there, and asks this flag for it; the other types know no flags, and have nothing to write over. */
const OVERWRITERS: ReadonlySet<string> = new Set(['fs', 'disk', 'logical']);

const seen = z.object({
  /** It starts as it is: then what it needs is there, and nothing is built. */
  there: z.boolean(),
  /** Its folder is there; an undo must not remove that. */
  folder: z.boolean(),
});

/** What is there before anything is built. */
export const probePool = stepKind({
  name: 'pool.probe',
  params: poolParams.extend({
    /** UUID of a pool that is there for a moment, to see whether a folder is. */
    looking: z.string(),
  }),
  check: () => Promise.resolve(),
  async run({ host, uuid, type, looking }, step) {
    const client = step.client(host);
    const pool = await poolByUuid(client, uuid);
    const refused = await refusalOf(startPool(client, pool));
    // It stays started: to stop it could take away what the host had active by itself, as a volume group.
    if (refused === null) return { there: true, folder: true };
    if (type === 'dir') return { there: false, folder: !isMissing(refused) };
    const { targetPath } = readPool((await client.remote.storagePoolGetXmlDesc({ pool, flags: 0 })).xml);
    if (!MOUNTED.has(type) || targetPath === null) return { there: false, folder: true };
    return { there: false, folder: await hasFolder(client, { uuid: looking, path: targetPath }) };
  },
  settle: () => Promise.resolve({ done: false }),
  async undo({ host, uuid, looking }, _result, step) {
    await stopPool(step.client(host), looking);
    await stopPool(step.client(host), uuid);
  },
  leaves: () => null,
});

export const buildPool = stepKind({
  name: 'pool.build',
  params: poolParams.extend({
    /** Id of the probing step. */
    probe: z.string(),
    /** The file system or table that it writes to a device stays there. */
    formats: z.string().nullable(),
  }),
  async check({ host, uuid, type, probe }, step) {
    if (type !== 'logical' || seenBy(step.result(probe)).there) return;
    const client = step.client(host);
    const pool = await poolByUuid(client, uuid);
    const { sourceName } = readPool((await client.remote.storagePoolGetXmlDesc({ pool, flags: 0 })).xml);
    if (sourceName !== null && (await volumeGroups(client)).includes(sourceName))
      throw new FailureError({ code: 'CONFLICT', message: groupExists(sourceName) });
  },
  async run({ host, uuid, type, probe }, step) {
    const { there, folder } = seenBy(step.result(probe));
    if (there) return { built: false };
    const client = step.client(host);
    const pool = await poolByUuid(client, uuid);
    const flags = OVERWRITERS.has(type) ? virStoragePoolBuildFlags.VIR_STORAGE_POOL_BUILD_NO_OVERWRITE : 0;
    // libvirt cannot stop it: what becomes of it is waited for, also when the job is cancelled.
    await client.remote.storagePoolBuild({ pool, flags }, { timeoutMs: 0 }).catch(async (error: unknown) => {
      if (!(error instanceof LibvirtError)) throw error;
      // A group, a table, a file system that it refuses was there before. It makes the folder first of all.
      if (!folder) await remove(client, pool).catch(() => undefined);
      throw new NothingDone(explainPool(error, type));
    });
    return { built: true };
  },
  settle: () => Promise.resolve({ done: false }),
  async undo({ host, uuid, type, probe, formats }, result, step) {
    if (result?.built === false) return;
    const client = step.client(host);
    const pool = await findPool(client, uuid);
    // Of a folder libvirt removes an empty one only.
    const isFolder = type === 'dir' || MOUNTED.has(type);
    if (pool !== null && isFolder && !seenBy(step.result(probe)).folder)
      await remove(client, pool).catch((error: unknown) => {
        if (result !== null) throw error;
      });
    if (formats !== null) throw stays(`The new format of ${formats}`, result !== null);
    if (isFolder) return;
    // A group of this name may have been there before.
    if (result === null) throw stays('What it is built of', false);
    if (pool !== null) await remove(client, pool);
  },
  leaves: ({ name, formats }) =>
    formats === null ? `what pool ${name} is built of` : `the new format of ${formats}`,
});

function stays(what: string, isKnown: boolean): FailureError {
  const message = isKnown ? `${what} stays.` : `${what} may stay: nobody saw whether this job made it.`;
  return new FailureError({ code: 'CONFLICT', message });
}

/** What another version of the program has not seen counts as there. */
function seenBy(result: unknown): z.infer<typeof seen> {
  const parsed = seen.safeParse(result);
  return parsed.success ? parsed.data : { there: false, folder: true };
}

async function remove(client: LibvirtClient, pool: StoragePoolRef): Promise<void> {
  await client.remote.storagePoolDelete({ pool, flags: 0 }, { timeoutMs: LIMIT_MS });
}

/** A pool that libvirt forgets when it is stopped can be started on a folder that is there. */
async function hasFolder(
  client: LibvirtClient,
  { uuid, path }: { uuid: string; path: string },
): Promise<boolean> {
  const xml = poolXml({ type: 'dir', name: `virtlane-looking-${uuid.slice(0, 8)}`, uuid, path });
  const refused = await refusalOf(
    client.remote.storagePoolCreateXml({ xml, flags: 0 }, { timeoutMs: LIMIT_MS }),
  );
  await stopPool(client, uuid);
  return refused === null || !isMissing(refused);
}

async function refusalOf(call: Promise<unknown>): Promise<LibvirtError | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof LibvirtError) return error;
    throw error;
  }
}

function isMissing({ code, int1 }: LibvirtError): boolean {
  return code === 'VIR_ERR_SYSTEM_ERROR' && int1 === ENOENT;
}
