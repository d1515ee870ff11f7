import { LinkError } from '../../../drivers/rpc/errors.ts';
import { decide, type Decision, type Phase, type SourceSeen, type TargetSeen, type Why } from './decide.ts';

/** What the source's libvirtd is asked. A call rejects with what `isAway` knows when its link is lost. */
export interface SourcePort {
  /** virDomainMigrateBegin3Params. Its link is the one that `sameLink` means from here on. */
  begin(): Promise<Uint8Array>;
  /** virDomainMigratePerform3Params: resolves when all data is on the target. @returns the cookie */
  perform(cookie: Uint8Array): Promise<Uint8Array>;
  /** virDomainMigrateConfirm3Params; resolves also where the daemon holds no job any more (VIR_ERR_OPERATION_INVALID). */
  confirm(cookie: Uint8Array, cancelled: boolean): Promise<void>;
  /** virDomainMigratePerform3Params with VIR_MIGRATE_PEER2PEER: all five, by the source's libvirtd; null: this program makes them. */
  readonly peer: (() => Promise<void>) | null;
  /** virDomainAbortJob */
  abort(): Promise<void>;
  resume(): Promise<void>;
  suspend(): Promise<void>;
  /** Marks what is paused there so that it is not resumed before the target is asked; resolves also where libvirtd refuses that. */
  keepPaused(): Promise<void>;
  /** Destroys what is paused there, and takes its definition away where the machine is moved for good. */
  remove(): Promise<void>;
  /** Takes the definition of what is off there away. */
  undefine(): Promise<void>;
  see(): Promise<{ readonly state: Exclude<SourceSeen, 'away'>; readonly busy: boolean }>;
  sameLink(): boolean;
}

/** What the target's libvirtd is asked. */
export interface TargetPort {
  /** virDomainMigratePrepare3Params */
  prepare(cookie: Uint8Array): Promise<Uint8Array>;
  /** virDomainMigrateFinish3Params. @returns the cookie for Confirm @throws where it gave no domain */
  finish(cookie: Uint8Array, cancelled: boolean): Promise<Uint8Array>;
  destroy(): Promise<void>;
  see(): Promise<Exclude<TargetSeen, 'away'>>;
  sameLink(): boolean;
}

export interface MigrationPorts {
  readonly source: SourcePort;
  readonly target: TargetPort;
  /** It may go on on the target before all of its memory is there. */
  readonly postCopy: boolean;
  /** Asks both to go on with post-copy where they lost each other (VIR_MIGRATE_POSTCOPY_RESUME); resolves also where they refuse. */
  readonly recover: () => Promise<void>;
  /** The source's definition goes with it. */
  readonly definitionGoes: boolean;
  /** Keeps the phase; resolves when it is on the disk. */
  readonly note: (phase: Phase) => Promise<void>;
  /** Aborted when a person cancels. When Finish is sent it is too late, and nobody asks. */
  readonly cancelled: AbortSignal;
  /** The host did not answer: it must be asked again. */
  readonly isAway: (error: unknown) => boolean;
  /** Resolves after a while, sooner when the host is back. @throws when the program ends */
  readonly wait: (host: 'source' | 'target') => Promise<void>;
}

/** The one host that the machine is on. */
export interface Settlement {
  readonly on: 'source' | 'target';
}

/** Two copies, none, or what nobody here has done: only a person can decide, and nothing was touched. */
export class Unsettled extends Error {
  override readonly name = 'Unsettled';
  readonly why: Why;

  constructor(why: Why) {
    super(`The machine is not settled: ${why}`);
    this.why = why;
  }
}

const NONE = new Uint8Array();
/** The same hosts may refuse what they are asked this often in a row, until a person is told. */
const REFUSALS = 3;
/** The source is paused this often, until a person is told that it does not last. */
const SUSPENDS = 5;

/** How a migration went that was driven to its end. */
export interface Driven extends Settlement {
  /** What went wrong; null: nothing. */
  readonly error: unknown;
  /** The host whose link was lost before that: the error is what follows from it, as data that goes through this program ends with it. */
  readonly lost: 'source' | 'target' | null;
}

/**
 * Drives a migration over both hosts (virDomainMigrateVersion3Full, with another end where an answer is lost).
 * @returns where the machine is, and why it is not on the target
 * @throws Unsettled; what `wait` throws
 */
export async function migrate(ports: MigrationPorts, wasPaused: boolean): Promise<Driven> {
  const progress: Progress = { phase: 'preparing', begun: false, prepared: false };
  const error = await drive(ports, progress).then(
    () => null,
    (cause: unknown) => cause,
  );
  const lost = error === null ? null : lostLink(ports, progress);
  return { ...(await settle(ports, progress, wasPaused)), error, lost };
}

function lostLink(
  { source, target }: MigrationPorts,
  { begun, prepared }: Progress,
): 'source' | 'target' | null {
  if (prepared && !target.sameLink()) return 'target';
  return begun && !source.sameLink() ? 'source' : null;
}

/** Finds out, after the program died, where the machine is, and leaves it on that one host. */
export function settleAfterwards(
  ports: MigrationPorts,
  phase: Phase,
  wasPaused: boolean,
): Promise<Settlement> {
  return settle(ports, { phase, begun: false, prepared: false }, wasPaused);
}

interface Progress {
  phase: Phase;
  /** The source's daemon waits for Confirm on this link. */
  begun: boolean;
  /** The target's daemon waits for Finish on this link. */
  prepared: boolean;
  /** What Perform gave for Finish. */
  performed?: Uint8Array;
  /** What Finish gave for Confirm. */
  cookie?: Uint8Array;
}

async function drive({ source, target, note, cancelled }: MigrationPorts, progress: Progress): Promise<void> {
  const enter = async (phase: Phase): Promise<void> => {
    if (phase !== 'arrived') cancelled.throwIfAborted();
    await note(phase);
    // Nothing of it is sent yet: who cancelled while that was written is not too late.
    if (phase === 'finishing') cancelled.throwIfAborted();
    progress.phase = phase;
  };
  if (source.peer !== null) {
    await enter('peer');
    await source.peer();
    await enter('arrived');
    return;
  }
  await enter('preparing');
  progress.begun = true;
  const begun = await source.begin();
  progress.prepared = true;
  const prepared = await target.prepare(begun);
  await enter('performing');
  // Its daemon takes away what waits there. A QEMU that is greeted by one that goes in the middle of TLS's handshake waits for the rest without an end, and its guest
  // stands still (QEMU 7.2: nbd_receive_starttls runs a main loop that it does not get).
  if (!target.sameLink())
    throw new LinkError('LINK_CLOSED', 'The link to the target was lost before data went');
  progress.performed = await source.perform(prepared);
  await enter('finishing');
  await finish(target, progress);
  await enter('arrived');
}

async function finish(target: TargetPort, progress: Progress): Promise<void> {
  progress.prepared = false;
  progress.cookie = await target.finish(progress.performed ?? NONE, false);
}

async function settle(ports: MigrationPorts, progress: Progress, wasPaused: boolean): Promise<Settlement> {
  const { source } = ports;
  let before: Decision['do'] | null = null;
  let suspended = 0;
  for (let refused = 0; ;) {
    let host: 'source' | 'target' = 'target';
    try {
      const decision = decide(await look(ports, progress, wasPaused));
      if (progress.phase === 'peer' && ON_SECOND_LOOK.has(decision.do) && before !== decision.do) {
        before = decision.do;
        await ports.wait('target');
        continue;
      }
      before = decision.do;
      if (decision.do === 'ended') return { on: decision.on };
      if (decision.do === 'ask') {
        host = 'source';
        if (decision.why === 'stopped') await source.keepPaused();
        throw new Unsettled(decision.why);
      }
      host = hostOf(decision);
      // Somebody lets it go on each time.
      if (decision.do === 'suspendSource' && suspended === SUSPENDS) throw new Unsettled('both');
      await act(ports, progress, decision);
      suspended += Number(decision.do === 'suspendSource');
      refused = 0;
    } catch (error) {
      if (error instanceof Unsettled) throw error;
      // What a daemon refuses was mostly over already: both hosts are looked at again.
      if (!ports.isAway(error) && (refused += 1) > REFUSALS)
        throw before === 'suspendSource' ? new Unsettled('both') : error;
      await ports.wait(host);
    }
  }
}

/**
 * Between two looks a libvirtd that drives may send what nobody here sees: these are done where the next look says the same. That the source pauses is not
 * among them: at worst it is paused, or gone, already.
 */
const ON_SECOND_LOOK: ReadonlySet<Decision['do']> = new Set([
  'destroyTarget',
  'resumeSource',
  'removeSource',
  'ask',
]);

async function look(
  { source, target, isAway, postCopy, definitionGoes }: MigrationPorts,
  progress: Progress,
  wasPaused: boolean,
) {
  const shown = async <T>(see: () => Promise<T>): Promise<T | 'away'> => {
    try {
      // A host that is not connected refuses before there is a promise.
      return await see();
    } catch (error) {
      if (isAway(error)) return 'away';
      throw error;
    }
  };
  const there = () => shown(() => target.see());
  const here = () => shown(() => source.see());
  // What is seen first must not become untrue by what the other one is sent: this program sends the target Finish, the source's libvirtd
  // that drives by itself is done when it is not busy.
  const isPeer = progress.phase === 'peer';
  const early = isPeer ? await here() : null;
  const seenTarget = await there();
  const seenSource = early ?? (await here());
  return {
    phase: progress.phase,
    source: seenSource === 'away' ? seenSource : seenSource.state,
    sourceBusy: seenSource !== 'away' && seenSource.busy,
    target: seenTarget,
    sameSource: progress.begun && source.sameLink(),
    sameTarget: progress.prepared && target.sameLink(),
    wasPaused,
    postCopy,
    definitionGoes,
  };
}

type Act = Exclude<Decision, { do: 'ended' } | { do: 'ask' }>;

async function act(ports: MigrationPorts, progress: Progress, next: Act): Promise<void> {
  const { source, target, wait } = ports;
  switch (next.do) {
    case 'wait':
      return wait(next.for);
    case 'recover':
      await ports.recover();
      return wait('target');
    case 'finish':
      return finish(target, progress);
    case 'finishCancelled':
      progress.prepared = false;
      await target.finish(NONE, true);
      return;
    case 'destroyTarget':
      return target.destroy();
    case 'confirm':
      await source.confirm(next.cancelled ? NONE : (progress.cookie ?? NONE), next.cancelled);
      progress.begun = false;
      return;
    case 'abortJob':
      await source.abort();
      return wait('source');
    case 'resumeSource':
      return source.resume();
    case 'suspendSource':
      await source.suspend();
      return wait('source');
    case 'removeSource':
      return source.remove();
    case 'undefineSource':
      return source.undefine();
  }
}

const ON_TARGET: ReadonlySet<Act['do']> = new Set(['finish', 'finishCancelled', 'destroyTarget']);

function hostOf(next: Act): 'source' | 'target' {
  if (next.do === 'wait') return next.for;
  return ON_TARGET.has(next.do) ? 'target' : 'source';
}
