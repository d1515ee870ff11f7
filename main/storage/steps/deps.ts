import { LinkError } from '../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { pause, type Clock } from '../../hosts/clock.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { StepContext } from '../../jobs/engine/step.ts';
import type { OfferedFiles } from '../offered-files.ts';

/** What a step waits with. */
export interface HostWait {
  readonly clock: Clock;
}

/** What the steps of storage work with, besides the hosts. */
export interface StorageStepDeps extends HostWait {
  readonly files: OfferedFiles;
}

const RETRY_MS = 1000;

/** Whose links are waited for: all hosts that a piece of work asks, as the plan names them. */
export interface AskedHosts {
  readonly step: Pick<StepContext, 'signal' | 'untilBack'>;
  readonly hosts: readonly string[];
}

/** Does work that goes on where it stood, again and again while a link is lost. */
export async function overLostLinks<T>(
  wait: HostWait,
  asked: AskedHosts,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await whenBack(wait, asked, error);
    }
  }
}

/** Waits for those hosts that are away. @throws the error where it tells of no lost link; when the step is stopped */
export async function whenBack(
  { clock }: HostWait,
  { step, hosts }: AskedHosts,
  error: unknown,
): Promise<void> {
  if (step.signal.aborted || !isLinkLost(error)) throw error;
  await pause(clock, RETRY_MS, step.signal);
  await step.untilBack(hosts);
}

/** Whether another link to the same host may do better. */
export function isLinkLost(error: unknown): boolean {
  if (error instanceof LinkError) return error.code !== 'CANCELLED';
  if (error instanceof FailureError) return error.failure.code === 'HOST_UNREACHABLE';
  // A libvirtd that has just ended listens on nothing: its session is lost, too, and may not have noticed yet.
  return error instanceof TransportError && (error.code === 'CLOSED' || error.code === 'NO_SUCH_SOCKET');
}
