import assert from 'node:assert/strict';
import type { Job } from '../../main/contract/activity.ts';
import type { Failure } from '../../main/contract/failure.ts';
import type { Host } from '../../main/contract/host.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { CallWatch } from '../support/call-watch.ts';
import { JobGate } from '../support/job-gate.ts';
import { jobOver, jobsNow } from '../support/job-watch.ts';
import { until } from '../support/wait.ts';
import {
  FOLDER,
  hostOf,
  LONG,
  LONG_BYTES,
  POOLS,
  SOURCE,
  SOURCE_BYTES,
  type Begun,
  type FaultJob,
  type Place,
} from './storage-fault-jobs.ts';

export const FULL = '/srv/storage-full';
export type End = 'done' | 'failed' | 'cancelled';

/** Jobs that are held. */
export interface Batch {
  /** Ids by the names of the rows, without those that are one call. */
  readonly jobs: ReadonlyMap<string, string>;
  /** Of the rows whose calls are watched: all but those whose stream is read already. */
  readonly names: readonly string[];
  readonly calls: CallWatch;
  /** Lets all jobs go on from where they are held. */
  letGo(): void;
}

/** A cell of the table without its fault. */
export interface Row {
  readonly job: FaultJob;
  readonly step: string | null;
  readonly name: string;
}

/** What each row was at in the middle of a fault, by its name: `waits` for a host, its one call is `lost`, or how its job had ended. */
export type Met = ReadonlyMap<string, string>;

/** How it ended, and what there is then. */
export interface Outcome {
  readonly state: string;
  readonly failure: Failure | null;
  readonly mayBeLeft: readonly string[];
  readonly log: readonly string[];
  readonly there: string;
  readonly here: string | undefined;
}

/** Two hosts with a pool each, one with a pool that can be filled, and a core that works on them. */
export class FaultBench {
  readonly lab: Lab;
  core: TestCore;
  place: Place;
  full: Place;
  readonly #sourceHash: string;
  /** Of what is downloaded. */
  readonly #longHash: string;

  private constructor(
    lab: Lab,
    places: { place: Place; full: Place },
    [sourceHash, longHash]: readonly [string, string],
  ) {
    this.lab = lab;
    this.core = places.place.core;
    this.place = places.place;
    this.full = places.full;
    this.#sourceHash = sourceHash;
    this.#longHash = longHash;
  }

  static async open(): Promise<FaultBench> {
    const lab = await Lab.up(2);
    const sh = (command: string, at = 1) => lab.exec(at, 'sh', '-c', command);
    await both((at) => lab.clean(at));
    await clear(lab);
    await sh(
      `mkdir -p ${FULL}; mount -t tmpfs -o size=24m tmpfs ${FULL}; head -c ${SOURCE_BYTES} /dev/urandom >${FULL}/${SOURCE}`,
    );
    await sh(`mkdir -p ${POOLS} ${FULL}-pools; mount -t tmpfs -o nr_inodes=1 tmpfs ${FULL}-pools`, 2);
    const bytes = await lab.exec(1, 'base64', '-w0', `${FULL}/${SOURCE}`);
    await both((at) =>
      lab.execWith(
        bytes,
        at,
        'sh',
        '-ec',
        `mkdir -p ${FOLDER}; base64 -d >${FOLDER}/${SOURCE}; cp ${FOLDER}/${SOURCE} /tmp; ${definePool('faults', FOLDER)}`,
      ),
    );
    await sh(definePool('full', FULL));
    const sourceHash = (await sh(`sha256sum <${FOLDER}/${SOURCE}`)).slice(0, 64);
    await sh(`head -c ${LONG_BYTES} /dev/urandom >${FOLDER}/${LONG}; virsh -q pool-refresh faults`, 2);
    const longHash = (await sh(`sha256sum <${FOLDER}/${LONG}`, 2)).slice(0, 64);
    const core = await TestCore.open({ lab });
    const hosts = [
      await core.connect(`root@${lab.address(1)}`),
      await core.connect(`root@${lab.address(2)}`),
    ] as const;
    const uuid = async (name: string, at = 1) => (await sh(`virsh pool-uuid ${name}`, at)).trim();
    const other = { host: hosts[1], pool: await uuid('faults', 2) };
    const common = { core, host: hosts[0], other };
    const place = { ...common, pool: await uuid('faults'), poolName: 'faults', folder: FOLDER, pools: POOLS };
    const full = {
      ...common,
      pool: await uuid('full'),
      poolName: 'full',
      folder: FULL,
      pools: `${FULL}-pools`,
    };
    return new FaultBench(lab, { place, full }, [sourceHash, longHash]);
  }

  async close(): Promise<void> {
    await this.core.close();
    await clear(this.lab);
    await both((at) => this.lab.clean(at));
    await this.lab.release();
  }

  /** Another core, on what the last one has left. */
  async startAgain(open: () => Promise<TestCore>): Promise<void> {
    this.core = await open();
    this.place = { ...this.place, core: this.core };
    this.full = { ...this.full, core: this.core };
    await this.inState('connected');
  }

  sh(command: string, at = 1): Promise<string> {
    return this.lab.exec(at, 'sh', '-c', command);
  }

  /** Nobody can log in, and who was is not any more. */
  async cut(hosts: readonly number[] = BOTH): Promise<void> {
    await onAll(hosts, (at) => this.sh('lab-sshd off', at));
    await this.inState('away', hosts);
  }

  inState(state: Host['state'], hosts: readonly number[] = BOTH): Promise<void> {
    return onAll(hosts, (at) => this.core.inState(at === 1 ? this.place.host : this.place.other.host, state));
  }

  /** Of libvirtd. */
  signal(name: string): Promise<void> {
    return both((at) => this.sh(`kill -${name} $(cat /run/libvirtd.pid)`, at));
  }

  /** libvirtd sleeps, and every job waits for an answer of it. */
  async askedByAll(batch: Batch): Promise<void> {
    await this.signal('STOP');
    batch.letGo();
    await until(() => batch.names.every((name) => batch.calls.asked(name)), 'libvirtd is asked by every job');
  }

  /** Every call that was asked is lost with its link. */
  async lostByAll({ names, calls }: Batch): Promise<void> {
    await until(() => names.every((name) => calls.lost(name)), 'every job has lost its call');
  }

  /** What every row is at while the hosts are away still: its job waits for them, or is over; then they are back. */
  async hostReturns(batch: Batch, hosts: readonly number[] = BOTH): Promise<Met> {
    const met = await this.noticed(batch);
    await this.letIn(hosts);
    return met;
  }

  /** What every row is at when it has noticed that its hosts are away: its job waits for them, or is over; without one, its call is lost. */
  async noticed({ jobs, calls, names }: Batch): Promise<Met> {
    const isNoticed = ({ finishedAt, waitsFor }: Job): boolean => finishedAt !== null || waitsFor.length > 0;
    await until(
      async () => (await this.jobs([...jobs.values()])).every(isNoticed),
      'every job has noticed that its host is away',
    );
    const single = names.filter((name) => !jobs.has(name));
    await until(() => single.every((name) => calls.lost(name)), 'every call without a job is lost');
    const met = new Map(single.map((name) => [name, 'lost']));
    for (const [name, id] of jobs) {
      const { state, waitsFor } = await this.jobNow(id);
      met.set(name, waitsFor.length > 0 ? 'waits' : state);
    }
    return met;
  }

  /** Who could not log in can again. */
  async letIn(hosts: readonly number[] = BOTH): Promise<void> {
    await onAll(hosts, (at) => this.sh('lab-sshd', at));
    await this.inState('connected', hosts);
  }

  /** Of one that is over, or too far, it would be refused. */
  async cancelAll({ jobs }: Batch): Promise<void> {
    for (const job of jobs.values()) await this.core.client.activity.cancelJob({ job });
  }

  async jobs(ids: readonly string[]): Promise<Job[]> {
    return Promise.all(ids.map((id) => this.jobNow(id)));
  }
  async jobNow(id: string): Promise<Job> {
    const job = (await jobsNow(this.core)).find((one) => one.id === id);
    return job ?? assert.fail(`job ${id} is listed`);
  }

  async look({ job, name }: Row, { folder, pools, poolName }: Place): Promise<string> {
    const text = await this.sh(
      `cd ${folder}; n=${name}; pool=${poolName}; pools=${pools}; ${job.look}`,
      hostOf(job),
    );
    return text.trim();
  }

  async outcome(row: Row, begun: Begun, at: Place): Promise<Outcome> {
    const here = await begun.here;
    if (begun.job === null) {
      const failure = await (begun.over ?? Promise.resolve()).then(
        () => null,
        (error: unknown) => (error as { data: Failure }).data,
      );
      const state = failure === null ? 'done' : 'failed';
      await this.inState('connected');
      return { state, failure, mayBeLeft: [], log: [], there: await this.look(row, at), here };
    }
    const { state, failure, mayBeLeft, log } = await jobOver(this.core, begun.job);
    await begun.close?.();
    return {
      state,
      failure,
      mayBeLeft,
      log: log.map(({ text }) => text),
      there: await this.look(row, at),
      here,
    };
  }

  async prepare(rows: readonly Row[], { folder, poolName }: Place): Promise<void> {
    const lines = rows.flatMap(({ job, name }) =>
      job.before === undefined ? [] : [`n=${name}; ${job.before}`],
    );
    await this.sh(`cd ${folder}; ${[...lines, `virsh -q pool-refresh ${poolName}`].join('; ')}`);
  }

  async isHeld(gate: JobGate, { name, step }: Row, id: string): Promise<void> {
    await until(async () => {
      const now = await this.jobNow(id);
      assert.ok(now.finishedAt === null, `it is over before ${step}: ${JSON.stringify(now)}`);
      return gate.holds(name);
    }, `${name} is at ${step}`);
  }

  /** Begins every row's job and holds it at its step; strikes; waits until all are over. */
  async walk(strike: (batch: Batch) => Promise<unknown>, rows: readonly Row[]): Promise<Map<Row, Outcome>> {
    await this.prepare(rows, this.place);
    const calls = new CallWatch(
      new Map(rows.flatMap(({ job, name }) => (job.call === undefined ? [] : [[name, job.call]]))),
    );
    const gate = new JobGate(
      new Map(rows.flatMap(({ step, name }) => (step === null ? [] : [[name, { moment: 'begun', step }]]))),
    );
    const begun = await Promise.all(
      rows.map(async (row) => ({ row, ...(await row.job.begin(this.place, row.name)) })),
    );
    await Promise.all(
      begun.map(({ row, job, held }) => {
        if (held !== undefined) return held;
        if (job !== null) return this.isHeld(gate, row, job);
        return until(() => calls.holds(row.name), `${row.job.call} of ${row.name} is to be asked`);
      }),
    );
    await strike({
      jobs: new Map(begun.flatMap(({ row, job }) => (job === null ? [] : [[row.name, job]]))),
      names: rows.filter(({ job, step }) => step !== null || job.call !== undefined).map(({ name }) => name),
      calls,
      letGo() {
        gate.letGo();
        calls.letGo();
        for (const one of begun) one.letGo?.();
      },
    });
    const ends = await Promise.all(
      begun.map(async (one) => [one.row, await this.outcome(one.row, one, this.place)] as const),
    );
    calls.end();
    return new Map(ends);
  }

  assertPlain({ job, name }: Row, { state, failure }: Outcome, told: string): void {
    if (state === 'done') {
      assert.equal(failure, null, told);
      return;
    }
    assert.ok(failure !== null, told);
    assert.match(failure.message, job.failed, told);
    assert.ok(job.steps.length === 0 || failure.message.includes(name), told);
    assert.notEqual(failure.code, 'INTERNAL', told);
    assert.equal(state === 'cancelled', failure.code === 'CANCELLED', told);
  }

  /** @param mayBeDone nobody knows whether it was: what it says is all that is looked at */
  assertClean(
    row: Row,
    found: Outcome | undefined,
    ends: readonly End[],
    { mayBeDone = false }: { readonly mayBeDone?: boolean } = {},
  ): void {
    const told = JSON.stringify(found, null, 1);
    assert.ok(found !== undefined && ends.includes(found.state as End), told);
    this.assertPlain(row, found, told);
    // What was overwritten stays so: it is said, and said only then.
    if (row.job.left?.test(found.mayBeLeft.join()) === true) return;
    assert.deepEqual(found.mayBeLeft, [], told);
    const isRead = row.job.title === 'download a volume';
    const expected = found.state === 'done' && !isRead ? 'whole' : 'as before';
    assert.ok(found.there === expected || (mayBeDone && found.there === 'whole'), told);
    if (isRead && found.state === 'done') assert.equal(found.here, this.#longHash, told);
  }

  /** What is read and copied is as it was. */
  async assertSource(folder: string): Promise<void> {
    assert.equal((await this.sh(`sha256sum <${folder}/${SOURCE}`)).slice(0, 64), this.#sourceHash);
  }

  async assertNothingElse(): Promise<void> {
    await this.assertSource(FOLDER);
    assert.equal(await this.sh(`ls ${FOLDER} | grep -v '^v[0-9]*$' | tr '\\n' ' '`), `${SOURCE} `);
    const pools = "virsh -q pool-list --all --name | grep -v '^p[0-9]' | sort | xargs";
    assert.equal(await this.sh(pools), 'default faults full\n');
    assert.equal(await this.sh(pools, 2), 'default faults\n');
    assert.equal((await this.sh('virsh -q secret-list')).trim(), '');
  }

  async clearRows(): Promise<void> {
    await this.sh(`rm -f ${FOLDER}/v[0-9]* /tmp/v[0-9]*; virsh -q pool-refresh faults`);
    await this.sh(
      `for p in $(virsh -q pool-list --all --name | grep "^p[0-9]"); do virsh -q pool-destroy $p; virsh -q pool-undefine $p; done; rm -rf ${POOLS}/*`,
      2,
    );
    await this.inState('connected');
  }
}

const BOTH = [1, 2];

export function both(work: (at: number) => Promise<unknown>): Promise<void> {
  return onAll(BOTH, work);
}

async function onAll(hosts: readonly number[], work: (at: number) => Promise<unknown>): Promise<void> {
  await Promise.all(hosts.map(work));
}

async function clear(lab: Lab): Promise<void> {
  await both((at) =>
    lab.exec(
      at,
      'sh',
      '-c',
      `for p in $(virsh -q pool-list --all --name | awk '$1 != "default" { print $1 }'); do virsh -q pool-destroy $p; virsh -q pool-undefine $p; done
       umount ${FULL} ${FULL}-pools; rm -rf ${FOLDER} ${POOLS} ${FULL} ${FULL}-pools /tmp/v[0-9]* /tmp/${SOURCE}; :`,
    ),
  );
}

function definePool(name: string, folder: string): string {
  return `virsh -q pool-define-as ${name} dir --target ${folder}; virsh -q pool-start ${name}`;
}
