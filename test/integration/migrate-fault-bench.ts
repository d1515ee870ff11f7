import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from '../../main/contract/activity.ts';
import { findJournals } from '../../main/jobs/engine/journal.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { jobOver, jobsNow } from '../support/job-watch.ts';
import { RpcGate } from '../support/rpc-gate.ts';
import { until } from '../support/wait.ts';
import {
  beginRow,
  diskOf,
  FOLDER,
  gateOf,
  type Guest,
  isPeer,
  makeMachines,
  jobGateOf,
  pointOf,
  SHARED,
  type Place,
  type Row,
} from './migrate-fault-rows.ts';
import type { Strike } from './migrate-fault-faults.ts';
import { both, clean, heal, prepareHosts, SIDES, standing, type Side } from './migrate-fault-hosts.ts';
import {
  metByKilled,
  metOf,
  NOTHING_MET,
  pausedBy,
  stationsOf,
  thingsOn,
  type Met,
  type Outcome,
} from './migrate-fault-met.ts';

const CHILD = path.join(import.meta.dirname, 'migrate-fault-core.ts');
/** Where a libvirtd answers others. */
const LIBVIRTD_PORT = 16_509;

/** What sshd says, by its length: that bytes have come is told all the same, else no more than a few calls could be asked. */
const ANSWERS = '-p tcp --sport 22 -m length --length 81:65535';

/** Moves that are held. */
export interface Batch {
  readonly rows: readonly Row[];
  /** By the rows' names. */
  readonly jobs: ReadonlyMap<string, string>;
}

/** Two hosts with a pool each that can be full, a folder that both see, and a core that moves machines from the first to the second. */
export class MoveBench {
  readonly lab: Lab;
  core: TestCore;
  readonly #hosts: Place['hosts'];
  readonly #pool: string;
  #gates = new Map<string, RpcGate>();
  #stage = '';

  private constructor(lab: Lab, core: TestCore, at: { hosts: Place['hosts']; pool: string }) {
    this.lab = lab;
    this.core = core;
    this.#hosts = at.hosts;
    this.#pool = at.pool;
  }

  static async open(): Promise<MoveBench> {
    const lab = await Lab.up(2);
    await clean(lab);
    await prepareHosts(lab);
    const core = await TestCore.open({ lab });
    const hosts = {
      1: await core.connect(`root@${lab.address(1)}`),
      2: await core.connect(`root@${lab.address(2)}`),
    };
    const pool = (await lab.exec(2, 'virsh', 'pool-uuid', 'moves')).trim();
    return new MoveBench(lab, core, { hosts, pool });
  }

  async close(): Promise<void> {
    for (const gate of this.#gates.values()) gate.close();
    await this.core.close();
    await clean(this.lab);
    await this.lab.release();
  }

  host(at: Side): string {
    return this.#hosts[at];
  }

  sh(at: Side, command: string): Promise<string> {
    return this.lab.exec(at, 'sh', '-c', command);
  }

  /** Nobody can log in, and who was is not any more. */
  async cut(at: Side): Promise<void> {
    await this.sh(at, 'lab-sshd off');
    await this.core.inState(this.#hosts[at], 'away');
    if (at === 2) for (const gate of this.#gates.values()) gate.cut();
  }

  /** Who could not log in can again. */
  async letIn(at: Side): Promise<void> {
    await this.sh(at, 'lab-sshd');
    await this.connected();
  }

  async connected(): Promise<void> {
    await both((at) => this.core.inState(this.#hosts[at], 'connected'));
  }

  /** Every job is over, or waits for the host. */
  async noticed({ jobs }: Batch): Promise<void> {
    const waits = ({ finishedAt, waitsFor }: Job): boolean => finishedAt !== null || waitsFor.length > 0;
    await until(async () => {
      const all = await this.jobs();
      return [...jobs.values()].every((id) => all.some((job) => job.id === id && waits(job)));
    }, 'every job has noticed');
  }

  /** What the host answers does not come through, until its links are lost. */
  async deaf(at: Side): Promise<void> {
    await this.sh(at, `iptables -I OUTPUT ${ANSWERS} -j DROP`);
  }

  /** Of a host that is deaf: by resets, as what has been answered by one that is killed would be sent again. */
  async loseLinks(at: Side): Promise<void> {
    const reset = 'INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset';
    await this.sh(
      at,
      `iptables -I ${reset}; ss -K state established sport = :22 >/dev/null 2>&1; pkill -9 -f "^sshd: root" || :`,
    );
    await this.core.inState(this.#hosts[at], 'away');
    await this.sh(at, `iptables -D ${reset}; iptables -D OUTPUT ${ANSWERS} -j DROP`);
  }

  /** At once: told to end, libvirtd waits a minute for what is on its way. */
  async killLibvirtd(at: Side): Promise<void> {
    await this.sh(at, 'kill -9 $(cat /run/libvirtd.pid)');
    await this.#libvirtdIsGone(at);
  }

  /** The gates have noticed: who is killed may still be on its way out, and what it asked would be passed on. */
  async #libvirtdIsGone(at: Side): Promise<void> {
    for (const gate of this.#gates.values()) {
      if (at === 2) gate.cut();
      await gate.gone();
    }
  }

  /** All that the host was doing is over, and its machines are off. */
  async powerFails(at: Side): Promise<void> {
    await this.sh(
      at,
      'kill -9 $(cat /run/libvirtd.pid); pkill -9 qemu-system; rm -rf /run/libvirt/qemu/*; lab-sshd off',
    );
    await this.#libvirtdIsGone(at);
    await this.core.inState(this.#hosts[at], 'away');
  }

  async cancelAll({ jobs }: Batch): Promise<void> {
    for (const job of jobs.values()) await this.core.client.activity.cancelJob({ job });
  }

  /** The row's machine runs on the target, as that says. */
  async runsThere(rows: readonly Row[]): Promise<void> {
    await until(async () => {
      const list = (await this.sh(2, 'virsh list --name --state-running')).split('\n');
      return rows.every(({ name }) => list.includes(name));
    }, 'they run on the target');
  }

  /** The target has done what it was asked of each: the machine runs there, or is defined. */
  async areThere(rows: readonly Row[]): Promise<void> {
    await this.runsThere(rows.filter(({ way }) => way !== 'offline'));
    await until(async () => {
      const list = (await this.sh(2, 'virsh list --all --name')).split('\n');
      return rows.every(({ name }) => list.includes(name));
    }, 'all are on the target');
  }

  /** Neither disks nor definitions have room on the target. */
  async fillTarget(): Promise<void> {
    await this.sh(
      2,
      `set -e; for d in ${FOLDER} /etc/libvirt/qemu; do cat /dev/zero >$d/full 2>/dev/null || :; [ $(df --output=avail $d | tail -1) -eq 0 ]; done`,
    );
  }

  /** Begins every row's move and holds it in its phase; strikes; waits until all are over. @param at the host that something is taken from */
  async walk(rows: readonly Row[], strike: Strike, at: Side): Promise<Map<Row, Outcome>> {
    this.#stage = 'they are made';
    await this.prepare(rows);
    this.#stage = 'they go to their phase';
    const place = this.place();
    const gate = jobGateOf(rows);
    const jobs = new Map<string, string>();
    const begin = async (row: Row): Promise<void> => void jobs.set(row.name, await beginRow(row, place));
    const moving = rows.filter(({ phase }) => phase === 'way');
    const held = rows.filter((row) => !moving.includes(row));
    const letGo = (): Promise<void> => {
      gate.letGo();
      return this.#letGo(moving);
    };
    const batch: Batch = { rows, jobs };
    const met = new Map<string, Met>();
    try {
      await Promise.all(held.map(begin));
      await this.#areHeld(held, (row) => gate.holds(row.name), jobs);
      const paused = await pausedBy(this.lab, held);
      await Promise.all(moving.map(begin));
      const before = await thingsOn(this.lab, at, rows);
      const onTheirWay = await stationsOf(this.#journals, moving, jobs);
      this.#stage = 'the fault strikes';
      await strike.begin(this, batch);
      const stations = new Map([...onTheirWay, ...(await stationsOf(this.#journals, held, jobs))]);
      const after = await thingsOn(this.lab, at, rows);
      for (const { name, phase } of rows) {
        const isHeld = phase === 'way' || gate.holds(name) || this.#gates.get(name)?.holds === true;
        const found = metOf({ at: stations.get(name), isHeld }, before.get(name), after.get(name));
        met.set(name, { ...found, ...paused.get(name) });
      }
      this.#stage = 'they go on';
      await letGo();
      await strike.end?.(this, batch);
    } catch (error) {
      // So that the next one fails for a reason of its own, and this one for its first.
      await letGo().catch(() => undefined);
      await heal(this.lab).catch(() => undefined);
      await this.connected().catch(() => undefined);
      throw error;
    }
    return this.outcomes(rows, jobs, met);
  }

  get #journals(): string {
    return path.join(this.core.folder, 'data', 'jobs');
  }

  /** The same of a program that is killed when all are in their phase; the next start settles them. */
  async kill(rows: readonly Row[]): Promise<Map<Row, Outcome>> {
    await this.prepare(rows);
    const { core: _, ...place } = this.place();
    const { folder } = this.core;
    await this.core.stop();
    const argv = ['--import', 'tsx', CHILD, folder, JSON.stringify(place), JSON.stringify(rows)];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    assert.equal(String(said[0]), 'held\n');
    const peers = rows.filter((row) => isPeer(row) && row.phase !== 'way');
    await until(() => peers.every(({ name }) => this.#gates.get(name)?.holds === true), 'the peers are held');
    const over = once(child, 'exit');
    child.kill('SIGKILL');
    const [, signal] = (await over) as [number | null, NodeJS.Signals | null];
    // The program has said that it holds them; the two libvirtds are held by this one.
    const isHeld = (row: Row): boolean => !peers.includes(row) || this.#gates.get(row.name)?.holds === true;
    const met = await metByKilled(this.#journals, rows, { pid: child.pid ?? 0, signal, isHeld });
    const left = await findJournals(this.#journals, 'all');
    const jobs = new Map(
      left.flatMap(({ id, record }) => (record === null ? [] : [[record.plan.name, id] as const])),
    );
    this.core = await TestCore.open({ folder });
    await this.#letGo(rows.filter(({ phase }) => phase === 'way'));
    const found = async (): Promise<Job[]> =>
      (await this.jobs()).filter(({ id }) => [...jobs.values()].includes(id));
    await until(async () => (await found()).length === jobs.size, 'the next start has found every job');
    for (const { id, state } of await found())
      if (state === 'interrupted') await this.core.client.activity.resumeJob({ job: id, choice: 'undo' });
    return this.outcomes(rows, jobs, met);
  }

  /** @param guestOf left out: what each phase wants */
  async prepare(rows: readonly Row[], guestOf?: (row: Row) => Guest): Promise<void> {
    await this.#clear();
    await this.sh(1, makeMachines(rows, guestOf));
    await this.sh(2, 'virsh -q pool-refresh moves; virsh -q pool-refresh shared');
    const to = { host: this.lab.address(2), port: LIBVIRTD_PORT };
    for (const row of rows) {
      const at = gateOf(row);
      if (at !== null) this.#gates.set(row.name, await RpcGate.open({ ...at, to }));
    }
  }

  /** Machines of the last rows, and what may stand in a host's way. */
  async #clear(): Promise<void> {
    for (const gate of this.#gates.values()) gate.close();
    this.#gates = new Map();
    await both((at) =>
      this.sh(
        at,
        `each() { for m in $2; do echo "$1 $m;"; done; }; virsh -q "$(each destroy "$(virsh list --name)") "; virsh -q "$(each undefine "$(virsh list --all --name)") "; rm -rf ${FOLDER}/* ${SHARED}/* /etc/libvirt/qemu/full; virsh -q pool-refresh moves`,
      ),
    );
  }

  place(): Place {
    const { core, lab } = this;
    const peerUris = Object.fromEntries(
      [...this.#gates].map(([name, { port }]) => [name, `qemu+tcp://${lab.gateway}:${port}/system`]),
    );
    return { core, hosts: this.#hosts, pool: this.#pool, address: lab.address(2), peerUris };
  }

  async #areHeld(
    rows: readonly Row[],
    isHeld: (row: Row) => boolean,
    jobs: ReadonlyMap<string, string>,
  ): Promise<void> {
    await until(async () => {
      const over = (await this.jobs()).find(
        ({ id, finishedAt }) => finishedAt !== null && [...jobs.values()].includes(id),
      );
      assert.equal(over, undefined, JSON.stringify(over));
      return rows.every((row) =>
        pointOf(row) === null ? this.#gates.get(row.name)?.holds === true : isHeld(row),
      );
    }, 'every move is in its phase');
  }

  /** What is on its way without an end may come to it. */
  async #letGo(moving: readonly Row[]): Promise<void> {
    for (const gate of this.#gates.values()) gate.letGo();
    const tune = moving.map(
      ({ name }) => `virsh -q migrate-setspeed ${name} 1000; virsh -q migrate-setmaxdowntime ${name} 2000`,
    );
    await this.sh(1, `{ ${[...tune, ':'].join('; ')}; } >/dev/null 2>&1`);
  }

  /** @param met by the rows' names; left out: nobody asks */
  async outcomes(
    rows: readonly Row[],
    jobs: ReadonlyMap<string, string>,
    met: ReadonlyMap<string, Met> = new Map(),
  ): Promise<Map<Row, Outcome>> {
    this.#stage = 'they come to their end';
    const over = await Promise.all(
      rows.map(
        async (row) => [row, await jobOver(this.core, jobs.get(row.name) ?? assert.fail(row.name))] as const,
      ),
    );
    await this.connected();
    const [first, second] = await Promise.all(SIDES.map((at) => this.#shown(rows, at)));
    return new Map(
      over.map(([row, { state, failure, mayBeLeft, log }], i) => [
        row,
        {
          state,
          message: failure?.message ?? null,
          detail: failure?.libvirt?.message ?? failure?.detail ?? null,
          mayBeLeft,
          log: log.map(({ text }) => text),
          met: met.get(row.name) ?? NOTHING_MET,
          on: { 1: first?.[i] ?? '', 2: second?.[i] ?? '' },
        },
      ]),
    );
  }

  async #shown(rows: readonly Row[], at: Side): Promise<string[]> {
    const script = rows.map(
      (row) =>
        `echo $(echo "$all" | sed -n 's/^ *[-0-9]* *${row.name} //p') $(echo "$auto" | sed -n 's/^${row.name}$/, autostart/p') $(echo "$qemus" | grep -c '[g]uest=${row.name},') $(cd ${path.dirname(diskOf(row))}; ls | grep '^${row.name}[^0-9]')`,
    );
    const lists = `all=$(virsh -q list --all); auto=$(virsh list --all --autostart --name); qemus=$(pgrep -fa '[g]uest=')`;
    return (await this.sh(at, [lists, ...script].join('\n'))).trimEnd().split('\n');
  }

  /** What no row names is not there: jobs’ journals, pools, machines, files. */
  async assertNothingElse(rows: readonly Row[]): Promise<void> {
    assert.deepEqual(await readdir(this.#journals), []);
    const names = rows.map(({ name }) => name);
    for (const at of SIDES) {
      const there = await this.sh(
        at,
        `ls ${FOLDER} ${SHARED} | grep qcow2; virsh list --all --name; virsh -q pool-list --all --name`,
      );
      const strange = there
        .split(/\s+/)
        .filter((word) => word !== '' && !names.includes(path.parse(word).name));
      assert.deepEqual(strange.toSorted(), ['default', 'moves', 'shared'], `on host ${at}`);
    }
  }

  /** Where it is, and how the jobs and both hosts stand: of a batch that is not over. */
  async told(): Promise<string> {
    const open = (await this.jobs()).filter(({ finishedAt }) => finishedAt === null);
    const jobs = open.map(({ log, ...job }) => JSON.stringify({ ...job, log: log.map(({ text }) => text) }));
    return [this.#stage, ...jobs, ...(await standing(this.lab))].join('\n');
  }

  jobs(): Promise<readonly Job[]> {
    return jobsNow(this.core);
  }
}
