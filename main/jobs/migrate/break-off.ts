import { z } from 'zod';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { pause, type Clock } from '../../hosts/clock.ts';
import { leaves } from './look.ts';
import { MONITOR_MS, QemuError, tellQemu, type Monitored } from './qemu-monitor.ts';

/** Asked again while QEMU has not begun: until then there is no job to abort. Ever less often. */
const ABORT_RETRY_MS = 100;
const MOST_RETRY_MS = 1000;
/** “cannot abort migration in post-copy mode” (libvirt’s qemuDomainAbortJobMigration): it is refused from then on. */
const IS_THERE = /post-?copy/i;
/** So often it is cut again what QEMU has opened since, while it has not stopped. */
const AGAIN_MS = 5000;
/** So often it is tried to cut before an abort that could hold up the guest. */
const CUTS_FIRST = 3;
const CUT_RETRY_MS = 1000;

/** The machine at its source. */
export interface BreakOffOptions extends Monitored {
  readonly clock: Clock;
  /** Its connections may be cut; false by post-copy, where the guest lives on them. */
  readonly mayCut: boolean;
  readonly log: (text: string) => void;
}

/**
 * Ends a move at its source until the signal tells that it is over. libvirt's own abort waits until QEMU has stopped to copy the disks, and QEMU until the
 * target has answered what was sent, which where nothing comes through takes until TCP gives it up: a quarter of an hour. Worse, where nothing is under way
 * just then: libvirt takes the copy's connection away (blockdev-del), QEMU flushes it first, and the guest itself stands still until then (QEMU 7.2).
 * Whether anything comes through nobody knows: a target's libvirtd that answers is reached by another way than its QEMU. So QEMU is always told to let its
 * connections go before it is asked to stop (`yank`, QEMU 6.0 and newer). To both sides that is a network that breaks, and the move is to end anyway.
 */
export async function breakOff(options: BreakOffOptions, over: AbortSignal): Promise<void> {
  const cutter = new Cutter(options, over);
  await cutter.first();
  await Promise.all([abortJob(options, cutter, over), cutter.goOn()]);
}

/** The same once, for who asks again: of a move that another link began. */
export async function abortOnce(options: BreakOffOptions): Promise<void> {
  const { client, dom } = options;
  const over = new AbortController().signal;
  await new Cutter(options, over).first();
  await letGoOn(options, over).catch(() => undefined);
  // libvirt's abort ends whatever it works on: it may be a backup that was begun meanwhile.
  if (await leaves(client(), dom)) await client().remote.domainAbortJob({ dom });
}

/** Tells QEMU to let the connections of a move go, and a person of it once. */
class Cutter {
  readonly #options: BreakOffOptions;
  readonly #over: AbortSignal;
  readonly #told = new Set<string>();

  constructor(options: BreakOffOptions, over: AbortSignal) {
    this.#options = options;
    this.#over = over;
  }

  /** Until it is done, or there is nothing to cut, or QEMU cannot, or has not answered for so often. */
  async first(): Promise<void> {
    for (let left = CUTS_FIRST; (await this.once(left === 1)) === 'unanswered' && left > 1; left -= 1)
      await pause(this.#options.clock, CUT_RETRY_MS, this.#over);
  }

  /** @param isTold a person is told that it did not answer */
  async once(isTold = true): Promise<'done' | 'unanswered'> {
    if (!this.#options.mayCut || this.#over.aborted) return 'done';
    try {
      if (await cut(this.#options, this.#over)) this.#tell('cut', CUT);
    } catch (error) {
      if (this.#over.aborted) return 'done';
      const why = error instanceof Error ? error.message : String(error);
      const words = `QEMU does not let go of the target: where that does not answer, it waits until TCP gives it up (${why})`;
      const isFinal = isRefusal(error);
      if (isTold || isFinal) this.#tell('fault', words);
      return isFinal ? 'done' : 'unanswered';
    }
    return 'done';
  }

  /** What it opens since is cut, too, and one that did not answer is asked again; one that waits for a word gets it. */
  async goOn(): Promise<void> {
    for (;;) {
      await pause(this.#options.clock, AGAIN_MS, this.#over);
      if (this.#over.aborted) return;
      if ((await this.once()) === 'done') await letGoOn(this.#options, this.#over).catch(() => undefined);
    }
  }

  #tell(what: string, words: string): void {
    if (!this.#told.has(what)) this.#options.log(words);
    this.#told.add(what);
  }
}

const CUT = 'QEMU was told to let the connections of the move go: it does not wait for the target';

function isRefusal(error: unknown): boolean {
  return error instanceof QemuError || (error instanceof LibvirtError && error.code !== BUSY);
}

/** “cannot acquire state change lock”: somebody else waits for QEMU. */
const BUSY = 'VIR_ERR_OPERATION_TIMEOUT';

/**
 * Until libvirt has taken it, or refuses it for good. Where the host is away, it is asked when it is back. Where there is no job yet there may be something
 * to cut by the next time.
 */
async function abortJob(
  { clock, client, dom, log }: BreakOffOptions,
  cutter: Cutter,
  over: AbortSignal,
): Promise<void> {
  for (let again = ABORT_RETRY_MS; !over.aborted; again = Math.min(2 * again, MOST_RETRY_MS)) {
    try {
      if (await mayAbort(client(), dom, over)) {
        await client().remote.domainAbortJob({ dom }, { signal: over });
        return;
      }
    } catch (error) {
      if (!(error instanceof LibvirtError)) again = MOST_RETRY_MS;
      else if (IS_THERE.test(error.message))
        return log('It goes on on the target already, and comes to its end there: that cannot be cancelled');
    }
    await pause(clock, again, over);
    await cutter.once();
  }
}

/** Not what somebody else has begun, as a backup, which the move itself would wait for. Of a QEMU that says nothing it is the move that holds it up. */
async function mayAbort(client: LibvirtClient, dom: DomainRef, over: AbortSignal): Promise<boolean> {
  try {
    return await leaves(client, dom, { timeoutMs: MONITOR_MS, signal: over });
  } catch (error) {
    if (!over.aborted && error instanceof LinkError && error.code === 'TIMEOUT') return true;
    throw error;
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

/** @returns whether there was anything to cut @throws where QEMU or libvirt refuse */
async function cut(options: Monitored, over: AbortSignal): Promise<boolean> {
  const answer = await tellQemu(options, { execute: 'query-yank' }, over);
  const found = instances.parse(answer).return.filter(isOfMove);
  if (found.length === 0) return false;
  await tellQemu(options, { execute: 'yank', arguments: { instances: found } }, over);
  return true;
}

/** QEMU's word for a move that is to end (MigrationInfo). */
const cancelling = z.object({ return: z.object({ status: z.literal('cancelling') }) });

/**
 * A QEMU that is cancelled right as it has stopped the guest, before it says so (pre-switchover), waits without an end for the word to go on with the last of the
 * memory, and the guest stands still (migration_maybe_pause; seen with QEMU 7.2). With that word it ends the move, as it was told to, and the guest runs. One
 * that does not wait for it forgets it. @throws where QEMU or libvirt refuse
 */
async function letGoOn(options: Monitored, over: AbortSignal): Promise<void> {
  const seen = await tellQemu(options, { execute: 'query-migrate' }, over);
  if (!cancelling.safeParse(seen).success) return;
  await tellQemu(options, { execute: 'migrate-continue', arguments: { state: 'cancelling' } }, over);
}
