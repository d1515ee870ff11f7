import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from '../../main/contract/activity.ts';
import type { CreateInput } from '../../main/contract/create.ts';
import { readRecord } from '../../main/jobs/engine/job-record.ts';
import { journalFile, readLines } from '../../main/jobs/engine/journal.ts';
import type { Lab } from '../lab/lab.ts';
import { endOf, startChild } from '../support/child.ts';
import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import { until } from '../support/wait.ts';
import { CreateBench } from './create-lab.ts';

const CHILD = path.join(import.meta.dirname, 'create-killed-core.ts');
const IMAGES = '/var/lib/libvirt/images';
/** A hang, not slowness: the machine that is read runs under TCG, and what is new boots under it, too. */
const LIMIT_S = 400;

/** Makes machines on a host of the lab, of a disk of one that runs, by programs that are killed and started again on the same folder. */
export class LiveImport {
  readonly lab: Lab;
  #input: CreateInput;
  readonly #at: Made['at'];
  /** What is on the host before anything is made. */
  readonly empty: readonly string[];
  #core: TestCore;
  #bench: CreateBench;

  private constructor(lab: Lab, at: { core: TestCore; bench: CreateBench }, made: Made) {
    this.lab = lab;
    this.#core = at.core;
    this.#bench = at.bench;
    this.#input = made.input;
    this.#at = made.at;
    this.empty = made.empty;
  }

  /** @param known a line of known_hosts for the source */
  static async open(
    lab: Lab,
    source: {
      readonly target: string;
      readonly keyFile: string;
      readonly known: string;
      readonly disks: readonly string[];
    },
  ): Promise<LiveImport> {
    const core = await TestCore.open({ lab });
    await appendFile(path.join(core.folder, 'home', '.ssh', 'known_hosts'), source.known);
    const bench = await CreateBench.open(lab, core);
    const { target, keyFile, disks } = source;
    const at = { target, keyFile };
    const input = await inputOf(bench, { ...at, disks });
    return new LiveImport(lab, { core, bench }, { input, at, empty: await bench.everything() });
  }

  /** What may be done on the source. */
  allow(...allow: string[]): void {
    const { source } = this.#input;
    assert.ok(source.kind === 'live');
    this.#input = { ...this.#input, source: { ...source, allow } };
  }

  /** Other disks of the source are copied from now on. */
  async take(...disks: readonly string[]): Promise<void> {
    this.#input = await inputOf(this.#bench, { ...this.#at, disks });
  }

  /** Of the source, that are copied. */
  get disks(): readonly string[] {
    const { source } = this.#input;
    assert.ok(source.kind === 'live');
    return source.disks;
  }

  /** As its texts name the source. */
  get sourceName(): string {
    return this.#at.target;
  }

  get client(): TestCore['client'] {
    return this.#core.client;
  }

  async close(): Promise<void> {
    await this.#core.close();
  }

  run(): Promise<{ job: string }> {
    return this.client.create.run(this.#input);
  }

  ended(job: string): Promise<Job> {
    return this.#bench.ended(job);
  }

  now(job: string): Promise<Job | null> {
    return this.#bench.now(job);
  }

  everything(): Promise<string[]> {
    return this.#bench.everything();
  }

  /** Waits until so many MiB of the disk are on the host. */
  async copied(mib: number): Promise<void> {
    const size = `du -cm ${IMAGES}/cellar*.import 2>/dev/null | tail -1 | cut -f1`;
    await this.#until(`[ "$(${size})" -ge ${mib} ]`);
  }

  /** Waits until so many MiB more than now are on the host. */
  async grown(mib: number): Promise<void> {
    const size = `du -cm ${IMAGES}/cellar*.import 2>/dev/null | tail -1 | cut -f1`;
    const before = await this.lab.exec(1, 'sh', '-c', `${size} || true`);
    await this.#until(`[ "$(${size})" -ge ${Number(before) + mib} ]`);
  }

  /** Waits until the job is in that step. */
  async begun(step: string): Promise<void> {
    await until(() => this.isIn(step), `${step} has begun`, LIMIT_S * 1000);
  }

  /** Whether the job is in that step, by its journal. */
  async isIn(step: string): Promise<boolean> {
    return (await this.open()).includes(step);
  }

  /** The steps of the job that are begun and not done, by its journal. */
  async open(): Promise<string[]> {
    const [id] = await this.#ids();
    if (id === undefined) return [];
    const record = readRecord(id, readLines(await readFile(journalFile(this.#journals, id), 'utf8')));
    return [...(record?.begun ?? [])].filter((step) => record?.done.has(step) === false);
  }

  /** Whether the program that works here is connected with the host. */
  async seesHost(isThere: boolean): Promise<void> {
    const { mirror } = this.#core;
    const { host } = this.#bench;
    await until(
      () => (mirror.host(host)?.state === 'connected') === isThere,
      `the host is ${isThere ? 'there' : 'away'}`,
      LIMIT_S * 1000,
    );
  }

  async #ids(): Promise<string[]> {
    const names = await readdir(this.#journals).catch(() => []);
    return names.flatMap((name) => (name.endsWith('.jsonl') ? [path.parse(name).name] : []));
  }
  get #journals(): string {
    return path.join(this.#core.folder, 'data', 'jobs');
  }

  /**
   * Another program makes it, and is killed at the first of these moments; the next one goes on with the job, and is killed at the second, and so on. This one lists its job
   * then, which waits for a choice; answers with its id.
   */
  async killed(...moments: readonly Moment[]): Promise<string> {
    const { folder } = this.#core;
    await this.#core.stop();
    const secrets = path.join(folder, 'secrets.json');
    for (const [index, moment] of moments.entries()) {
      const [goesOn] = index === 0 ? [] : await this.#ids();
      const input = goesOn === undefined ? this.#input : { host: this.#bench.host, goesOn };
      const when = 'when' in moment ? moment.when : 'never';
      const child = await startChild(CHILD, [folder, secrets, JSON.stringify(input), when]);
      const over = endOf(child);
      if ('once' in moment) await killedOnce(child, { over, once: moment.once });
      assert.equal(await over, 'SIGKILL', `it comes to ${JSON.stringify(moment)}`);
      if (moment.within !== undefined)
        assert.ok(await this.isIn(moment.within), `it is killed within ${moment.within}`);
      if ('once' in moment) await moment.after?.();
    }
    this.#core = await TestCore.open({ folder, secrets: new FileSecrets(secrets) });
    this.#bench = this.#bench.with(this.#core);
    await this.#core.inState(this.#bench.host, 'connected');
    const [id = ''] = await this.#ids();
    assert.equal((await this.now(id))?.state, 'interrupted');
    return id;
  }

  /** Waits on the host itself: what is asked from here costs more than what is waited for. */
  async #until(condition: string): Promise<void> {
    const script = `i=0; until ${condition}; do [ $i -lt ${LIMIT_S} ] || exit 1; sleep 1; i=$((i + 1)); done`;
    await this.lab.exec(1, 'sh', '-c', script);
  }

  /** What is in the file system of the database's volume. */
  holds(files: readonly string[]): Promise<string> {
    const entries = `python3 -c 'import sqlite3; print(*sqlite3.connect("ledger.db").execute("PRAGMA integrity_check").fetchone(), *sqlite3.connect("ledger.db").execute("SELECT count(*) FROM entry").fetchone())'`;
    const disk = this.#takes('sdb');
    return this.#holds(files, { disk, at: 1, mib: 56, and: entries });
  }

  /** The same of the root's, as large as `mib` says. */
  rootHolds(files: readonly string[], mib: number): Promise<string> {
    return this.#holds(files, { disk: this.#takes('sda'), at: 162, mib, and: ':' });
  }

  /** The volume that a disk of the source becomes. */
  #takes(disk: string): string {
    const at = this.disks.indexOf(disk);
    assert.ok(at >= 0, `${disk} is copied`);
    return at === 0 ? 'cellar.qcow2' : `cellar-${at + 1}.qcow2`;
  }

  /** The machine that was made is gone then. */
  async gone(): Promise<void> {
    const script = `virsh -q undefine --nvram cellar; rm ${IMAGES}/cellar*; virsh -q pool-refresh default`;
    await this.lab.exec(1, 'sh', '-ec', script);
  }

  /** It is checked as it would be at the first start. */
  async #holds(
    files: readonly string[],
    {
      disk,
      at,
      mib,
      and,
    }: { readonly disk: string; readonly at: number; readonly mib: number; readonly and: string },
  ): Promise<string> {
    const script = `cd $(mktemp -d)
      qemu-img convert -O raw ${IMAGES}/${disk} disk
      dd if=disk of=volume bs=1M skip=${at} count=${mib} conv=sparse status=none
      e2fsck -fp volume >&2 || [ $? = 1 ]
      for file in ${files.join(' ')}; do debugfs -R "dump /$file \${file##*/}" volume 2>/dev/null; done
      sha256sum ${files.map((file) => path.basename(file)).join(' ')}
      ${and}
      rm -r "$PWD"`;
    return this.lab.exec(1, 'sh', '-ec', script);
  }
}

interface Made {
  readonly input: CreateInput;
  readonly at: { readonly target: string; readonly keyFile: string };
  readonly empty: readonly string[];
}

/** A machine of that disk alone, of whose source nothing is changed yet. */
async function inputOf(
  bench: CreateBench,
  { target, keyFile, disks: taken }: Made['at'] & { readonly disks: readonly string[] },
): Promise<CreateInput> {
  const { host } = bench;
  const asked = { target, keyFile, disks: [...taken], format: 'qcow2' as const };
  const defaults = await bench.core.client.create.defaults({ host, os: null, source: 'live', live: asked });
  const { disks = [] } = defaults.live ?? {};
  assert.deepEqual(disks, taken);
  const plain = await bench.input('cellar', { kind: 'disk' }, { start: false, os: null });
  const { spec } = defaults;
  return {
    ...plain,
    source: { kind: 'live', target, keyFile, disks, allow: [] },
    spec: { ...spec, nics: spec.nics.map((nic) => ({ ...nic, source: { kind: 'user' as const } })) },
  };
}

/** When a program is killed: at a point of its journal (create-killed-core.ts); or once something has come about, after which something is put right. */
export type Moment = {
  /** The step that is to be open then: its journal tells. */
  readonly within?: string;
} & (
  { readonly when: string } | { readonly once: () => Promise<void>; readonly after?: () => Promise<void> }
);

async function killedOnce(
  child: ChildProcess,
  { over, once }: { readonly over: Promise<unknown>; readonly once: () => Promise<void> },
): Promise<void> {
  try {
    const early = over.then((end) => assert.fail(`it ended before it was killed: ${String(end)}`));
    await Promise.race([once(), early]);
  } finally {
    child.kill('SIGKILL');
  }
}
