import { z } from 'zod';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../../drivers/rpc/errors.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { untilAnswered } from '../../../storage/steps/own-volume.ts';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { NothingDone, type StepContext } from '../../engine/step.ts';
import { thaw, whileFrozen } from './freeze.ts';

/** What is on the clone's disks: files that are whole, or what is on disks after a power cut. */
export type Consistency = 'frozen' | 'powerCut';

/** What a step keeps from before the host is asked. `frozen`: file systems may be; `begun`: what holds the instant may be. */
const instantNote = z.object({ frozen: z.boolean(), begun: z.boolean() });
export type InstantNote = z.infer<typeof instantNote>;

/** Whether a step's last note says that file systems may be frozen. */
export function mayBeFrozen(note: unknown): boolean {
  const noted = instantNote.safeParse(note);
  return noted.success && noted.data.frozen;
}

export const instantParams = z.object({
  host: z.string(),
  /** The machine that runs. */
  uuid: z.string(),
  name: z.string(),
  /** Its agent is asked to hold the file systems still for the moment. */
  freeze: z.boolean(),
});
type InstantParams = z.infer<typeof instantParams>;

interface Instant {
  readonly dom: DomainRef;
  readonly wait: HostWait;
  /** The one call that does it. */
  readonly begin: () => Promise<unknown>;
  /** Whether the host has done it all the same: libvirt also refuses when it cannot write down what QEMU did. */
  readonly isBegun: () => Promise<boolean>;
}

/**
 * Holds all disks of a machine that runs as they are in one instant, with its file systems still where its agent does that.
 * @throws NothingDone when libvirt refuses, and nothing is frozen any more
 */
export async function atOneInstant(
  { host, name, freeze }: InstantParams,
  step: StepContext,
  { dom, wait, begin, isBegun }: Instant,
): Promise<Consistency> {
  step.signal.throwIfAborted();
  let noted: InstantNote = { frozen: false, begun: false };
  const note = (change: Partial<InstantNote>) => step.note((noted = { ...noted, ...change }));
  const work = async (): Promise<void> => {
    await note({ begun: true });
    await untilAnswered(step, begin());
  };
  try {
    let frozen = false;
    if (freeze)
      frozen = await whileFrozen(step, { host, dom, wait }, { note: (now) => note({ frozen: now }), work });
    else await work();
    if (frozen)
      step.log(`${name} is copied as it is now, with whole files: its file systems were frozen by the agent`);
    // Whole files were promised.
    else if (freeze)
      step.log(
        `${name} was copied as its disks would be after a power cut, and not with whole files: the log says what its agent answered.`,
        'remark',
      );
    else step.log(`${name} is copied as it is now: as its disks would be after a power cut`);
    return frozen ? 'frozen' : 'powerCut';
  } catch (error) {
    if (error instanceof LibvirtError && !noted.frozen && !(await isBegun())) throw new NothingDone(error);
    throw error;
  }
}

/** Thaws what may be frozen still since the program died; answers with what the step noted, null: the host was not asked. */
export async function thawNoted(
  { host, uuid }: Pick<InstantParams, 'host' | 'uuid'>,
  step: StepContext,
  wait: HostWait,
): Promise<InstantNote | null> {
  const noted = instantNote.safeParse(step.noted());
  if (!noted.success) return null;
  const dom = noted.data.frozen ? await domainByUuid(step.client(host), uuid) : null;
  if (dom !== null && dom.id !== -1) await thaw(step, { host, dom, wait });
  return noted.data;
}
