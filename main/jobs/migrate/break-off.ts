import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { pause, type Clock } from '../../hosts/clock.ts';

/** Asked again while QEMU has not begun: until then there is no job to abort. */
const ABORT_RETRY_MS = 100;
/** So long QEMU may take to stop by itself. */
const STOP_MS = 5000;
const MONITOR = { timeoutMs: 10_000 };

export interface BreakOffOptions {
  readonly clock: Clock;
  /** The source's. @throws FailureError HOST_UNREACHABLE while it is not connected */
  readonly client: () => LibvirtClient;
  readonly dom: DomainRef;
  /** Its connections may be cut; false by post-copy, where the guest lives on them. */
  readonly mayCut: boolean;
  /** The target says nothing, or its link was lost. */
  readonly isSilent: () => boolean;
  readonly log: (text: string) => void;
}

/**
 * Ends a move at its source until the signal tells that it is over. libvirt's own abort waits until QEMU has stopped to copy the disks, and QEMU until the
 * target has answered what was sent, which of one that is silent takes until TCP gives it up: a quarter of an hour. Worse, where nothing is under way just
 * then: libvirt takes the copy's connection away (blockdev-del), QEMU flushes it first, and the guest itself stands still until then (QEMU 7.2). So of a
 * target that is silent QEMU is told to let its connections go before it is asked to stop (`yank`, QEMU 6.0 and newer). To both sides that is a network that breaks.
 */
export async function breakOff(options: BreakOffOptions, over: AbortSignal): Promise<void> {
  const { clock, mayCut, isSilent } = options;
  const first = mayCut && isSilent();
  if (first) await cutOff(options);
  if (!(await abortJob(options, over)) || !mayCut || first) return;
  await pause(clock, STOP_MS, over);
  if (!over.aborted) await cutOff(options);
}

async function cutOff(options: BreakOffOptions): Promise<void> {
  const { log } = options;
  try {
    if (await cut(options)) log('The connections of the move were cut: QEMU does not wait for the target');
  } catch (error) {
    log(
      `QEMU waits for the target, and does not let go of it: it does when TCP gives it up (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** False where it is not known that libvirt has taken it. */
async function abortJob({ clock, client, dom }: BreakOffOptions, over: AbortSignal): Promise<boolean> {
  while (!over.aborted) {
    try {
      await client().remote.domainAbortJob({ dom });
      return true;
    } catch (error) {
      if (!(error instanceof LibvirtError)) return false;
    }
    await pause(clock, ABORT_RETRY_MS, over);
  }
  return false;
}

/** What can be cut (QEMU's YankInstance). */
const instances = z.object({
  return: z.array(z.object({ type: z.string(), 'node-name': z.string().optional() }).loose()).max(10_000),
});

/** The memory's connections, and those of the disks, by the name that libvirt gives what they are copied to (qemu_migration.c). */
function isOfMove({ type, 'node-name': node = '' }: z.infer<typeof instances>['return'][number]): boolean {
  return type === 'migration' || (type === 'block-node' && node.startsWith('migration-'));
}

/** @returns whether there was anything to cut @throws where QEMU or libvirt refuse */
async function cut({ client, dom }: BreakOffOptions): Promise<boolean> {
  const ask = async (command: object): Promise<unknown> => {
    const args = { dom, cmd: JSON.stringify(command), flags: 0 };
    return JSON.parse((await client().qemu.domainMonitorCommand(args, MONITOR)).result);
  };
  const found = instances.parse(await ask({ execute: 'query-yank' })).return.filter(isOfMove);
  if (found.length === 0) return false;
  const answer = await ask({ execute: 'yank', arguments: { instances: found } });
  z.object({ return: z.object({}).loose() }).parse(answer);
  return true;
}
