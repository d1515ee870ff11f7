import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { appendFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from '../../main/contract/activity.ts';
import type { CreateInput } from '../../main/contract/create.ts';
import type { Lab } from '../lab/lab.ts';
import { endOf, startChild } from '../support/child.ts';
import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
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
      readonly disk: string;
    },
  ): Promise<LiveImport> {
    const core = await TestCore.open({ lab });
    await appendFile(path.join(core.folder, 'home', '.ssh', 'known_hosts'), source.known);
    const bench = await CreateBench.open(lab, core);
    const { target, keyFile, disk } = source;
    const at = { target, keyFile };
    const input = await inputOf(bench, { ...at, disk });
    return new LiveImport(lab, { core, bench }, { input, at, empty: await bench.everything() });
  }

  /** What may be done on the source. */
  allow(...allow: string[]): void {
    const { source } = this.#input;
    assert.ok(source.kind === 'live');
    this.#input = { ...this.#input, source: { ...source, allow } };
  }

  /** Another disk of the source is copied from now on. */
  async take(disk: string): Promise<void> {
    this.#input = await inputOf(this.#bench, { ...this.#at, disk });
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

  /**
   * Another program makes it, and is killed at the first of these moments; the next one goes on with the job, and is killed at the second, and so on. This one lists its job
   * then, which waits for a choice; answers with its id.
   */
  async killed(...moments: readonly Moment[]): Promise<string> {
    const { folder } = this.#core;
    await this.#core.stop();
    const secrets = path.join(folder, 'secrets.json');
    const ids = async (): Promise<string[]> =>
      (await readdir(path.join(folder, 'data', 'jobs'))).map((name) => path.parse(name).name);
    for (const [index, moment] of moments.entries()) {
      const [goesOn] = index === 0 ? [] : await ids();
      const input = goesOn === undefined ? this.#input : { host: this.#bench.host, goesOn };
      const when = 'when' in moment ? moment.when : 'never';
      const child = await startChild(CHILD, [folder, secrets, JSON.stringify(input), when]);
      const over = endOf(child);
      if ('once' in moment) await killedOnce(child, moment.once);
      assert.equal(await over, 'SIGKILL', `it comes to ${JSON.stringify(moment)}`);
      if ('once' in moment) await moment.after?.();
    }
    this.#core = await TestCore.open({ folder, secrets: new FileSecrets(secrets) });
    this.#bench = this.#bench.with(this.#core);
    await this.#core.inState(this.#bench.host, 'connected');
    const [id = ''] = await ids();
    assert.equal((await this.now(id))?.state, 'interrupted');
    return id;
  }

  /** Waits on the host itself: what is asked from here costs more than what is waited for. */
  async #until(condition: string): Promise<void> {
    const script = `i=0; until ${condition}; do [ $i -lt ${LIMIT_S} ] || exit 1; sleep 1; i=$((i + 1)); done`;
    await this.lab.exec(1, 'sh', '-c', script);
  }

  /** What is in the file system of the database's volume; it is gone with the machine afterwards. */
  holds(files: readonly string[]): Promise<string> {
    const entries = `python3 -c 'import sqlite3; print(*sqlite3.connect("ledger.db").execute("PRAGMA integrity_check").fetchone(), *sqlite3.connect("ledger.db").execute("SELECT count(*) FROM entry").fetchone())'`;
    return this.#holds(files, { at: 1, mib: 56, and: entries });
  }

  /** The same of the root's, as large as `mib` says. */
  rootHolds(files: readonly string[], mib: number): Promise<string> {
    return this.#holds(files, { at: 162, mib, and: ':' });
  }

  /** It is checked as it would be at the first start. */
  async #holds(
    files: readonly string[],
    { at, mib, and }: { readonly at: number; readonly mib: number; readonly and: string },
  ): Promise<string> {
    const script = `cd $(mktemp -d)
      qemu-img convert -O raw ${IMAGES}/cellar.qcow2 disk
      dd if=disk of=volume bs=1M skip=${at} count=${mib} conv=sparse status=none
      e2fsck -fp volume >&2 || [ $? = 1 ]
      for file in ${files.join(' ')}; do debugfs -R "dump /$file \${file##*/}" volume 2>/dev/null; done
      sha256sum ${files.map((file) => path.basename(file)).join(' ')}
      ${and}
      rm -r "$PWD"
      virsh -q undefine --nvram cellar; rm ${IMAGES}/cellar*; virsh -q pool-refresh default`;
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
  { target, keyFile, disk }: Made['at'] & { readonly disk: string },
): Promise<CreateInput> {
  const { host } = bench;
  const asked = { target, keyFile, disks: [disk], format: 'qcow2' as const };
  const defaults = await bench.core.client.create.defaults({ host, os: null, source: 'live', live: asked });
  const { disks = [] } = defaults.live ?? {};
  assert.deepEqual(disks, [disk]);
  const plain = await bench.input('cellar', { kind: 'disk' }, { start: false, os: null });
  const { spec } = defaults;
  return {
    ...plain,
    source: { kind: 'live', target, keyFile, disks, allow: [] },
    spec: { ...spec, nics: spec.nics.map((nic) => ({ ...nic, source: { kind: 'user' as const } })) },
  };
}

/** When a program is killed: at a point of its journal (create-killed-core.ts); or once something has come about, after which something is put right. */
export type Moment =
  { readonly when: string } | { readonly once: () => Promise<void>; readonly after?: () => Promise<void> };

async function killedOnce(child: ChildProcess, once: () => Promise<void>): Promise<void> {
  try {
    await once();
  } finally {
    child.kill('SIGKILL');
  }
}
