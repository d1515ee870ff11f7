/**
 * How far a migration came, as its journal tells. Each is written to the disk before the call that it names is sent, so that a program
 * that finds `performing` knows that Finish was never sent, and with `finishing` does not know whether it was. `peer`: the source's libvirtd
 * drives, and does all of it by itself, whatever becomes of this program.
 */
export type Phase = 'preparing' | 'performing' | 'peer' | 'finishing' | 'arrived';

/**
 * A machine as its source shows it. `held`: paused by the migration, or as a person had paused it before; `paused`: by somebody in between.
 * `split`: by post-copy, some of its memory is here and some on the target. `torn`: the same, and who moved it lost it. `away`: the host does not
 * answer.
 */
export type SourceSeen = 'away' | 'absent' | 'off' | 'running' | 'held' | 'paused' | 'split' | 'torn';

/**
 * A machine as its target shows it. `waiting`: it takes in, and its CPUs have never run there. `split`: they run, by post-copy. `torn`: the same, and
 * who moved it lost it: where the hosts lost each other they stand still at the first page that is not there.
 */
export type TargetSeen = 'away' | 'absent' | 'waiting' | 'running' | 'paused' | 'off' | 'split' | 'torn';

export interface Seen {
  readonly phase: Phase;
  readonly source: SourceSeen;
  /** The source's libvirtd works on a job of this machine. */
  readonly sourceBusy: boolean;
  readonly target: TargetSeen;
  /** The link to the source is that on which Begin was asked, and Confirm was not: a daemon forgets the job with its link. */
  readonly sameSource: boolean;
  /** The link to the target is that on which Prepare was asked, and Finish was not: a daemon ends what waits with its link. */
  readonly sameTarget: boolean;
  /** A person had paused the machine before: it is started on neither host. */
  readonly wasPaused: boolean;
  /** It may go on on the target before all of its memory is there. */
  readonly postCopy: boolean;
  /** The source's definition goes with it. */
  readonly definitionGoes: boolean;
}

/** What comes next. `runs` ends it: the machine is on that host, and on that one alone. */
export type Decision =
  | { readonly do: 'wait'; readonly for: 'source' | 'target' }
  /** Finish, of a machine that runs on the target by post-copy: its daemon waits for that, and nobody else would send it. */
  | { readonly do: 'finish' }
  /** Post-copy goes on where the two hosts lost each other; refused while they have not, and lost on no host (VIR_MIGRATE_POSTCOPY_RESUME). */
  | { readonly do: 'recover' }
  /** Finish with `cancelled`: the target gives up what it took in. */
  | { readonly do: 'finishCancelled' }
  | { readonly do: 'destroyTarget' }
  | { readonly do: 'abortJob' }
  | { readonly do: 'confirm'; readonly cancelled: boolean }
  | { readonly do: 'resumeSource' }
  /** What is paused there is the shell of a machine that runs on the target. */
  | { readonly do: 'removeSource' }
  /** The source's libvirtd let it go on there though it runs on the target: that one's is the machine, as its disks are the newer ones. */
  | { readonly do: 'suspendSource' }
  /** It is off there, with a definition that would start a second copy. */
  | { readonly do: 'undefineSource' }
  | { readonly do: 'ended'; readonly on: 'source' | 'target' }
  /**
   * Two copies, or none, by somebody else's doing: a person is told and nothing is touched. `stopped`: both ran, and the source's is paused. `lost`: it went on on the target by post-copy, and
   * its libvirtd gave it up there, as it does where the link is lost before Finish; the source has its memory of before.
   */
  | { readonly do: 'ask'; readonly why: Why };

export type Why = 'both' | 'stopped' | 'neither' | 'foreign' | 'lost';

/**
 * Decides by what both hosts show, and never by what was hoped. The guest's CPUs run on the source until Perform ends, and on the target
 * only after Finish was sent; who asks the target first never starts it twice. libvirt's own client confirms with `cancelled` when the
 * target's answer to Finish is lost (virDomainMigrateVersion3Full), and the machine then runs on both hosts. Pure.
 */
export function decide(seen: Seen): Decision {
  const split = whileSplit(seen);
  if (split !== null) return split;
  if (seen.phase === 'arrived') return afterArrival(seen);
  if (seen.phase === 'peer') return afterPeer(seen);
  return seen.phase === 'finishing' ? afterFinish(seen) : beforeFinish(seen);
}

/**
 * Post-copy: the machine runs on the target, and needs the source until all of its memory is over. libvirt ends that by itself, without a
 * client, too (qemuMigrationProcessUnattended); where the hosts lost each other it stands still until it is let go on. Nothing else is right then but
 * to wait. Null: it is no such machine.
 */
function whileSplit(seen: Seen): Decision | null {
  const { source, target, sameSource, sameTarget } = seen;
  const isThere = target === 'split' || target === 'torn';
  if (source !== 'split' && source !== 'torn' && !isThere) return null;
  if (target === 'away') return { do: 'wait', for: 'target' };
  // It runs there already, whatever became of Perform, or of the journal: that it is sent starts nothing.
  if (sameTarget && (target === 'split' || target === 'waiting')) return { do: 'finish' };
  if (source === 'away') return { do: 'wait', for: 'source' };
  if (source === 'torn' && target === 'torn') return { do: 'recover' };
  if (isThere)
    return source === 'absent' || source === 'off' ? finishSource(seen) : { do: 'wait', for: 'target' };
  const arrived = target !== 'absent' && target !== 'waiting';
  // Its daemon holds it for Confirm, which itself waits for the rest of the memory.
  if (arrived && sameSource) return { do: 'confirm', cancelled: false };
  // Who stands still there may still need what is here.
  if (target === 'paused') return { do: 'wait', for: 'target' };
  if (target === 'absent') return { do: 'ask', why: 'lost' };
  // The target has all of it: what is left here is a shell. Its daemon may keep a job for it without an end, where it lost who drove it when
  // all of the memory was over (postcopy_failed).
  return arrived ? { do: 'removeSource' } : { do: 'wait', for: 'target' };
}

/** The source's libvirtd went on by itself, or did not: nothing is decided before it is done. */
function afterPeer(seen: Seen): Decision {
  const { source, sourceBusy, target } = seen;
  if (source === 'away') return { do: 'wait', for: 'source' };
  if (sourceBusy) return { do: 'wait', for: 'source' };
  if (target === 'away') return { do: 'wait', for: 'target' };
  // Its libvirtd gives it up when the link between the two is gone; before that nobody may start it beside a source that runs.
  if (target === 'waiting')
    return source === 'running' ? { do: 'destroyTarget' } : { do: 'wait', for: 'target' };
  if (target !== 'absent') return finishSource({ ...seen, sameSource: false });
  return backOnSource({ ...seen, sameSource: false });
}

/** Finish was never sent: the target's copy has not run, and the source's is the machine. */
function beforeFinish(seen: Seen): Decision {
  const { phase, source, target, sameTarget, postCopy } = seen;
  // By post-copy it runs there before Finish, and libvirt may have ended it since.
  if (postCopy && phase === 'performing') {
    if (target === 'running' || target === 'off') return finishSource(seen);
    if (target === 'away' && (source === 'absent' || source === 'off')) return { do: 'wait', for: 'target' };
  }
  if (target === 'waiting') return { do: sameTarget ? 'finishCancelled' : 'destroyTarget' };
  if (target === 'running' || target === 'paused' || target === 'off') return { do: 'ask', why: 'foreign' };
  if (source === 'away') return { do: 'wait', for: 'source' };
  return backOnSource(seen);
}

/** Finish may have been carried out, whatever became of its answer: only the target knows. */
function afterFinish(seen: Seen): Decision {
  const { target } = seen;
  if (target === 'away') return { do: 'wait', for: 'target' };
  // It is about to run, or to be given up by its daemon. It shows itself.
  if (target === 'waiting') return { do: 'wait', for: 'target' };
  if (target === 'absent') {
    if (seen.source === 'away') return { do: 'wait', for: 'source' };
    return backOnSource(seen);
  }
  return finishSource(seen);
}

/** Finish was answered. Where the target has it no more somebody took it away there, and what the source has of it is all that there is. */
function afterArrival(seen: Seen): Decision {
  const { source, target } = seen;
  if (target !== 'absent') return finishSource(seen);
  if (source === 'away') return { do: 'wait', for: 'source' };
  return { do: 'ask', why: source === 'absent' ? 'neither' : 'foreign' };
}

/** The machine is the source's, if it shows it. A job that its daemon holds for this link is given up by Confirm; one of a lost link by abort. */
function backOnSource({ phase, source, sourceBusy, sameSource, wasPaused }: Seen): Decision {
  // Deleted there by somebody else, or without a definition and off.
  if (source === 'absent') return { do: 'ask', why: 'neither' };
  // While it runs a job of this link waits for a Perform that was never sent: there is nothing that an abort would end.
  const waitsForPerform = source === 'running' && (phase === 'preparing' || sourceBusy);
  if (sameSource && (source === 'held' || waitsForPerform)) return { do: 'confirm', cancelled: true };
  if (sourceBusy && (source === 'held' || source === 'running')) return { do: 'abortJob' };
  return source === 'held' && !wasPaused ? { do: 'resumeSource' } : { do: 'ended', on: 'source' };
}

/** The machine is on the target. */
function finishSource({ phase, source, target, sameSource, definitionGoes }: Seen): Decision {
  // Nobody else started it there: where the source's libvirtd loses the target's when that has done Finish it goes on, too.
  const isTwice = phase === 'peer' && target === 'running';
  switch (source) {
    case 'away':
      return { do: 'wait', for: 'source' };
    case 'absent':
      return { do: 'ended', on: 'target' };
    case 'off':
      // Its host went down, or it was forced off and the answer to what takes its definition away was lost.
      return definitionGoes ? { do: 'undefineSource' } : { do: 'ended', on: 'target' };
    case 'running':
      return isTwice
        ? { do: 'suspendSource' }
        : { do: 'ask', why: target === 'running' ? 'both' : 'foreign' };
    case 'paused':
      return { do: 'ask', why: isTwice ? 'stopped' : 'foreign' };
    case 'held':
    case 'split':
    case 'torn':
      return sameSource ? { do: 'confirm', cancelled: false } : { do: 'removeSource' };
  }
}
