import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { endOf, startChild } from '../support/child.ts';
import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import {
  both,
  FaultBench,
  FULL,
  type Batch,
  type End,
  type Met,
  type Outcome,
  type Row,
} from './storage-fault-bench.ts';
import type { KilledRow } from './storage-fault-core.ts';
import { hostOf, JOBS, SOURCE, type FaultJob } from './storage-fault-jobs.ts';

const CHILD = path.join(import.meta.dirname, 'storage-fault-core.ts');
/**
 * What a row was at in the middle of the fault, and how it ends. `waits`: for a host that is away; `lost`: its one call; `asked`: libvirtd,
 * which cannot answer; `held`: it had not asked yet; a state: it ended while the host was away.
 */
type Cell = readonly [met: 'waits' | 'lost' | 'asked' | 'held' | End, ends: End];

/** What makes it go wrong, in the middle of every job at once. */
interface Fault {
  readonly title: string;
  readonly every: Cell;
  /** What some rows do in particular, by `title: step` or `title`. */
  readonly ofRow?: Readonly<Record<string, Cell>>;
  readonly cancels?: true;
  /** A job that is one call, which libvirtd may have read before its link was cut: nobody waits for the end of it. */
  readonly mayBeDone?: string;
  /** Combinations that make no sense, with the reason. */
  readonly senseless?: Readonly<Record<string, string>>;
  /** What each row was at in the middle of it, by its name. */
  strike(bench: FaultBench, batch: Batch): Promise<Met>;
}

/** The hosts are away, and back when every job waits for them or is over: one waits to take back what it may have made, an upload and a download to go on. */
const AWAY: Pick<Fault, 'every' | 'ofRow'> = {
  every: ['waits', 'failed'],
  ofRow: {
    // These have asked for nothing yet that could be taken back.
    'create a volume that is filled at once': ['failed', 'failed'],
    'create a qcow2 volume': ['failed', 'failed'],
    'upload a file and convert it: upload': ['waits', 'done'],
    'upload a file as it is': ['waits', 'done'],
    'clone a volume': ['failed', 'failed'],
    'wipe a volume': ['failed', 'failed'],
    'download a volume': ['waits', 'done'],
    'resize a volume': ['lost', 'failed'],
  },
};

/** They are away before they are asked: what makes something new, and has begun that, goes on when they are back. */
const NOT_ASKED: Pick<Fault, 'every' | 'ofRow'> = {
  ...AWAY,
  ofRow: {
    ...AWAY.ofRow,
    'upload a file and convert it: convert': ['waits', 'done'],
    'upload a file and convert it: tidy': ['waits', 'done'],
  },
};

const NOBODY_CANCELS = { 'resize a volume': 'one call, which nobody cancels' };

const FAULTS: readonly Fault[] = [
  {
    title: 'the host is gone before it is asked',
    ...NOT_ASKED,
    async strike(bench, batch) {
      await bench.cut();
      batch.letGo();
      return bench.hostReturns(batch);
    },
  },
  {
    title: 'the host is gone after it was asked',
    ...AWAY,
    mayBeDone: 'resize a volume',
    async strike(bench, batch) {
      await bench.askedByAll(batch);
      await bench.cut();
      await bench.lostByAll(batch);
      await bench.signal('CONT');
      return bench.hostReturns(batch);
    },
  },
  {
    title: 'cancelled before the host is asked',
    every: ['held', 'cancelled'],
    cancels: true,
    senseless: NOBODY_CANCELS,
    async strike(bench, batch) {
      await bench.cancelAll(batch);
      batch.letGo();
      return allAt(batch, 'held');
    },
  },
  {
    title: 'cancelled after the host was asked',
    every: ['asked', 'cancelled'],
    cancels: true,
    ofRow: {
      // The last that is asked for, which libvirt cannot stop: it is whole when the cancel is looked at.
      'create and build a pool: autostart': ['asked', 'done'],
      'wipe a volume': ['asked', 'done'],
    },
    senseless: NOBODY_CANCELS,
    async strike(bench, batch) {
      await bench.askedByAll(batch);
      await bench.cancelAll(batch);
      await bench.signal('CONT');
      return allAt(batch, 'asked');
    },
  },
  {
    title: 'libvirtd ends and is started again before it is asked',
    ...NOT_ASKED,
    async strike(bench, batch) {
      await both((at) => bench.lab.stopLibvirtd(at));
      batch.letGo();
      const met = await bench.noticed(batch);
      await both((at) => bench.lab.startLibvirtd(at));
      return met;
    },
  },
  {
    title: 'libvirtd dies after it was asked',
    ...AWAY,
    async strike(bench, batch) {
      await bench.askedByAll(batch);
      await bench.signal('KILL');
      await bench.lostByAll(batch);
      const met = await bench.noticed(batch);
      await both((at) => bench.lab.startLibvirtd(at));
      return met;
    },
  },
];

suite('faults in every storage job, at every step', { timeout: 900_000 }, () => {
  let bench: FaultBench;
  before(async () => {
    bench = await FaultBench.open();
  });
  after(() => bench.close());

  for (const fault of FAULTS)
    suite(fault.title, () => {
      const rows = rowsOf(fault);
      let found: Map<Row, Outcome>;
      let met: Met;
      before(async () => {
        found = await bench.walk(async (batch) => (met = await fault.strike(bench, batch)), rows);
      });
      after(() => bench.clearRows());
      for (const row of rows) {
        const at = row.step === null ? row.job.title : `${row.job.title}: ${row.step}`;
        test(at, () => {
          const [expected, ends] = fault.ofRow?.[at] ?? fault.ofRow?.[row.job.title] ?? fault.every;
          assert.equal(met.get(row.name), expected);
          assert.equal(found.get(row)?.log.includes('Cancelling'), fault.cancels === true);
          bench.assertClean(row, found.get(row), [ends], { mayBeDone: fault.mayBeDone === row.job.title });
        });
      }
      for (const [job, why] of Object.entries(fault.senseless ?? {})) test(job, { skip: why });
      test('nothing else is left', () => bench.assertNothingElse());
    });

  suite('the program is killed and started again', () => {
    const moments = ['begun', 'answered'] as const;
    const choices = ['goOn', 'undo'] as const;
    const all = rowsOf({}).flatMap((row) =>
      moments.flatMap((moment) => choices.map((choice) => ({ ...row, moment, choice }))),
    );
    const rows = all
      .filter(({ step }) => step !== null)
      .map((row, i) => ({ ...row, name: nameOf(row.job, i) }));
    const found = new Map<Row, Outcome>();
    before(async () => {
      await bench.prepare(rows, bench.place);
      const { folder } = bench.core;
      const file = path.join(folder, 'secrets.json');
      await bench.core.stop();
      const killed = rows.map(({ job, name, step, moment }): KilledRow => ({
        job: job.title,
        name,
        point: { moment, step: step ?? '' },
      }));
      const { core: _, ...at } = bench.place;
      const child = await startChild(CHILD, [folder, file, JSON.stringify(at), JSON.stringify(killed)]);
      assert.equal(await endOf(child), 'SIGKILL');
      await bench.startAgain(() => TestCore.open({ folder, secrets: new FileSecrets(file) }));
      const journals = (await readdir(path.join(folder, 'data', 'jobs'))).map((one) => path.parse(one).name);
      const jobOf = new Map((await bench.jobs(journals)).map(({ id, name, state }) => [name, { id, state }]));
      await Promise.all(
        rows.map(async (row) => {
          const { id, state } = jobOf.get(row.name) ?? assert.fail(`there is no job of ${row.name}`);
          assert.equal(state, 'interrupted');
          await bench.core.client.activity.resumeJob({ job: id, choice: row.choice });
          found.set(row, await bench.outcome(row, { job: id }, bench.place));
        }),
      );
      assert.deepEqual(await readdir(path.join(folder, 'data', 'jobs')), []);
    });
    after(() => bench.clearRows());
    for (const row of rows) {
      const { job, step, moment, choice } = row;
      test(`${job.title}: ${step} ${moment}, then ${choice}`, () => {
        // The file of a killed program is not offered any more; what is deleted stays deleted.
        const isGone = step === 'upload' || (step === 'delete' && moment === 'answered');
        const [ended, other] =
          choice === 'goOn' ? (['done', 'failed'] as const) : (['cancelled', 'done'] as const);
        const isOther = isGone && (step === 'upload') === (choice === 'goOn');
        bench.assertClean(row, found.get(row), [isOther ? other : ended]);
      });
    }
    for (const { title } of JOBS.filter(({ steps }) => steps.length === 0))
      test(title, { skip: 'it is in no journal, and ends with its program' });
    test('nothing else is left', () => bench.assertNothingElse());
  });

  suite('the disk is full', () => {
    // What frees room comes last.
    const rows = rowsOf({ senseless: { 'download a volume': '' } }).filter(
      ({ job, step }) => step === (job.steps[0] ?? null),
    );
    const ends = { 'wipe a volume': 'done', 'resize a volume': 'done', 'delete a volume': 'done' } as Record<
      string,
      End
    >;
    const found = new Map<Row, Outcome>();
    before(async () => {
      await bench.prepare(rows, bench.full);
      await bench.sh(`cat /dev/zero >${FULL}/others 2>/dev/null || :`);
      for (const row of rows) {
        const begun = await row.job.begin(bench.full, row.name);
        begun.letGo?.();
        found.set(row, await bench.outcome(row, begun, bench.full));
      }
    });
    for (const row of rows)
      test(row.job.title, () => bench.assertClean(row, found.get(row), [ends[row.job.title] ?? 'failed']));
    test('download a volume', { skip: 'it takes no room on the host' });
    test('nothing else is left', async () => {
      const kept = rows.filter(({ job }) => ['wipe a volume', 'resize a volume'].includes(job.title));
      const files = [...kept.map(({ name }) => name), 'others', SOURCE];
      assert.deepEqual((await bench.sh(`ls ${FULL}`)).trim().split('\n').toSorted(), files.toSorted());
      await bench.assertSource(FULL);
      await bench.assertNothingElse();
    });
  });
});

function allAt({ names, jobs }: Batch, at: string): Met {
  return new Map([...names, ...jobs.keys()].map((name) => [name, at]));
}

function rowsOf(fault: Pick<Fault, 'senseless'>): Row[] {
  return JOBS.flatMap((job) => (job.steps.length === 0 ? [null] : job.steps).map((step) => ({ job, step })))
    .map((row, i) => ({ ...row, name: nameOf(row.job, i) }))
    .filter(({ job }) => fault.senseless?.[job.title] === undefined);
}

/** Unique in its table. */
function nameOf(job: FaultJob, i: number): string {
  return `${hostOf(job) === 1 ? 'v' : 'p'}${i}`;
}
