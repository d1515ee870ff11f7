import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { pause, type Clock } from '../../hosts/clock.ts';

/** Asked again while QEMU has not begun: until then there is no job to abort. Ever less often. */
const ABORT_RETRY_MS = 100;
const MOST_RETRY_MS = 1000;
/** “cannot abort migration in post-copy mode” (libvirt’s qemuDomainAbortJobMigration): it is refused from then on. */
const IS_THERE = /post-?copy/i;
/** So long QEMU may take to stop by itself. */
const STOP_MS = 5000;
/** So often it is tried to cut before an abort that could hold up the guest. */
const CUTS_FIRST = 3;
const CUT_RETRY_MS = 1000;
/** A QEMU whose main loop stands still does not answer: then it is tried again. */
const MONITOR_MS = 3000;

export interface BreakOffOptions {
  readonly clock: Clock;
  /** The source's. @throws FailureError HOST_UNREACHABLE while it is not connected */
  readonly client: () => LibvirtClient;
  readonly dom: DomainRef;
  /** Its connections may be cut; false by post-copy, where the guest lives on them. */
  readonly mayCut: boolean;
  /** Whether the target says anything now. */
  readonly answers: () => Promise<boolean>;
  readonly log: (text: string) => void;
}

/**
 * Ends a move at its source until the signal tells that it is over. libvirt's own abort waits until QEMU has stopped to copy the disks, and QEMU until the
 * target has answered what was sent, which of one that is silent takes until TCP gives it up: a quarter of an hour. Worse, where nothing is under way just
 * then: libvirt takes the copy's connection away (blockdev-del), QEMU flushes it first, and the guest itself stands still until then (QEMU 7.2). So of a
 * target that is silent QEMU is told to let its connections go before it is asked to stop (`yank`, QEMU 6.0 and newer). To both sides that is a network that breaks.
 */
export async function breakOff(options: BreakOffOptions, over: AbortSignal): Promise<void> {
  const { mayCut, answers } = options;
  // Where there was nothing to cut yet, there may be in a moment.
  const isCut = mayCut && !(await answers()) && (await cutFirst(options, over));
  await Promise.all([abortJob(options, over), mayCut && !isCut ? cutLater(options, over) : undefined]);
}

/** The same once, for who asks again: of a move that another link began. */
export async function abortOnce(options: BreakOffOptions): Promise<void> {
  const { mayCut, answers, client, dom } = options;
  if (mayCut && !(await answers())) await cutFirst(options, new AbortController().signal);
  await client().remote.domainAbortJob({ dom });
}

/** Whether QEMU has let go of something; where it does not answer, that is said. */
async function cutFirst(options: BreakOffOptions, over: AbortSignal): Promise<boolean> {
  for (let attempt = 1; !over.aborted; attempt += 1) {
    const { isCut, fault } = await cutOff(options, over);
    if (fault === null) return isCut;
    if (attempt === CUTS_FIRST) {
      options.log(stillWaits(fault));
      return false;
    }
    await pause(options.clock, CUT_RETRY_MS, over);
  }
  return false;
}

/** Of a target that answered, QEMU may be cut off all the same: it is not the target's libvirtd that QEMU waits for. */
async function cutLater(options: BreakOffOptions, over: AbortSignal): Promise<void> {
  let isTold = false;
  for (;;) {
    await pause(options.clock, STOP_MS, over);
    if (over.aborted) return;
    const { fault } = await cutOff(options, over);
    if (fault !== null && !isTold && !over.aborted) options.log(stillWaits(fault));
    isTold ||= fault !== null;
  }
}

function stillWaits(fault: string): string {
  return `QEMU waits for the target, and does not let go of it yet: it does when TCP gives it up (${fault})`;
}

/** `isCut` is false where there was nothing to cut; `fault`: why that is not known. */
async function cutOff(
  options: BreakOffOptions,
  over: AbortSignal,
): Promise<{ readonly isCut: boolean; readonly fault: string | null }> {
  try {
    const isCut = await cut(options, over);
    if (isCut) options.log('The connections of the move were cut: QEMU does not wait for the target');
    return { isCut, fault: null };
  } catch (error) {
    return { isCut: false, fault: error instanceof Error ? error.message : String(error) };
  }
}

/** Until libvirt has taken it, or refuses it for good. Where the host is away, it is asked when it is back. */
async function abortJob({ clock, client, dom, log }: BreakOffOptions, over: AbortSignal): Promise<void> {
  for (let again = ABORT_RETRY_MS; !over.aborted; again = Math.min(2 * again, MOST_RETRY_MS)) {
    try {
      await client().remote.domainAbortJob({ dom }, { signal: over });
      return;
    } catch (error) {
      if (!(error instanceof LibvirtError)) again = MOST_RETRY_MS;
      else if (IS_THERE.test(error.message))
        return log('It goes on on the target already, and comes to its end there: that cannot be cancelled');
    }
    await pause(clock, again, over);
  }
}

/** What can be cut (QEMU's YankInstance). */
const instances = z.object({
  return: z.array(z.object({ type: z.string(), 'node-name': z.string().optional() }).loose()).max(10_000),
});

/** The memory's connections, and those of the disks, by the name that libvirt gives what they are copied to (qemu_migration.c). */
function isOfMove({ type, 'node-name': node = '' }: z.infer<typeof instances>['return'][number]): boolean {
  return type === 'migration' || (type === 'block-node' && node.startsWith('migration-'));
}

/** QEMU's answers (QMP): what was asked for, or what is wrong. */
const refusal = z.object({ error: z.object({ desc: z.string().max(1000) }) });

/** @returns whether there was anything to cut @throws where QEMU or libvirt refuse */
async function cut({ client, dom }: BreakOffOptions, over: AbortSignal): Promise<boolean> {
  const ask = async (command: object): Promise<unknown> => {
    over.throwIfAborted();
    const args = { dom, cmd: JSON.stringify(command), flags: 0 };
    const options = { timeoutMs: MONITOR_MS, signal: over };
    const answer: unknown = JSON.parse((await client().qemu.domainMonitorCommand(args, options)).result);
    const refused = refusal.safeParse(answer);
    if (refused.success) throw new Error(refused.data.error.desc);
    return answer;
  };
  const found = instances.parse(await ask({ execute: 'query-yank' })).return.filter(isOfMove);
  if (found.length === 0) return false;
  await ask({ execute: 'yank', arguments: { instances: found } });
  return true;
}
