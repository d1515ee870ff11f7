import type { Batch, MoveBench } from './migrate-fault-bench.ts';
import type { Side } from './migrate-fault-hosts.ts';
import { isPeer, isShared, type Phase, type Row } from './migrate-fault-rows.ts';
import { refusesWhileSettling, tellsWhere } from './migrate-fault-told.ts';

/**
 * Where the machine is when all is over. `off`: on the source, whose host went down; `started`: the same, with its host; `stopped`: libvirt let the source's go on, too (the link of the two
 * libvirtds broke after Finish), and Virtlane has paused it; `lost`: libvirt gave up what went on by post-copy (its link broke before Finish, or there was no room). The last two are libvirt's own, and are told.
 */
export type Where = 'source' | 'target' | 'off' | 'started' | 'stopped' | 'lost';

/** What a fault takes away from a move: the login to a host, its libvirtd, the machine’s QEMU there, the program that moves it. */
export type Taken = 'login' | 'libvirtd' | 'qemu' | 'program';

/** Strikes the moves that are held, and lets none go on. */
export interface Strike {
  readonly begin: (bench: MoveBench, batch: Batch) => Promise<void>;
  /** When they go on. */
  readonly end?: (bench: MoveBench, batch: Batch) => Promise<void>;
}

export interface Fault {
  readonly title: string;
  /** Null: their program is killed. */
  readonly strike: Strike | null;
  readonly ends: (row: Row) => Where;
  /** Why it does not make sense there; null: it does. */
  readonly senseless?: (row: Omit<Row, 'name'>) => string | null;
  /** What is there before, and gone when it has struck; and on which host. */
  readonly takes?: { readonly at: Side; readonly what: (row: Row) => readonly Taken[] };
  /** What the job tells of it, in its log or in why it failed. A row that never met its fault proves nothing: it says one of the two. */
  readonly met?: (row: Row) => RegExp;
}

const BEFORE_FINISH: ReadonlySet<Phase> = new Set(['prepared', 'way', 'performed', 'finish']);
const AFTER_PERFORM: ReadonlySet<Phase> = new Set(['performed', 'finish', 'finished', 'confirm']);
const isBeforeFinish = ({ phase }: Row): boolean => BEFORE_FINISH.has(phase);
const isPerformed = ({ phase }: Row): boolean => AFTER_PERFORM.has(phase);

/** The target's libvirtd is not told Finish any more. */
function withoutTarget(row: Row): Where {
  if (row.way === 'postCopy' && (row.phase === 'performed' || row.phase === 'finish')) return 'lost';
  // Of a disk that both see QEMU's lock keeps the source's from going on.
  if (isPeer(row) && row.phase === 'confirm') return isShared(row) ? 'target' : 'stopped';
  return isBeforeFinish(row) ? 'source' : 'target';
}

/** Finish needs no source; what is off has no Finish, and goes when the source's definition does. */
function withoutSource(row: Row): Where {
  if (row.way === 'offline') return 'source';
  return isPerformed(row) ? 'target' : 'source';
}

const AFTER_FINISH: ReadonlySet<Phase> = new Set(['finished', 'confirm']);

const answersOnly = (row: Omit<Row, 'name'>): string | null => {
  const { way, phase } = row;
  if (AFTER_FINISH.has(phase)) return 'the target has answered, and is asked for nothing that decides';
  if (phase === 'way')
    return 'the answer to Perform is lost: it is the same as a link that is lost on the way';
  if (way === 'offline' && phase === 'performed')
    return 'what it is asked next changes nothing: it is the same as a link that is lost';
  if (way === 'relay' && phase === 'prepared') return 'its data goes by the link that answers nothing';
  return isPeer(row) ? 'Virtlane asks nothing while libvirtd drives' : null;
};

export const FAULTS: readonly Fault[] = [
  {
    title: 'the link to the source is lost',
    ends: (row) => (isPeer(row) ? 'target' : withoutSource(row)),
    takes: { at: 1, what: () => ['login'] },
    strike: {
      begin: (bench) => bench.cut(1),
      async end(bench, batch) {
        await bench.noticed(batch);
        await bench.letIn(1);
      },
    },
  },
  {
    title: 'the link to the target is lost',
    ends: withoutTarget,
    takes: { at: 2, what: () => ['login'] },
    strike: {
      begin: (bench) => bench.cut(2),
      async end(bench, batch) {
        await bench.noticed(batch);
        await tellsWhere(bench, batch);
        await refusesWhileSettling(bench, batch);
        await bench.letIn(2);
      },
    },
  },
  {
    title: 'the target has done what it was asked, and its answer is lost',
    senseless: answersOnly,
    // A definition whose answer is lost is taken back.
    ends: ({ way }) => (way === 'offline' ? 'source' : 'target'),
    met: ({ way }) =>
      way === 'offline'
        ? /domainDefineXml: the link failed/
        : /is on lab2, though not every answer came: domainMigrateFinish3Params: the link failed/,
    strike: {
      begin: (bench) => bench.deaf(2),
      async end(bench, { rows }) {
        await bench.areThere(rows);
        await bench.loseLinks(2);
      },
    },
  },
  {
    title: 'the source’s libvirtd dies and is started again',
    ends: (row) => (isPeer(row) && row.phase === 'finish' ? 'source' : withoutSource(row)),
    takes: { at: 1, what: () => ['libvirtd'] },
    strike: {
      begin: (bench) => bench.killLibvirtd(1),
      end: (bench) => bench.lab.startLibvirtd(1),
    },
  },
  {
    title: 'the target’s libvirtd dies and is started again',
    ends: withoutTarget,
    takes: { at: 2, what: () => ['libvirtd'] },
    strike: {
      begin: (bench) => bench.killLibvirtd(2),
      end: (bench) => bench.lab.startLibvirtd(2),
    },
  },
  {
    title: 'the power of the source fails',
    ends: (row) => {
      const left = row.way === 'offline' ? 'started' : 'off';
      if (isPeer(row)) return row.phase === 'confirm' ? 'target' : left;
      return isPerformed(row) && row.way !== 'offline' ? 'target' : left;
    },
    takes: {
      at: 1,
      what: ({ way }) => (way === 'offline' ? ['libvirtd', 'login'] : ['libvirtd', 'login', 'qemu']),
    },
    strike: {
      begin: (bench) => bench.powerFails(1),
      async end(bench, batch) {
        await bench.noticed(batch);
        await bench.lab.startLibvirtd(1);
        await bench.letIn(1);
      },
    },
  },
  {
    title: 'the target’s disk is full',
    senseless(row) {
      if (AFTER_FINISH.has(row.phase))
        return 'the target has its disks and its definition: nothing more is written';
      return row.phase === 'way' && isShared(row) ? 'nothing is written on the way' : null;
    },
    // What has no room there is its definition.
    ends: withoutTarget,
    // Why libvirt gave up what went on by post-copy is in its own log.
    met: (row) =>
      withoutTarget(row) === 'lost' ? /its libvirtd gave it up there/ : /No space left on device/,
    strike: { begin: (bench) => bench.fillTarget() },
  },
  {
    title: 'it is cancelled',
    ends: (row) => {
      if (row.way === 'offline') return 'source';
      if (row.way === 'postCopy' || isPeer(row)) return row.phase === 'way' ? 'source' : 'target';
      return isBeforeFinish(row) ? 'source' : 'target';
    },
    met: () => /^Cancelling$/m,
    strike: { begin: (bench, batch) => bench.cancelAll(batch) },
  },
  {
    title: 'Virtlane is killed and started again',
    ends: (row) => {
      if (isPeer(row)) return 'target';
      return row.way === 'offline' ? 'source' : withoutTarget(row);
    },
    takes: { at: 1, what: () => ['program'] },
    strike: null,
  },
];
