import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../../drivers/rpc/errors.ts';
import { pause } from '../../../hosts/clock.ts';
import { without } from '../../../storage/read.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { Stays, type StepContext } from '../../engine/step.ts';
import { watchThaw } from './thaw-watch.ts';

/** A guest writes what it has not written yet before it says that it is frozen. */
const FREEZE_LIMIT_MS = 30_000;
const THAW_LIMIT_MS = 30_000;
/** Longer nobody's file systems stand still, whatever becomes of the call that they wait for. */
const HELD_MS = 10_000;
const RETRY_MS = 1000;
const TRIES = 5;
/** A guest that freezes flushes first, for as long as its disks take. */
const UNKNOWN_TRIES = 6;
const UNKNOWN_MS = 10_000;

/** With these libvirt has not asked the agent, or the agent has said that it does not: in every other case it may have got the command. */
const NOT_FROZEN = new Set<string>([
  'VIR_ERR_ACCESS_DENIED',
  'VIR_ERR_ARGUMENT_UNSUPPORTED',
  'VIR_ERR_CONFIG_UNSUPPORTED',
  'VIR_ERR_INTERNAL_ERROR',
  'VIR_ERR_NO_DOMAIN',
  'VIR_ERR_NO_SUPPORT',
  'VIR_ERR_OPERATION_DENIED',
  'VIR_ERR_OPERATION_INVALID',
  'VIR_ERR_OPERATION_UNSUPPORTED',
]);

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
  const callOff = await watchThaw(step, machine);
  // As long as they may be frozen the host watches, however this ends; and no longer, as others freeze them, too.
  const noteAndWatch = async (frozen: boolean): Promise<void> => {
    await note(frozen);
    if (!frozen) await callOff();
  };
  return heldWhile(step, machine, { note: noteAndWatch, work });
}

async function heldWhile(
  step: StepContext,
  machine: FrozenMachine,
  { note, work }: { readonly note: (frozen: boolean) => Promise<void>; readonly work: () => Promise<void> },
): Promise<boolean> {
  const { dom, host, wait } = machine;
  await note(true);
  const state = await freeze(step, machine);
  if (state !== 'frozen') {
    if (state === 'free') await note(false);
    await work();
    if (state === 'unknown') await thawUnknown(step, machine, note);
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
    let asked = 0;
    const thawed = await overLostLinks(wait, { step, hosts: [host] }, () => {
      asked += 1;
      return thaw(step, machine);
    });
    // Somebody else did, or the guest itself: they were not still all the time. What was asked again may have thawed them before.
    early ||= thawed === 0 && asked === 1;
    await note(false);
  }
  if (early) step.log(`The host took too long, or somebody else was quicker: ${dom.name} was thawed before`);
  return !early;
}

/** An agent that answers neither freeze nor thaw may do the first when the guest has time for it: it is asked once more, and then a person is. */
async function thawUnknown(
  step: StepContext,
  machine: FrozenMachine,
  note: (frozen: boolean) => Promise<void>,
): Promise<void> {
  const { host, dom, wait } = machine;
  for (let tries = 1; ; tries += 1) {
    try {
      await overLostLinks(wait, { step, hosts: [host] }, () => thaw(step, machine));
      break;
    } catch (error) {
      if (!(error instanceof Stays)) throw error;
      if (tries === UNKNOWN_TRIES) {
        step.log(
          `The agent of ${dom.name} answers neither freeze nor thaw: whether its file systems are frozen is not known. If ${dom.name} does not write any more, thaw them: “virsh domfsthaw ${dom.name}” on its host, or “fsfreeze --unfreeze” in it.`,
          'remark',
        );
        break;
      }
    }
    await pause(wait.clock, UNKNOWN_MS, step.signal);
  }
  await note(false);
}

/** `unknown`: the agent answered neither this nor a thaw. */
async function freeze(step: StepContext, machine: FrozenMachine): Promise<'frozen' | 'free' | 'unknown'> {
  const { host, dom } = machine;
  try {
    const args = { dom, mountpoints: [], flags: 0 };
    const { filesystems } = await step
      .client(host)
      .remote.domainFsfreeze(args, { timeoutMs: FREEZE_LIMIT_MS });
    step.log(`The agent has frozen ${filesystems} file systems of ${dom.name}`);
    return filesystems > 0 ? 'frozen' : 'free';
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    if (NOT_FROZEN.has(error.code)) {
      step.log(`The agent of ${dom.name} has frozen nothing: ${error.message}`);
      return 'free';
    }
    // It may do it later.
    step.log(
      `The agent of ${dom.name} was asked to freeze its file systems, and does not answer: ${error.message}`,
    );
    try {
      await thaw(step, machine);
      return 'free';
    } catch (thawing) {
      if (!(thawing instanceof Stays)) throw thawing;
      return 'unknown';
    }
  }
}

/**
 * Lets the guest write again. Thawed twice, nothing happens; one that is off needs none.
 * @returns how many file systems were frozen; null: not known, as it was asked more than once
 * @throws Stays when the agent does not do it
 */
export async function thaw(
  step: Pick<StepContext, 'client' | 'log' | 'signal'>,
  { host, dom, wait: { clock } }: FrozenMachine,
): Promise<number | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      const args = { dom, mountpoints: [], flags: 0 };
      const answer = await step
        .client(host)
        .remote.domainFsthaw(args, { timeoutMs: THAW_LIMIT_MS })
        .catch(without(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_DOMAIN']));
      return tries === 1 ? (answer?.filesystems ?? null) : null;
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
