import { LinkError } from '../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { pause, type Clock } from '../../hosts/clock.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { StepContext } from '../../jobs/engine/step.ts';
import type { OfferedFiles } from '../offered-files.ts';

/** How a step waits for its host. */
export interface HostWait {
  readonly clock: Clock;
  /** Resolves when the host is connected, or the signal is aborted. */
  readonly connected: (host: string, signal: AbortSignal) => Promise<void>;
}

/** What the steps of storage work with, besides the hosts. */
export interface StorageStepDeps extends HostWait {
  readonly files: OfferedFiles;
}

const RETRY_MS = 1000;

/** Does work that goes on where it stood, again and again while its host's link is lost. */
export async function overLostLinks<T>(
  { clock, connected }: HostWait,
  { step, host }: { step: Pick<StepContext, 'signal' | 'log'>; host: string },
  work: () => Promise<T>,
): Promise<T> {
  const { signal } = step;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !isLinkLost(error)) throw error;
    }
    step.log('The link to the host was lost: it goes on when the link is back');
    await pause(clock, RETRY_MS, signal);
    await connected(host, signal);
    signal.throwIfAborted();
    step.log('The link is back');
  }
}

/** Whether another link to the same host may do better. */
export function isLinkLost(error: unknown): boolean {
  if (error instanceof LinkError) return error.code !== 'CANCELLED';
  if (error instanceof FailureError) return error.failure.code === 'HOST_UNREACHABLE';
  return error instanceof TransportError && error.code === 'CLOSED';
}
