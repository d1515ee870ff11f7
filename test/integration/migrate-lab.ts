import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from '../../main/contract/activity.ts';
import { usualMigration, type MigrateInput } from '../../main/contract/migrate.ts';
import { Journal, type JournalEntry } from '../../main/jobs/engine/journal.ts';
import type { Lab } from '../lab/lab.ts';
import { endOf, startChild } from '../support/child.ts';
import { TestCore } from '../support/core.ts';
import { Transcript } from '../support/transcript.ts';
import { until } from '../support/wait.ts';

export const NAME = 'mover';
/** A block of the guest's disk that no file has. */
const BLOCK = 131_000;

export interface Hosts {
  readonly 1: string;
  readonly 2: string;
}
export type At = 1 | 2;
export const other = (at: At): At => (at === 1 ? 2 : 1);

/** A guest that counts, on its serial port and on its disk, and goes from host to host. */
export class Mover {
  readonly lab: Lab;
  readonly uuid: string;
  readonly hosts: Hosts;
  /** Where it was found last. */
  #at: At = 1;

  private constructor(lab: Lab, uuid: string, hosts: Hosts) {
    this.lab = lab;
    this.uuid = uuid;
    this.hosts = hosts;
  }

  static async boot(lab: Lab, core: TestCore, hosts: Hosts): Promise<Mover> {
    const uuid = await lab.addGuest(1, NAME, { memoryMiB: 96, headless: true });
    await lab.exec(1, 'virsh', '-q', 'start', NAME);
    const mover = new Mover(lab, uuid, hosts);
    const ref = { host: hosts[1], uuid };
    await core.machine(hosts[1], uuid, ({ state }) => state === 'running');
    await until(async () => (await lab.serialLog(1, NAME)).includes('tiny guest ready'), 'the guest is up');
    const { token } = await core.client.console.open({ ...ref, kind: 'serial', takeOver: true });
    const { stream } = await core.connection.openPipe(token);
    const console = new Transcript(stream);
    const write = `echo disk-$i | dd of=/dev/vda bs=512 seek=${BLOCK} conv=notrunc 2>/dev/null; sync`;
    console.type(`\nstty -echo; i=0; while :; do i=$((i+1)); ${write}; echo n-$i; sleep 0.2; done\n`);
    await console.shows(/n-3/);
    stream.destroy();
    return mover;
  }

  input(from: At, change: Partial<MigrateInput> = {}): MigrateInput {
    const ends = { host: this.hosts[from], uuid: this.uuid, to: this.hosts[other(from)] };
    return { ...usualMigration(ends), deleteSource: true, ...change };
  }

  /** What it has counted on a host, by its serial port. */
  async counts(at: At): Promise<number[]> {
    const log = await this.lab.serialLog(at, NAME);
    return [...log.matchAll(/^n-(\d+)\r?\n/gm)].map(([, count]) => Number(count));
  }

  /** Waits until it runs on that host and on no other, counts on, has never counted back, and has on its disk what it wrote. */
  async runsOnlyOn(at: At, volumes = 1): Promise<void> {
    const states = await Promise.all(([1, 2] as const).map((host) => this.state(host)));
    assert.deepEqual(states, at === 1 ? ['running', null] : [null, 'running']);
    assert.deepEqual(
      await Promise.all(([1, 2] as const).map((host) => this.processes(host))),
      at === 1 ? [1, 0] : [0, 1],
    );
    await this.countsOn(at);
    const [old, now] = [await this.counts(other(at)), await this.counts(at)];
    assert.deepEqual(
      now,
      now.toSorted((a, b) => a - b),
      'it counted back',
    );
    const last = old.at(-1) ?? 0;
    // The log of a host begins anew with each machine that arrives.
    const since = at === this.#at ? now.at(-1) : now[0];
    assert.ok((since ?? 0) > last, `${since} after ${last} on the other host`);
    this.#at = at;
    assert.deepEqual(await this.volumes(), volumes === 1 ? [`${at} ${NAME}.qcow2`] : []);
    if (volumes === 0) return;
    const written =
      /^disk-(\d+)\n/.exec(await this.block(at))?.[1] ?? assert.fail('its block is on its disk');
    assert.ok(Number(written) >= (now.at(-1) ?? 0), `disk-${written} after ${now.at(-1)}`);
  }

  /** Waits until it has counted on from here. */
  async countsOn(at: At): Promise<void> {
    const before = (await this.counts(at)).at(-1) ?? 0;
    const patience = Date.now() + 10_000;
    await until(async () => {
      if (((await this.counts(at)).at(-1) ?? 0) > before + 1) return true;
      // What it counts comes by a serial port, which under TCG has stood still once until something was typed.
      if (Date.now() > patience) await this.lab.exec(at, 'sh', '-c', `echo > $(virsh ttyconsole ${NAME})`);
      return false;
    }, 'it counts on');
  }

  /** What a host has at the block of its disk that it writes to. */
  private async block(at: At): Promise<string> {
    const image = { driver: 'file', filename: `/var/lib/libvirt/images/${NAME}.qcow2` };
    const part = { driver: 'raw', offset: BLOCK * 512, size: 512, file: { driver: 'qcow2', file: image } };
    const to = '/tmp/block-of-mover';
    const command = 'qemu-img convert -U -O raw "json:$1" "$2" && cat "$2" && rm "$2"';
    return this.lab.exec(at, 'sh', '-c', command, 'sh', JSON.stringify(part), to);
  }

  /** libvirt's word; null: the host has no such machine. */
  async state(at: At): Promise<string | null> {
    // That it is not there must be said, too: what does not answer has it, perhaps.
    const all = await this.lab.exec(at, 'virsh', '-q', 'list', '--all', '--name');
    if (!all.split('\n').includes(NAME)) return null;
    return (await this.lab.exec(at, 'virsh', 'domstate', NAME)).trim();
  }

  /** In milliseconds, as QEMU has it while it goes. */
  async downtimeLimit(at: At): Promise<number> {
    const shown = await this.lab.exec(
      at,
      'virsh',
      'qemu-monitor-command',
      NAME,
      '--hmp',
      'info migrate_parameters',
    );
    return Number(/^downtime-limit: (\d+)/m.exec(shown)?.[1]);
  }

  /** QEMU's processes of it on a host, whatever libvirt says. */
  private async processes(at: At): Promise<number> {
    const text = await this.lab.exec(
      at,
      'sh',
      '-c',
      `pgrep -fc '^[^ ]*qemu-system[^ ]* -name guest=${NAME},' || :`,
    );
    return Number(text);
  }

  /** Files of the pools of both hosts, with the host's number. */
  async volumes(): Promise<string[]> {
    const found = await Promise.all(
      ([1, 2] as const).map(async (host) => {
        const text = await this.lab.exec(host, 'ls', '/var/lib/libvirt/images');
        return text.split('\n').flatMap((name) => (name === '' ? [] : [`${host} ${name}`]));
      }),
    );
    return found.flat();
  }
}

/** How a job ended. */
export async function ended({ client }: TestCore, id: string): Promise<Job> {
  const abort = new AbortController();
  try {
    const messages = await client.activity.watch(undefined, { signal: abort.signal });
    for await (const message of messages) {
      const jobs = message.type === 'snapshot' ? message.jobs : message.type === 'job' ? [message.job] : [];
      const job = jobs.find((one) => one.id === id && one.finishedAt !== null);
      if (job !== undefined) return job;
    }
    throw new Error('the activity ended');
  } finally {
    abort.abort();
  }
}

/** Waits until a job shows what is looked for. */
export async function shown({ client }: TestCore, id: string, holds: (job: Job) => boolean): Promise<Job> {
  const abort = new AbortController();
  try {
    const messages = await client.activity.watch(undefined, { signal: abort.signal });
    for await (const message of messages) {
      const jobs = message.type === 'snapshot' ? message.jobs : message.type === 'job' ? [message.job] : [];
      const job = jobs.find((one) => one.id === id);
      if (job === undefined) continue;
      if (holds(job)) return job;
      assert.equal(job.finishedAt, null, JSON.stringify(job));
    }
    throw new Error('the activity ended');
  } finally {
    abort.abort();
  }
}

/** Calls `meet` before, or after, the journal has the phase of a migration; `done`: its end. The next call waits for it. */
export function atPhase(
  order: 'before' | 'after',
  phase: string,
  meet: () => Promise<void> | void,
): () => void {
  // eslint-disable-next-line typescript/unbound-method -- it is called on its journal
  const write = Journal.prototype.append;
  const isNow = (entry: JournalEntry): boolean =>
    'step' in entry &&
    entry.step === 'move' &&
    (entry.type === 'note' ? JSON.stringify(entry.value).includes(`"${phase}"`) : entry.type === phase);
  Journal.prototype.append = async function (this: Journal, entry: JournalEntry): Promise<void> {
    if (order === 'before' && isNow(entry)) await meet();
    await write.call(this, entry);
    if (order === 'after' && isNow(entry)) await meet();
  };
  return () => {
    Journal.prototype.append = write;
  };
}

/** Kills a core at a point of a move (migrate-killed-core.ts), and answers with the next one and with what became of the job. */
export async function killedCore(
  core: TestCore,
  {
    input,
    when,
    meanwhile = () => Promise.resolve(),
  }: { readonly input: MigrateInput; readonly when: string; readonly meanwhile?: () => Promise<void> },
): Promise<{ core: TestCore; end: Job }> {
  await core.stop();
  const file = path.join(import.meta.dirname, 'migrate-killed-core.ts');
  const child = await startChild(file, [core.folder, JSON.stringify(input), when]);
  assert.equal(await endOf(child), 'SIGKILL');
  await meanwhile();
  const [id = ''] = (await readdir(path.join(core.folder, 'data', 'jobs'))).map(
    (name) => path.parse(name).name,
  );
  const again = await TestCore.open({ folder: core.folder });
  return { core: again, end: await ended(again, id) };
}
