import { z } from 'zod';
import { readVolume, volumeXml } from '../../../../drivers/libvirt/model/index.ts';
import { virStorageVolCreateFlags as CREATE } from '../../../../drivers/libvirt/constants/storage.ts';
import type { StorageVolRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { poolByUuid, volumeByName } from '../../../storage/read.ts';
import type { StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { asNothingDone, assertNoVolume, clearHalf, deleteVolume, volumeAt } from './host-calls.ts';

const place = z.object({ pool: z.string(), name: z.string() });

export const volumeParams = z.object({
  host: z.string(),
  pool: z.string(),
  poolName: z.string(),
  name: z.string(),
  /** Of an overlay or a copy at least as large as what it is made from. */
  capacityBytes: z.number(),
  /** Null where the pool knows no formats. */
  format: z.enum(['raw', 'qcow2']).nullable(),
  preallocation: z.enum(['none', 'metadata', 'full']),
  /** The volume that it lies on, or is a copy of. It may be made by an earlier step. */
  from: place.extend({ how: z.enum(['overlay', 'copy']) }).nullable(),
});
export type VolumeParams = z.infer<typeof volumeParams>;

/** Makes a volume: empty, over another one, or as a copy of it. */
export const volumeStep = stepKind<VolumeParams, null>({
  name: 'create.volume',
  params: volumeParams,
  check: (params, step) => assertNoVolume(step, params.host, params),
  async run(params, step) {
    const from = params.from === null ? null : await sourceOf(params, step);
    if (params.from?.how === 'copy' && from !== null) await copy(params, from, step);
    else await create(params, from, step);
    return null;
  },
  async settle(params, step) {
    const vol = await volumeByName(step.client(params.host), params);
    if (vol === null) return { done: false };
    // One that the host still copies looks like one that is whole.
    return params.from?.how === 'copy' ? clearHalf(step, params.host, params) : { done: true, result: null };
  },
  undo: (params, _, step) => deleteVolume(step, params.host, params),
  leaves: ({ name, poolName }) => `volume ${name} in pool ${poolName}`,
});

interface Source {
  readonly vol: StorageVolRef;
  readonly path: string;
  readonly format: string;
  readonly capacityBytes: number;
}

async function sourceOf({ host, from }: VolumeParams, step: StepContext): Promise<Source | null> {
  if (from === null) return null;
  const client = step.client(host);
  const vol = await volumeAt(client, from);
  const { path, format, capacityBytes } = readVolume(
    (await client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml,
  );
  return { vol, path: path ?? vol.key, format: format ?? 'raw', capacityBytes: capacityBytes ?? 0 };
}

async function create(params: VolumeParams, from: Source | null, step: StepContext): Promise<void> {
  const client = await step.session(params.host).bulkClient();
  const pool = await poolByUuid(client, params.pool);
  const capacityBytes = Math.max(params.capacityBytes, from?.capacityBytes ?? 0);
  const full = params.preallocation === 'full';
  const xml = volumeXml({
    name: params.name,
    capacityBytes,
    // What is left out libvirt takes for all of it.
    allocationBytes: full ? capacityBytes : 0,
    format: params.format ?? undefined,
    backing: from === null ? undefined : { path: from.path, format: from.format },
  });
  const metadata = params.format === 'qcow2' && params.preallocation !== 'none' && from === null;
  const flags = metadata ? CREATE.VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA : 0;
  await client.remote
    .storageVolCreateXml({ pool, xml, flags }, { timeoutMs: 0, signal: step.signal })
    .catch(asNothingDone);
}

/** The host copies by itself, and makes another format of it where one is asked for. */
async function copy(params: VolumeParams, from: Source, step: StepContext): Promise<void> {
  const client = await step.session(params.host).bulkClient();
  const pool = await poolByUuid(client, params.pool);
  const xml = volumeXml({
    name: params.name,
    // Blocks cannot grow everywhere: they are made as large as they will be.
    capacityBytes: params.format === null ? wanted(params, from) : from.capacityBytes,
    allocationBytes: 0,
    format: params.format ?? undefined,
  });
  const { vol } = await client.remote
    .storageVolCreateXmlFrom(
      { pool, xml, clonevol: from.vol, flags: 0 },
      { timeoutMs: 0, signal: step.signal },
    )
    .catch(asNothingDone);
  await grow(params, vol, wanted(params, from), step);
}

async function grow(
  params: VolumeParams,
  vol: StorageVolRef,
  bytes: number,
  step: StepContext,
): Promise<void> {
  const client = step.client(params.host);
  const { capacity } = await client.remote.storageVolGetInfo({ vol });
  if (Number(capacity) >= bytes) return;
  await client.remote.storageVolResize({ vol, capacity: BigInt(bytes), flags: 0 }, { timeoutMs: 0 });
}

function wanted(params: VolumeParams, from: Source): number {
  return Math.max(params.capacityBytes, from.capacityBytes);
}
