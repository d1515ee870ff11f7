import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { virDomainUndefineFlagsValues as UNDEFINE } from '../../../drivers/libvirt/constants/domain-flags.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import type { DeletionPlan } from '../../contract/domain.ts';
import { namedInShort } from '../../contract/named-in-short.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { JobContext } from '../registry.ts';
import { volumeByPath } from './volumes.ts';

/** A stop, or a look at a pool with many files, takes its time. */
const LIMIT_MS = 120_000;
/** Of one undefine: what it removes is small. */
const UNDEFINE_MS = 30_000;
const UNDEFINE_TRIES = 4;

export interface DeletionRequest {
  client: LibvirtClient;
  dom: DomainRef;
  host: { id: string; name: string };
  /** Made just now: what was shown to a person may have changed since. */
  plan: DeletionPlan;
  /** Keys of the volumes that go. */
  volumes: readonly string[];
  /** Cut the power of a machine that runs. */
  force: boolean;
  /** Removes a folder of the host with all that is in it; libvirt itself removes empty ones alone. */
  removeFolder: (path: string, signal: AbortSignal) => Promise<void>;
}

/**
 * Deletes the machine, then its files: a machine without files cannot be started by mistake, and files without a machine can still be
 * deleted. Files that could not be deleted are named in the failure.
 */
export async function runDeletion(request: DeletionRequest, job: JobContext): Promise<void> {
  const { client, dom, plan } = request;
  const paths = chosenPaths(request);
  if (!plan.running && (await isRunning(client, dom)))
    throw conflict(
      request,
      `${dom.name} was started on ${request.host.name} in the meantime: nothing is deleted.`,
    );
  if (plan.running) {
    job.log(`Cutting the power of ${dom.name}`);
    await client.remote.domainDestroy({ dom }, { timeoutMs: LIMIT_MS }).catch(notRunning);
  }
  job.signal.throwIfAborted();
  job.log(`Removing the definition of ${dom.name}`);
  await undefineSurely(request, job);
  // Somebody may have started it between the two calls: it lives on without a definition, and with its files.
  if (paths.length > 0 && (await isRunning(client, dom)))
    throw conflict(
      request,
      `${dom.name} was started on ${request.host.name} in the meantime: its definition is gone, it runs on, and its files stay.`,
    );
  const left: { path: string; error: unknown }[] = [];
  for (const [done, path] of paths.entries()) {
    job.progress({ fraction: (done + 1) / (paths.length + 1) });
    try {
      const isFolder = plan.volumes.some((volume) => volume.path === path && volume.folder === true);
      if (isFolder) await deleteFolder(request, path, job.signal);
      else await deleteVolume(client, path);
      job.log(`Deleted ${path}`);
    } catch (error) {
      left.push({ path, error });
      job.log(`${path} could not be deleted: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (left.length > 0) throw whatStays(request, left);
}

/**
 * Paths of the chosen files. Nothing is begun when one of them may not go.
 * @throws FailureError CONFLICT
 */
export function chosenPaths({
  plan,
  volumes,
  force,
  dom,
  host,
}: Omit<DeletionRequest, 'client' | 'removeFolder'>): string[] {
  const refuse = (message: string): never => {
    throw new FailureError({ code: 'CONFLICT', message, host });
  };
  if (plan.running && !force)
    refuse(`${dom.name} runs on ${host.name}: it must be off before it is deleted.`);
  return [...new Set(volumes)].map((key) => {
    const volume = plan.volumes.find((candidate) => candidate.key === key);
    if (volume === undefined) return refuse(`${key} is not a file of ${dom.name} on ${host.name}.`);
    if (volume.keep === 'usedByOther')
      refuse(`${volume.path} is used by ${namedInShort(volume.usedBy)} too.`);
    if (volume.keep === 'backing') refuse(`${volume.path} lies under other files and stays.`);
    if (volume.keep === 'notInPool')
      refuse(`${volume.path} is in no storage pool of ${host.name}: libvirt cannot delete it.`);
    return volume.path;
  });
}

/** An answer that never comes, which libvirtd was seen to owe, leaves a machine that is half deleted: it is asked for again, and is over where there is no machine. */
async function undefineSurely({ client, dom, plan, host }: DeletionRequest, job: JobContext): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await undefine(client, dom, plan);
    } catch (error) {
      if (tries > 1 && isGone(error)) return;
      if (!(error instanceof LinkError && error.code === 'TIMEOUT') || tries === UNDEFINE_TRIES) throw error;
      job.log(`${host.name} does not answer; asking again`);
    }
  }
}

/** Flags only for what exists: an older driver refuses flags it does not know, and needs none for what is not there. */
async function undefine(client: LibvirtClient, dom: DomainRef, plan: DeletionPlan): Promise<void> {
  const flags =
    (plan.managedSave ? UNDEFINE.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE : 0) |
    (plan.snapshots > 0 ? UNDEFINE.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA : 0) |
    (plan.checkpoints > 0 ? UNDEFINE.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA : 0) |
    (plan.nvram === null ? 0 : UNDEFINE.VIR_DOMAIN_UNDEFINE_NVRAM);
  const options = { timeoutMs: UNDEFINE_MS };
  const withFlags = (more: number): Promise<unknown> =>
    (flags | more) === 0
      ? client.remote.domainUndefine({ dom }, options)
      : client.remote.domainUndefineFlags({ dom, flags: flags | more }, options);
  try {
    // libvirt before 8.9 does not know the flag, and removes the TPM's files by itself.
    if (plan.tpm) await withFlags(UNDEFINE.VIR_DOMAIN_UNDEFINE_TPM).catch(ifUnknownFlag(() => withFlags(0)));
    else await withFlags(0);
  } catch (error) {
    // A transient machine has no definition: it was gone when its power was cut.
    if (!(plan.running && isGone(error))) throw error;
  }
}

function ifUnknownFlag(instead: () => Promise<unknown>): (error: unknown) => Promise<unknown> {
  return (error) => {
    if (error instanceof LibvirtError && error.code === 'VIR_ERR_INVALID_ARG') return instead();
    throw error;
  };
}

/** Its pool is asked last of all whether it is its own: what has been put in its place since is not removed. */
async function deleteFolder(
  { client, removeFolder }: DeletionRequest,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const vol = await volumeByPath(client, path, {});
  if (vol === null) throw goneVolume(path);
  await removeFolder(path, signal);
  const { pool } = await client.remote.storagePoolLookupByVolume({ vol });
  await client.remote.storagePoolRefresh({ pool, flags: 0 }, { timeoutMs: LIMIT_MS });
}

async function deleteVolume(client: LibvirtClient, path: string): Promise<void> {
  const vol = await volumeByPath(client, path, {});
  if (vol === null) throw goneVolume(path);
  // Wiping thin or network volumes can take minutes; the call itself is the progress.
  await client.remote.storageVolDelete({ vol, flags: 0 }, { timeoutMs: 0 });
}

function goneVolume(path: string): LibvirtError {
  return new LibvirtError({
    code: 'VIR_ERR_NO_STORAGE_VOL',
    message: `no storage volume has the path ${path} any more`,
  });
}

function whatStays(
  request: DeletionRequest,
  left: readonly { path: string; error: unknown }[],
): FailureError {
  const { dom, host } = request;
  const paths = left.map(({ path }) => path).join(', ');
  const detail = left.map(
    ({ path, error }) => `${path}: ${error instanceof Error ? error.message : String(error)}`,
  );
  return new FailureError({
    code: 'LIBVIRT',
    message: `${dom.name} is deleted from ${host.name}, but not all of its files: ${paths} stays.`,
    host,
    detail: detail.join('\n'),
  });
}

function conflict({ host }: DeletionRequest, message: string): FailureError {
  return new FailureError({ code: 'CONFLICT', message, host });
}

async function isRunning(client: LibvirtClient, dom: DomainRef): Promise<boolean> {
  try {
    return (await client.remote.domainIsActive({ dom })).active !== 0;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof LibvirtError && error.code === 'VIR_ERR_NO_DOMAIN';
}

/** It may have stopped by itself since the plan was made. */
function notRunning(error: unknown): void {
  if (!(error instanceof LibvirtError && (error.code === 'VIR_ERR_OPERATION_INVALID' || isGone(error))))
    throw error;
}
