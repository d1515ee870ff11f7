import { LibvirtError } from '../../../../drivers/rpc/errors.ts';
import { readVolume } from '../../../../drivers/libvirt/model/index.ts';
import { readNeeded, refuseNeeded } from '../../../storage/needed.ts';
import { poolByUuid, volumeByName } from '../../../storage/read.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { isBusy, removeVolume } from '../../../storage/steps/remove-volume.ts';
import { refreshPool, whenIdle } from '../../../storage/steps/volume-calls.ts';
import type { StepContext } from '../../engine/step.ts';

/** What is taken back is not cancelled. */
export const NEVER: AbortSignal = new AbortController().signal;

/** The name of a file that a machine writes to for the time of a job. */
export function meanwhileName(machine: string, disk: string, token: string): string {
  return `${machine}-${disk}-meanwhile-${token.slice(0, 8)}.qcow2`;
}

export function isMeanwhile(path: string): boolean {
  return /-meanwhile-[0-9a-f]{1,8}\.qcow2$/.test(path);
}

/** A file that a machine writes to for the time of a job: UUID of its pool, its name there and its path. */
export interface MeanwhileFile {
  readonly host: string;
  readonly pool: string;
  readonly volume: string;
  readonly path: string;
}

/**
 * Whether QEMU writes to it. When libvirtd dies in the moment in which QEMU goes over to the file, libvirt shows the disk under it ever
 * after. QEMU alone knows, and locks what it writes to: to be given the size that it has is refused then.
 */
export async function isWritten(
  file: MeanwhileFile,
  step: StepContext,
  { clock }: HostWait,
): Promise<boolean> {
  return whenIdle({ signal: NEVER }, { clock }, async () => {
    const client = step.client(file.host);
    const { remote } = client;
    await refreshPool(client, await poolByUuid(client, file.pool), NEVER);
    const vol = await volumeByName(client, { pool: file.pool, name: file.volume });
    if (vol === null) return false;
    const { capacityBytes } = readVolume((await remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml);
    if (capacityBytes === null) return false;
    try {
      await remote.storageVolResize({ vol, capacity: BigInt(capacityBytes), flags: 0 });
    } catch (error) {
      if (!(error instanceof LibvirtError) || isBusy(error)) throw error;
      // What it lies on is locked, too, and told of by another sentence.
      return error.message.includes(`'${file.path}': Failed to get "write" lock`);
    }
    return false;
  });
}

/** Deletes it, unless something needs it. */
export async function removeFile(
  { host, pool, volume: name, path }: MeanwhileFile,
  step: StepContext,
  { clock }: HostWait,
): Promise<void> {
  await whenIdle({ signal: NEVER }, { clock }, async () => {
    const client = step.client(host);
    const needed = await readNeeded(client, new Set([path]), {});
    // Its name is the job's own, and nobody else knows it.
    refuseNeeded(needed, { what: path, loss: 'deleted', accepted: null });
    await removeVolume({ client, clock, signal: NEVER, volume: { pool, name }, refresh: true });
  });
}
