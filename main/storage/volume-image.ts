import { readVolume, type VolumeModel } from '../../drivers/libvirt/model/index.ts';
import type { StorageVolRef } from '../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { FailureError } from '../hosts/failures.ts';
import { volumeByPath } from '../jobs/delete/volumes.ts';
import type { StepContext } from '../jobs/engine/step.ts';
import { assertImage, BEGINNING_BYTES, readImage, takenFor, type Image, type ImageUse } from './image.ts';
import { volumeSource, type Streams } from './random-source.ts';

/** What a volume is taken for by the host. */
export interface VolumeImage {
  readonly path: string;
  /** QEMU's name of the format that libvirt saw in it. */
  readonly format: string;
  /** What it lies on, and whether an active pool has that. */
  readonly backing: { readonly path: string; readonly inPool: boolean } | null;
  /** Why nobody should open it, as a sentence. */
  readonly problem: string | null;
}

/** As what a machine has a file, or the job that has written it. */
export interface FormatClaim {
  readonly machine: string;
  /** The `type` of its disk's driver; null: none is written, which is raw to libvirt. */
  readonly format: string | null;
}

/** Of the bytes that a job writes itself: a host converts a file as what it takes it for, and cannot be told what it is (virStorageVolCreateXMLFrom). */
export const WRITTEN_RAW = { machine: 'this job', format: 'raw' } as const;

/** QEMU's name of what libvirt calls a format: it knows an ISO when it sees one, and LUKS by its encryption; to QEMU both are bytes. */
export function qemuFormat(format: string | null): string {
  return format === null || ['iso', 'unknown', 'none', 'luks'].includes(format) ? 'raw' : format;
}

/** Looks at a volume that is there: as its pool knows it, and into its header where that may name other files. */
export async function readVolumeImage(
  host: Streams,
  vol: StorageVolRef,
  model: VolumeModel,
  signal: AbortSignal,
): Promise<VolumeImage> {
  const { name, backingPath } = model;
  const format = qemuFormat(model.format);
  const seen = { path: model.path ?? vol.key, format, backing: null };
  if (format === 'raw' || format === 'dir') return { ...seen, problem: null };
  if (format !== 'qcow2')
    return { ...seen, problem: `${name} is ${format} to its pool: only raw and qcow2 are disks here.` };
  const image = await imageOf(host, vol, model, signal).catch(unreadable);
  if (image === null) return { ...seen, problem: `${name} says that it is qcow2, and cannot be read.` };
  if (image.is === 'qcow2' && image.damage !== null)
    return {
      ...seen,
      problem: `${name} is a qcow2 disk that is damaged or of another kind: ${image.damage}.`,
    };
  const needs = image.dataFile ?? (backingPath === null ? image.backingFile : null);
  if (needs !== null) return { ...seen, problem: `${name} is not whole by itself: it needs ${needs}.` };
  if (backingPath === null) return { ...seen, problem: null };
  const client = await host.bulkClient();
  const inPool = (await volumeByPath(client, backingPath, { signal })) !== null;
  return { ...seen, backing: { path: backingPath, inPool }, problem: null };
}

/**
 * Why a volume must not be opened as what its pool takes it for, as a sentence; null: nothing stands against it. A guest can write the header
 * of any format into a raw disk, with the name of any file of the host in it: so the word of a machine that has the disk counts more.
 */
export function claimProblem(
  name: string,
  { format, backing, problem }: VolumeImage,
  claims: readonly FormatClaim[],
): string | null {
  const other = claims.find((claim) => qemuFormat(claim.format) !== format);
  if (other !== undefined)
    return `${name} is ${qemuFormat(other.format)} to ${other.machine} and ${format} to its pool: what a guest writes into its disk can look so, and name any file of the host. Nothing is made of it.`;
  if (problem !== null) return problem;
  if (backing !== null && !backing.inPool && claims.length === 0)
    return `${name} lies on ${backing.path}, which is in no active pool of the host.`;
  return null;
}

/**
 * What is there must be good to make something of: a copy, or a disk that lies on it.
 * @param claims as what machines have it
 * @throws FailureError CONFLICT
 */
export async function assertSource(
  host: Streams,
  vol: StorageVolRef,
  { claims, signal }: { readonly claims: readonly FormatClaim[]; readonly signal: AbortSignal },
): Promise<VolumeModel> {
  const client = await host.bulkClient();
  const model = readVolume((await client.remote.storageVolGetXmlDesc({ vol, flags: 0 }, { signal })).xml);
  const message =
    model.encryption === null
      ? (claimProblem(model.name, await readVolumeImage(host, vol, model, signal), claims) ??
        (await staleProblem(host, vol, model, signal)))
      : `${model.name} is encrypted: what would be made of it would not be.`;
  if (message !== null) throw new FailureError({ code: 'CONFLICT', message });
  return model;
}

/** A pool that has not looked at a file again since its guest wrote into it may do so in any moment. */
async function staleProblem(
  host: Streams,
  vol: StorageVolRef,
  { name, type, format, capacityBytes }: VolumeModel,
  signal: AbortSignal,
): Promise<string | null> {
  const length = Math.min(BEGINNING_BYTES, capacityBytes ?? 0);
  // Blocks are bytes to libvirt, whatever is on them.
  if (type !== 'file' || qemuFormat(format) !== 'raw' || length === 0) return null;
  const taken = takenFor(await volumeSource(host, vol, signal).read(0, length));
  if (taken === null) return null;
  return `${name} is raw to its pool, and begins as ${taken} does: what a guest writes into its disk can look so, and name any file of the host. Nothing is made of it.`;
}

/** A file that has just come to a host: what it is must be good for its use, by its bytes and by what libvirt sees in it. */
export async function assertArrived(
  step: StepContext,
  { host, name }: { readonly host: string; readonly name: string },
  { vol, use }: { readonly vol: StorageVolRef; readonly use: ImageUse },
): Promise<Image> {
  const session = step.session(host);
  const model = readVolume((await session.client.remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml);
  const image = await imageOf(session, vol, model, step.signal);
  assertImage(name, image, use);
  const expected = image.is === 'qcow2' ? 'qcow2' : 'raw';
  const format = qemuFormat(model.format);
  if (format === expected && model.backingPath === null) return image;
  const lies = model.backingPath === null ? '' : ` on ${model.backingPath}`;
  throw new FailureError({
    code: 'CONFLICT',
    message: `${name} has arrived, but the host reads it as ${format}${lies}: expected was ${expected} that stands alone.`,
  });
}

function imageOf(
  host: Streams,
  vol: StorageVolRef,
  { format, physicalBytes, capacityBytes }: VolumeModel,
  signal: AbortSignal,
): Promise<Image> {
  const sizeBytes = (format === 'raw' ? null : physicalBytes) ?? capacityBytes ?? 0;
  return readImage(volumeSource(host, vol, signal), sizeBytes);
}

function unreadable(error: unknown): null {
  if (error instanceof LibvirtError) return null;
  throw error;
}
