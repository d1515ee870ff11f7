import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { pause, type Clock } from '../hosts/clock.ts';
import { FailureError } from '../hosts/failures.ts';
import type { HostSession } from '../hosts/session.ts';
import type { JobContext } from './registry.ts';

const POLL_MS = 500;
const ABORT_RETRY_MS = 100;

export interface MachineOnHost {
  session: HostSession;
  dom: DomainRef;
  clock: Clock;
}

/**
 * Saves the machine's memory and stops it (virDomainManagedSave). The call takes as long as the saving, so it goes over the second
 * connection; progress and cancelling go over the first. When it is cancelled the machine goes on running and no file is left.
 */
export async function runSave({ session, dom, clock }: MachineOnHost, job: JobContext): Promise<void> {
  const bulk = await session.bulkClient();
  const over = new AbortController();
  const abort = (): void => void abortJob({ session, dom, clock }, job, over.signal);
  job.signal.addEventListener('abort', abort, { once: true });
  job.log(`Saving the memory of ${dom.name}`);
  const watching = watchProgress({ session, dom, clock }, job, over.signal);
  try {
    job.signal.throwIfAborted();
    await bulk.remote.domainManagedSave({ dom, flags: 0 }, { timeoutMs: 0 });
  } finally {
    over.abort();
    job.signal.removeEventListener('abort', abort);
    await watching;
  }
}

/**
 * Starts the machine from its saved state. libvirt tells no progress of it.
 * @throws FailureError CONFLICT when there is no saved state (any more): the same call would boot the machine afresh
 */
export async function runRestore({ session, dom }: MachineOnHost, job: JobContext): Promise<void> {
  const bulk = await session.bulkClient();
  const { result } = await bulk.remote.domainHasManagedSaveImage({ dom, flags: 0 });
  if (result === 0) {
    const { id, name } = session;
    throw new FailureError({
      code: 'CONFLICT',
      message: `${dom.name} has no saved state on ${name} any more: it was not started.`,
      host: { id, name },
    });
  }
  job.log(`Restoring ${dom.name} from its saved state`);
  await bulk.remote.domainCreate({ dom }, { timeoutMs: 0 });
}

/** Asks again while QEMU has not begun: until then there is no job to abort, and the wish must not be lost. */
async function abortJob(machine: MachineOnHost, job: JobContext, over: AbortSignal): Promise<void> {
  const { session, dom, clock } = machine;
  while (!over.aborted) {
    try {
      await session.client.remote.domainAbortJob({ dom });
      return;
    } catch (error) {
      if (!(error instanceof LibvirtError && error.code === 'VIR_ERR_OPERATION_INVALID')) {
        job.log(`It could not be cancelled: ${error instanceof Error ? error.message : String(error)}`);
        return;
      }
    }
    await pause(clock, ABORT_RETRY_MS, over);
  }
  // The saving was done before; its own call says how it ended.
  job.log('It could not be cancelled any more');
}

async function watchProgress(machine: MachineOnHost, job: JobContext, over: AbortSignal): Promise<void> {
  const { session, dom, clock } = machine;
  let last: { time: number; done: number } | null = null;
  for (;;) {
    await pause(clock, POLL_MS, over);
    if (over.aborted) return;
    try {
      const info = await session.client.remote.domainGetJobInfo({ dom }, { signal: over });
      const done = Number(info.dataProcessed);
      const total = Number(info.dataTotal);
      const time = clock.now();
      const rate: number | null =
        last === null || time <= last.time
          ? null
          : Math.max(0, ((done - last.done) * 1000) / (time - last.time));
      last = { time, done };
      job.progress({
        fraction: total > 0 ? Math.min(1, done / total) : null,
        bytesPerSecond: rate,
        secondsLeft: rate === null || rate === 0 ? null : Math.max(0, total - done) / rate,
      });
    } catch (error) {
      // A driver without job information saves all the same; a lost link ends the job by its own call.
      if (!(error instanceof LibvirtError)) return;
    }
  }
}
