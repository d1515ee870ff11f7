import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { endOf, startChild } from '../support/child.ts';
import { cloneInput } from '../support/clone-input.ts';
import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import { jobOver } from '../support/job-watch.ts';
import { CLONE_JOBS, makeMachine, uuidOf } from './clone-fault-jobs.ts';
import { both, FaultBench, type Batch, type End, type Outcome, type Row } from './storage-fault-bench.ts';
import type { KilledRow } from './storage-fault-core.ts';
import { FOLDER, SOURCE } from './storage-fault-jobs.ts';

const CHILD = path.join(import.meta.dirname, 'storage-fault-core.ts');

/** `waits`: for a host that is away; `asked`: libvirtd, which cannot answer; a state: it ended while the host was away. */
type Cell = readonly [met: 'waits' | 'asked' | End, ends: End];

const [BACKUP, SNAPSHOT, OFF, STRAIGHT] = CLONE_JOBS.map(({ title }) => title) as [
  string,
  string,
  string,
  string,
];

/** What makes it go wrong, in the middle of every job at once. */
interface Fault {
  readonly title: string;
  /** By step: what a job is at in the middle of it, and how it ends. A job that is left out it cannot meet. */
  readonly cells: Readonly<Record<string, Readonly<Record<string, Cell>>>>;
  /** What each job was at in the middle of it, by the name of its clone. */
  strike(bench: FaultBench, batch: Batch): Promise<ReadonlyMap<string, string>>;
}

/** The host goes before the jobs ask for anything more, and is back when each of them waits for it, or has ended without it, as it had done nothing yet. */
const gone = (what: string, at: number, cells: Fault['cells']): Fault => ({
  title: `the ${what} is gone`,
  cells,
  async strike(bench, batch) {
    await bench.cut([at]);
    batch.letGo();
    return bench.hostReturns(batch, [at]);
  },
});

/** The same for every step of a job that the hosts send by themselves. */
function straight(cell: Cell): Readonly<Record<string, Cell>> {
  return everywhere(cell)[STRAIGHT] ?? {};
}

/** The same for every job and step. */
function everywhere(cell: Cell): Fault['cells'] {
  return Object.fromEntries(
    CLONE_JOBS.map(({ title, steps }) => [title, Object.fromEntries(steps.map((step) => [step, cell]))]),
  );
}

const FAULTS: readonly Fault[] = [
  gone('source', 1, {
    [BACKUP]: {
      'away-1-vda': ['failed', 'failed'],
      backup: ['waits', 'done'],
      'send-1-vda': ['waits', 'done'],
      'away-1-vda-end': ['waits', 'done'],
      // From `define-1` on it asks the source for nothing.
    },
    [SNAPSHOT]: {
      snapshot: ['failed', 'failed'],
      // The machine writes beside its disks: that is ended, and waits for nothing else.
      'volume-1-1': ['waits', 'failed'],
      rejoin: ['waits', 'done'],
      'define-1': ['waits', 'done'],
    },
    [OFF]: { 'send-1-vda': ['waits', 'done'] },
    [STRAIGHT]: straight(['waits', 'done']),
  }),
  // By a snapshot nothing is cloned to another host here: there is no target that could go.
  gone('target', 2, {
    [BACKUP]: {
      'away-1-vda': ['waits', 'done'],
      backup: ['waits', 'done'],
      'send-1-vda': ['waits', 'done'],
      'away-1-vda-end': ['waits', 'done'],
      'define-1': ['waits', 'done'],
    },
    [OFF]: { 'send-1-vda': ['waits', 'done'] },
    [STRAIGHT]: straight(['waits', 'done']),
  }),
  {
    title: 'the source does not reach the target',
    cells: { [STRAIGHT]: straight(['done', 'done']) },
    async strike(bench, batch) {
      const route = `blackhole ${bench.lab.address(2)}/32`;
      await bench.sh(`ip route add ${route}`);
      try {
        batch.letGo();
        const over = [...batch.jobs].map(async ([name, id]) => [name, (await jobOver(bench.core, id)).state]);
        return new Map((await Promise.all(over)) as [string, string][]);
      } finally {
        await bench.sh(`ip route del ${route}`);
      }
    },
  },
  {
    title: 'cancelled',
    // What else the hosts do by themselves asks libvirtd for nothing.
    cells: { ...everywhere(['asked', 'cancelled']), [STRAIGHT]: { 'send-1-vda': ['asked', 'cancelled'] } },
    async strike(bench, batch) {
      await bench.askedByAll(batch);
      await bench.cancelAll(batch);
      await bench.signal('CONT');
      return new Map(batch.names.map((name) => [name, 'asked']));
    },
  },
  {
    title: 'libvirtd dies after it was asked',
    cells: {
      ...everywhere(['asked', 'failed']),
      [BACKUP]: { ...everywhere(['asked', 'failed'])[BACKUP], 'send-1-vda': ['asked', 'done'] },
      [SNAPSHOT]: { ...everywhere(['asked', 'failed'])[SNAPSHOT], rejoin: ['asked', 'done'] },
      [OFF]: { 'send-1-vda': ['asked', 'done'] },
      [STRAIGHT]: { 'send-1-vda': ['asked', 'done'] },
    },
    async strike(bench, batch) {
      await bench.askedByAll(batch);
      await bench.signal('KILL');
      await bench.lostByAll(batch);
      await both((at) => bench.lab.startLibvirtd(at));
      return new Map(batch.names.map((name) => [name, 'asked']));
    },
  },
];

type CloneRow = Row & { readonly runs: boolean; readonly step: string };

const ROWS: readonly CloneRow[] = CLONE_JOBS.flatMap((job) =>
  job.steps.map((step) => ({ job, step, runs: job.runs })),
).map((row, i) => ({ ...row, name: `v${i}` }));

suite('faults in every way of a clone, at every step', { timeout: 600_000 }, () => {
  let bench: FaultBench;
  before(async () => {
    bench = await FaultBench.open();
    const made = ROWS.map(({ runs }, number) => makeMachine({ number, runs }));
    await bench.sh(`set -e; ${made.join('; ')}; virsh -q pool-refresh faults`);
  });
  after(async () => {
    await bench.sh('for m in $(virsh list --all --name); do virsh destroy $m; virsh undefine $m; done; :');
    await bench.close();
  });

  /** Each machine that is cloned runs as before, on its own disk, and nothing is done to it. */
  async function assertSources(): Promise<void> {
    const script = ROWS.map(
      (_, i) =>
        `echo m${i} $(virsh domstate m${i}) $(virsh domblklist m${i} | grep -o '/.*') $(virsh domjobinfo m${i} 2>&1 | grep -o None)`,
    ).join('; ');
    const expected = ROWS.map(
      ({ runs }, i) => `m${i} ${runs ? 'running' : 'shut off'} ${FOLDER}/m${i}.qcow2${runs ? ' None' : ''}`,
    );
    const told = (await bench.sh(script)).trim().split('\n');
    assert.deepEqual(told, expected);
    const files = [SOURCE, ...ROWS.map((_, i) => `m${i}.qcow2`)].toSorted();
    assert.deepEqual((await bench.sh(`ls ${FOLDER} | grep -v '^v'`)).trim().split('\n').toSorted(), files);
    await both(async (at) => {
      const orphans = (await bench.sh(`ls ${FOLDER}; virsh list --all --name`, at)).match(
        /^.*(?:away|way|meanwhile).*$/gm,
      );
      assert.equal(orphans, null);
      // Of a way from host to host neither key, nor line, nor what receives.
      const way = 'ls /run /root/.ssh | grep virtlane; grep restrict, /root/.ssh/authorized_keys; :';
      assert.equal(await bench.sh(way, at), '');
    });
  }
  const clear = (): Promise<void> =>
    both((at) =>
      bench.sh(
        `for m in $(virsh list --all --name | grep ^v); do virsh -q undefine $m; done; rm -f ${FOLDER}/v[0-9]*; virsh -q pool-refresh faults`,
        at,
      ),
    );

  for (const fault of FAULTS)
    suite(fault.title, () => {
      const cellOf = ({ job, step }: CloneRow): Cell | undefined => fault.cells[job.title]?.[step];
      const rows = ROWS.filter((row) => cellOf(row) !== undefined);
      let found: Map<Row, Outcome>;
      let met: ReadonlyMap<string, string>;
      before(async () => {
        found = await bench.walk(async (batch) => (met = await fault.strike(bench, batch)), rows);
      });
      after(clear);
      for (const row of rows)
        test(`${row.job.title}: ${row.step}`, () => {
          const [at, ends] = cellOf(row) ?? assert.fail();
          assert.equal(met.get(row.name), at);
          bench.assertClean(row, found.get(row), [ends]);
        });
      test('the machines are as before, and nothing else is left', assertSources);
    });

  for (const direct of [false, true])
    test(`the target is full in the middle of the bytes${direct ? ', which come straight from the source' : ''}: that is said, and nothing is left on either host`, async () => {
      const small = '/srv/clone-small';
      await bench.sh(
        `mkdir -p ${small}; mount -t tmpfs -o size=3m tmpfs ${small}; virsh -q pool-create-as small dir --target ${small}`,
        2,
      );
      try {
        const { core, host, other } = bench.place;
        const pool = (await bench.sh('virsh pool-uuid small', 2)).trim();
        const last = ROWS.length - 1;
        const ends = { host, machine: uuidOf(last), to: other.host, name: `v${last}` };
        const disks = [{ target: 'vda', way: 'copy' as const, pool, format: null }];
        const { job } = await core.client.clone.run(cloneInput(ends, { disks, direct }));
        const { state, failure, mayBeLeft } = await jobOver(core, job);
        assert.deepEqual([state, mayBeLeft], ['failed', []]);
        assert.match(JSON.stringify(failure), /No space left/);
        assert.equal(await bench.sh(`ls ${small}; virsh list --all --name`, 2), '\n');
        await assertSources();
      } finally {
        await bench.sh(`virsh -q pool-destroy small; umount ${small}; rmdir ${small}`, 2);
      }
    });

  test('the machine goes off while it writes beside its disk: the file is named, and it starts from there', async () => {
    const row = ROWS.find(({ job, step }) => job.title === 'by a snapshot' && step === 'volume-1-1');
    assert.ok(row !== undefined);
    const machine = `m${row.name.slice(1)}`;
    const found = await bench.walk(
      async (batch) => {
        await bench.sh(`virsh -q destroy ${machine}`);
        batch.letGo();
      },
      [row],
    );
    const { state, mayBeLeft, there } = found.get(row) ?? assert.fail();
    assert.deepEqual([state, there], ['failed', 'as before']);
    const [left = ''] = mayBeLeft;
    const file = /\S+meanwhile\S+\.qcow2/.exec(left)?.[0] ?? '';
    assert.match(left, /went off, and what it wrote since is in .+: it starts from there/);
    await bench.sh(
      `virsh -q start ${machine}; virsh domblklist ${machine} | grep -q ${file}; virsh -q blockcommit ${machine} vda --active --pivot --shallow; rm ${file}; virsh -q pool-refresh faults`,
    );
    await assertSources();
  });

  suite('the program is killed and started again', () => {
    const found = new Map<Row, Outcome>();
    before(async () => {
      const { folder } = bench.core;
      const file = path.join(folder, 'secrets.json');
      await bench.core.stop();
      const killed = ROWS.map(({ job, name, step }): KilledRow => ({
        job: job.title,
        name,
        point: { moment: 'begun', step },
      }));
      const { core: _, ...at } = bench.place;
      const child = await startChild(CHILD, [folder, file, JSON.stringify(at), JSON.stringify(killed)]);
      assert.equal(await endOf(child), 'SIGKILL');
      const journals = (await readdir(path.join(folder, 'data', 'jobs'))).map((one) => path.parse(one).name);
      await bench.startAgain(() => TestCore.open({ folder, secrets: new FileSecrets(file) }));
      const jobOf = new Map((await bench.jobs(journals)).map((job) => [job.name, job]));
      await Promise.all(
        ROWS.map(async (row) => {
          const { id, state } = jobOf.get(row.name) ?? assert.fail(`there is no job of ${row.name}`);
          const choice = Number(row.name.slice(1)) % 2 === 0 ? 'goOn' : 'undo';
          // What diverts a machine does not wait for a person.
          if (state === 'interrupted') await bench.core.client.activity.resumeJob({ job: id, choice });
          found.set(row, await bench.outcome(row, { job: id }, bench.place));
        }),
      );
    });
    after(clear);
    for (const row of ROWS)
      test(`${row.job.title}: ${row.step}`, () => {
        const isUrgent = ['snapshot', 'volume-1-1', 'rejoin'].includes(row.step);
        const isTakenBack = Number(row.name.slice(1)) % 2 === 1;
        const ends: End = isUrgent ? 'failed' : isTakenBack ? 'cancelled' : 'done';
        bench.assertClean(row, found.get(row), [ends]);
      });
    test('the machines are as before, and nothing else is left', assertSources);
  });
});
