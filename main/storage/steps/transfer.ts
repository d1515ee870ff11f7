import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readVolume, volumeXml, type VolumeModel } from '../../../drivers/libvirt/model/index.ts';
import type { StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { pause } from '../../hosts/clock.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { StepContext } from '../../jobs/engine/step.ts';
import { stepKind } from '../../jobs/engine/step-kinds.ts';
import { assertImage, IMAGE_USES, readImage } from '../image.ts';
import { Pace } from '../pace.ts';
import { poolByUuid, volumeByName } from '../read.ts';
import { rangesOf } from '../random-source.ts';
import { assertArrived, assertSource } from '../volume-image.ts';
import { overLostLinks, type StorageStepDeps } from './deps.ts';
import { fillVolume } from './fill.ts';
import { assertStillOwn, makeVolume, noteWhole } from './own-volume.ts';
import {
  checkFree,
  clearHalf,
  takeBack,
  volumeAt,
  volumeLeft,
  volumeParams,
  whenIdle,
} from './volume-calls.ts';
import { refuseUsed } from './volume.ts';

const POLL_MS = 500;

export function transferSteps(deps: StorageStepDeps) {
  return [upload(deps), copy(deps)];
}

/** Makes a volume of a file of the laptop, byte for byte. */
function upload(deps: StorageStepDeps) {
  return stepKind({
    name: 'volume.upload',
    params: volumeParams.extend({
      /** Id of the offered file; good in this process only. */
      file: z.string(),
      use: z.enum(IMAGE_USES),
      /** Its SHA-256 is told. */
      checksum: z.boolean().default(true),
    }),
    async check(params, step) {
      deps.files.file(params.file);
      await checkFree(params, step);
    },
    async run(params, step) {
      const source = deps.files.file(params.file);
      // Before the bytes are sent, and again on the host: a file can change meanwhile.
      const seen = await readImage(rangesOf(source, step.signal), source.sizeBytes);
      assertImage(source.name, seen, params.use);
      const sha256 = await fillVolume(step, {
        ...params,
        source,
        algorithm: params.checksum ? 'sha256' : null,
        wait: deps,
      });
      await overLostLinks(deps, { step, hosts: [params.host] }, async () => {
        const vol = await volumeAt(step.client(params.host), params);
        const arrived = await assertArrived(step, params, { vol, use: params.use });
        if (arrived.is !== seen.is || arrived.capacityBytes < seen.capacityBytes)
          throw new FailureError({
            code: 'CONFLICT',
            message: `${source.name} was changed while it was sent.`,
          });
      });
      if (params.checksum) step.log(`SHA-256 of ${source.name}: ${sha256}`);
      return { sha256: params.checksum ? sha256 : null };
    },
    // The file cannot be read any more by another process, and nobody knows what of it has arrived.
    settle: () => Promise.resolve({ done: false }),
    undo: (params, _result, step) => takeBack(params, step, deps),
    leaves: (params) => volumeLeft(params),
  });
}

const copyParams = volumeParams.extend({
  /** At least that of what it is made from. */
  capacityBytes: z.number(),
  /** Null where the pool knows no formats. */
  format: z.enum(['raw', 'qcow2']).nullable(),
  /** It may be made by an earlier step. */
  from: z.object({
    pool: z.string(),
    poolName: z.string(),
    name: z.string(),
    /** As what a machine has it that cannot be asked, as it writes into a file over it; or the job that has written it. */
    claim: z.object({ machine: z.string(), format: z.string() }).nullable().default(null),
  }),
});
type Copy = z.infer<typeof copyParams>;

/** Makes a volume from another one of the host (virStorageVolCreateXMLFrom): copies, converts, flattens. */
function copy(deps: StorageStepDeps) {
  return stepKind({
    name: 'volume.copy',
    params: copyParams,
    async check(params, step) {
      await checkFree(params, step);
      const { host, from } = params;
      const told = await whenIdle(step, deps, () =>
        refuseUsed({ ...from, host }, step, { done: 'copied', shared: true }),
      );
      const claims = from.claim === null ? told : [...told, from.claim];
      const vol = await volumeAt(step.client(host), from);
      const { backingPath } = await assertSource(step.session(host), vol, { claims, signal: step.signal });
      if (backingPath !== null) step.log(`${from.name} lies on ${backingPath}: the copy has what is in both`);
    },
    async run(params, step) {
      const { host, from } = params;
      const client = await step.session(host).bulkClient();
      const clonevol = await volumeAt(client, from);
      const source = readVolume((await client.remote.storageVolGetXmlDesc({ vol: clonevol, flags: 0 })).xml);
      const ended = watchCopy(params, step, { deps, expectedBytes: source.allocationBytes ?? 0 });
      try {
        const pool = await poolByUuid(client, params.pool);
        const volume = newVolume(params, source);
        const xml = volumeXml({ name: params.name, ...volume });
        const args = { pool, xml, clonevol, flags: 0 };
        const vol = await makeVolume(step, client, {
          host,
          wanted: { capacityBytes: volume.capacityBytes, format: params.format, empty: false },
          make: () => client.remote.storageVolCreateXmlFrom(args, { timeoutMs: 0 }),
          appears: { clock: deps.clock, at: params },
        });
        let again = false;
        await overLostLinks(deps, { step, hosts: [host] }, async () => {
          const made = { vol, source, again };
          again = true;
          await finish(params, step, made);
        });
        return { key: vol.key };
      } finally {
        await ended();
      }
    },
    // One that the host still copies looks like one that is whole.
    settle: (params, step) => clearHalf(params, step, deps),
    undo: (params, _result, step) => takeBack(params, step, deps),
    leaves: (params) => volumeLeft(params),
  });
}

/** Once the host has made it, however long that took. @param again the link was lost since */
async function finish(
  { host, name, capacityBytes, from }: Copy,
  step: StepContext,
  {
    vol,
    source,
    again,
  }: { readonly vol: StorageVolRef; readonly source: VolumeModel; readonly again: boolean },
): Promise<void> {
  const client = await step.session(host).bulkClient();
  if (again) await assertStillOwn(step, client, { vol, name });
  // libvirt copies a raw file without a lock: a machine that was started meanwhile wrote between its first and its last bytes.
  const clonevol = await volumeAt(client, from);
  const after = readVolume((await client.remote.storageVolGetXmlDesc({ vol: clonevol, flags: 0 })).xml);
  if (writtenAt(after) !== writtenAt(source))
    throw new FailureError({
      code: 'CONFLICT',
      // A file tells its last change alone, so it cannot be told apart.
      message: again
        ? `${from.name} was written to while it was copied, or later while the host was away: the copy may not be whole.`
        : `${from.name} was written to while it was copied: the copy is not whole.`,
    });
  await grow(vol, capacityBytes, client);
  await noteWhole(step, client, vol);
}

/** Who starts a machine changes the owner of what its disks lie on, and nothing in it. */
export function writtenAt({ changed }: VolumeModel): string | null {
  return changed?.split(' ')[0] ?? null;
}

function newVolume({ format, capacityBytes }: Copy, source: VolumeModel) {
  const own = source.capacityBytes ?? 0;
  // Blocks cannot grow everywhere: they are made as large as they will be.
  if (format === null) return { capacityBytes: Math.max(capacityBytes, own) };
  return { capacityBytes: own, allocationBytes: 0, format };
}

async function grow(vol: StorageVolRef, capacityBytes: number, client: LibvirtClient): Promise<void> {
  const { capacity } = await client.remote.storageVolGetInfo({ vol });
  if (Number(capacity) >= capacityBytes) return;
  await client.remote.storageVolResize({ vol, capacity: BigInt(capacityBytes), flags: 0 }, { timeoutMs: 0 });
}

/** Tells how far the host is, which is all that can be done meanwhile; the function given ends it. */
function watchCopy(
  { host, pool, name }: Copy,
  step: StepContext,
  { deps: { clock }, expectedBytes }: { deps: StorageStepDeps; expectedBytes: number },
): () => Promise<void> {
  const over = new AbortController();
  const pace = new Pace(clock, expectedBytes, (now) => step.progress(now));
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await pause(clock, POLL_MS, over.signal);
      const bytes = await allocated(step.client(host), { pool, name }).catch(refusal);
      if (bytes !== null) pace.at(bytes);
    }
  };
  const watching = watch().catch(() => undefined);
  return async () => {
    over.abort();
    await watching;
  };
}

async function allocated(
  client: LibvirtClient,
  volume: { pool: string; name: string },
): Promise<number | null> {
  const vol = await volumeByName(client, volume);
  return vol === null ? null : Number((await client.remote.storageVolGetInfo({ vol })).allocation);
}

/** While libvirt works on it, it may not answer; the copy itself says how it ended. */
function refusal(error: unknown): null {
  if (error instanceof LibvirtError) return null;
  throw error;
}
