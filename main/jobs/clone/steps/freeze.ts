import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../../drivers/rpc/errors.ts';
import { pause } from '../../../hosts/clock.ts';
import { without } from '../../../storage/read.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { Stays, type StepContext } from '../../engine/step.ts';

/** A guest writes what it has not written yet before it says that it is frozen. */
const FREEZE_LIMIT_MS = 30_000;
const THAW_LIMIT_MS = 30_000;
/** Longer nobody's file systems stand still, whatever becomes of the call that they wait for. */
const HELD_MS = 10_000;
const RETRY_MS = 1000;
const TRIES = 5;

export interface FrozenMachine {
  readonly host: string;
  readonly dom: DomainRef;
  readonly wait: HostWait;
}

/**
 * Does something while the guest's agent holds its file systems still, so that files on its disks are whole; thaws them whatever happens.
 * @param note keeps on the disk whether they may be frozen, so that another process thaws them
 * @returns whether they were still all the time
 */
export async function whileFrozen(
  step: StepContext,
  machine: FrozenMachine,
  { note, work }: { readonly note: (frozen: boolean) => Promise<void>; readonly work: () => Promise<void> },
): Promise<boolean> {
  const { dom, host, wait } = machine;
  await note(true);
  const frozen = await freeze(step, machine);
  if (!frozen) await note(false);
  if (!frozen) {
    await work();
    return false;
  }
  let early = false;
  const stop = wait.clock.setTimer(() => {
    early = true;
    thaw(step, machine).catch((error: unknown) => step.log(`${dom.name}: ${wordsOf(error)}`));
  }, HELD_MS);
  try {
    await work();
  } finally {
    stop();
    await overLostLinks(wait, { step, hosts: [host] }, () => thaw(step, machine));
    await note(false);
  }
  if (early) step.log(`The host took too long: ${dom.name} was thawed before`);
  return !early;
}

async function freeze(step: StepContext, machine: FrozenMachine): Promise<boolean> {
  const { host, dom } = machine;
  try {
    const args = { dom, mountpoints: [], flags: 0 };
    const { filesystems } = await step
      .client(host)
      .remote.domainFsfreeze(args, { timeoutMs: FREEZE_LIMIT_MS });
    step.log(`The agent has frozen ${filesystems} file systems of ${dom.name}`);
    return filesystems > 0;
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    step.log(`The agent of ${dom.name} has frozen nothing: ${error.message}`);
    // Of one that did not answer in time nobody knows: others may have frozen what it refuses to freeze again.
    if (error.code === 'VIR_ERR_AGENT_UNRESPONSIVE') await thaw(step, machine).catch(() => undefined);
    return false;
  }
}

/**
 * Lets the guest write again. Thawed twice, nothing happens; one that is off needs none.
 * @throws Stays when the agent does not do it
 */
export async function thaw(
  step: Pick<StepContext, 'client' | 'log' | 'signal'>,
  { host, dom, wait: { clock } }: FrozenMachine,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const args = { dom, mountpoints: [], flags: 0 };
      await step
        .client(host)
        .remote.domainFsthaw(args, { timeoutMs: THAW_LIMIT_MS })
        .catch(without(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_DOMAIN']));
      return;
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error;
      step.log(`The agent of ${dom.name} does not thaw its file systems: ${error.message}`);
      if (tries === TRIES) throw new Stays(frozenLeft(dom.name), error.message);
    }
    await pause(clock, RETRY_MS, new AbortController().signal);
  }
}

export function frozenLeft(name: string): string {
  return `the file systems of ${name}, which may be frozen`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
