import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Job } from '../../main/contract/activity.ts';
import { usualMigration, type MigrateInput } from '../../main/contract/migrate.ts';
import type { JournalEntry } from '../../main/jobs/engine/journal.ts';
import type { Lab } from '../lab/lab.ts';
import { endOf, startChild } from '../support/child.ts';
import { TestCore } from '../support/core.ts';
import { Transcript } from '../support/transcript.ts';
import { tapJournals } from '../support/journal-tap.ts';
import { until } from '../support/wait.ts';
import { jobOver } from '../support/job-watch.ts';

export const NAME = 'mover';
const IMAGES = '/var/lib/libvirt/images';
const SECTOR = 512;
/** A block of the guest's disk that no file has. */
const BLOCK = 131_000;
/** A partition of its own, in blocks: behind what the guest boots from. */
const DATA = { start: 131_072, size: 8192 };
/** Gives its disk an ext4 there. */
const FORMAT = `set -e; cd ${IMAGES}; image=${NAME}.qcow2; raw=/tmp/${NAME}.raw
  qemu-img convert -O raw $image $raw; truncate -s ${(DATA.start + DATA.size) * SECTOR} $raw
  echo '${DATA.start},${DATA.size},L' | sfdisk -q --append $raw
  mkfs.ext4 -q -E offset=${DATA.start * SECTOR} $raw ${(DATA.size * SECTOR) / 1024}k 2>/dev/null
  qemu-img convert -O qcow2 $raw $image; rm $raw; virsh -q pool-refresh default`;

export interface Hosts {
  readonly 1: string;
  readonly 2: string;
}
export type At = 1 | 2;
export const other = (at: At): At => (at === 1 ? 2 : 1);

/** A guest that counts, on its serial port and on its disk, and goes from host to host; on demand in a file of an ext4, too. */
export class Mover {
  readonly lab: Lab;
  readonly uuid: string;
  readonly hosts: Hosts;
  /** The file of its disk. */
  disk = `${IMAGES}/${NAME}.qcow2`;
  /** Where it was found last. */
  #at: At = 1;

  private constructor(lab: Lab, uuid: string, hosts: Hosts) {
    this.lab = lab;
    this.uuid = uuid;
    this.hosts = hosts;
  }

  static async boot(lab: Lab, core: TestCore, hosts: Hosts): Promise<Mover> {
    const uuid = await lab.addGuest(1, NAME, { memoryMiB: 96, headless: true });
    await lab.exec(1, 'sh', '-c', FORMAT);
    await lab.exec(1, 'virsh', '-q', 'start', NAME);
    const mover = new Mover(lab, uuid, hosts);
    await mover.counting(core, 1, false);
    return mover;
  }

  /**
   * Waits until it is up on a host where it was started, and has it count from where it was.
   * @param inFile of its ext4, too: each number is much more to write, of which a move may meet some on its way
   */
  async counting(core: TestCore, at: At, inFile = true): Promise<void> {
    const ref = { host: this.hosts[at], uuid: this.uuid };
    await core.machine(ref.host, ref.uuid, ({ state }) => state === 'running');
    await until(
      async () => (await this.lab.serialLog(at, NAME)).includes('tiny guest ready'),
      'the guest is up',
    );
    const { token } = await core.client.console.open({ ...ref, kind: 'serial', takeOver: true });
    const { stream } = await core.connection.openPipe(token);
    const console = new Transcript(stream);
    const begin = `i=$(dd if=/dev/vda bs=${SECTOR} skip=${BLOCK} count=1 2>/dev/null | head -n 1); i=\${i#disk-}`;
    const mount = inFile ? 'mkdir -p /mnt; mount -t ext4 -o sync /dev/vda2 /mnt; ' : '';
    const keep = inFile ? 'echo $i >>/mnt/counts; ' : '';
    const write = `${keep}echo disk-$i | dd of=/dev/vda bs=${SECTOR} seek=${BLOCK} conv=notrunc 2>/dev/null; sync`;
    console.type(
      `\nstty -echo; ${mount}${begin}; while :; do i=$((i+1)); ${write}; echo n-$i; sleep 0.2; done\n`,
    );
    await console.shows(/n-\d+\r?\n[^]*n-\d+\r?\n[^]*n-\d+\r?\n/);
    stream.destroy();
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

  /**
   * Waits until it runs on that host and on no other, with a definition, counts on, has never counted back, and has on its disk what it wrote.
   * @param volumes that the pools of both hosts have then
   */
  async runsOnlyOn(
    at: At,
    volumes = this.disk.startsWith(IMAGES) ? [`${at} ${path.basename(this.disk)}`] : [],
  ): Promise<void> {
    const states = await Promise.all(([1, 2] as const).map((host) => this.state(host)));
    assert.deepEqual(states, at === 1 ? ['running', null] : [null, 'running']);
    assert.deepEqual(
      await Promise.all(([1, 2] as const).map((host) => this.processes(host))),
      at === 1 ? [1, 0] : [0, 1],
    );
    const defined = await this.lab.exec(at, 'virsh', '-q', 'list', '--all', '--persistent', '--uuid');
    assert.match(defined, new RegExp(`^${this.uuid}$`, 'm'), 'it has a definition');
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
    assert.deepEqual(await this.volumes(), volumes);
    const written =
      /^disk-(\d+)\n/.exec(await this.block(at))?.[1] ?? assert.fail('its block is on its disk');
    assert.ok(Number(written) >= (now.at(-1) ?? 0), `disk-${written} after ${now.at(-1)}`);
  }

  /**
   * Of a machine that was forced off on a host: on a copy its file system's journal is read, as after any power cut, and then nothing is to be mended; the
   * file has every number once, from where it began up to what was heard.
   */
  async isWhole(at: At): Promise<void> {
    const copy = '/tmp/data-of-mover';
    await this.copyPart(at, { ...DATA, copy, running: false });
    await this.lab.exec(at, 'sh', '-c', `e2fsck -p ${copy} >/dev/null; e2fsck -fn ${copy}`);
    const file = await this.lab.exec(at, 'debugfs', '-R', 'cat counts', copy);
    await this.lab.exec(at, 'rm', copy);
    const written = file.trim().split('\n').map(Number);
    assert.deepEqual(
      written,
      written.map((_, index) => (written[0] ?? 0) + index),
    );
    const heard = (await this.counts(at)).at(-1);
    assert.ok(
      heard !== undefined && (written.at(-1) ?? 0) >= heard,
      `${written.at(-1)} in its file, ${heard} heard`,
    );
  }

  /** Waits until it has counted on from here. */
  async countsOn(at: At): Promise<void> {
    const before = (await this.counts(at)).at(-1) ?? 0;
    const patience = Date.now() + 10_000;
    await until(async () => {
      if (((await this.counts(at)).at(-1) ?? 0) > before + 1) return true;
      // What it counts comes by a serial port, which under TCG has stood still once until something was typed.
      if (Date.now() > patience)
        await this.lab.exec(at, 'sh', '-c', `echo > $(virsh ttyconsole ${this.uuid})`);
      return false;
    }, 'it counts on');
  }

  /** What a host has at the block of its disk that it writes to. */
  private async block(at: At): Promise<string> {
    const copy = '/tmp/block-of-mover';
    await this.copyPart(at, { start: BLOCK, size: 1, copy, running: true });
    return this.lab.exec(at, 'sh', '-c', `cat ${copy} && rm ${copy}`);
  }

  /** Of its disk, from a block on so many. @param part.running QEMU has it open */
  private async copyPart(
    at: At,
    part: {
      readonly start: number;
      readonly size: number;
      readonly copy: string;
      readonly running: boolean;
    },
  ): Promise<void> {
    const file = { driver: 'qcow2', file: { driver: 'file', filename: this.disk } };
    const cut = { driver: 'raw', offset: part.start * SECTOR, size: part.size * SECTOR, file };
    const from = `json:${JSON.stringify(cut)}`;
    await this.lab.exec(
      at,
      'qemu-img',
      'convert',
      ...(part.running ? ['-U'] : []),
      '-O',
      'raw',
      from,
      part.copy,
    );
  }

  /** libvirt's word; null: the host has no such machine. */
  async state(at: At): Promise<string | null> {
    // That it is not there must be said, too: what does not answer has it, perhaps.
    const all = await this.lab.exec(at, 'virsh', '-q', 'list', '--all', '--uuid');
    if (!all.split('\n').includes(this.uuid)) return null;
    return (await this.lab.exec(at, 'virsh', 'domstate', this.uuid)).trim();
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
      `pgrep -fc '^[^ ]*qemu-system.* -uuid ${this.uuid} ' || :`,
    );
    return Number(text);
  }

  /** Files of the pools of both hosts, with the host's number. */
  async volumes(): Promise<string[]> {
    const found = await Promise.all(
      ([1, 2] as const).map(async (host) => {
        const text = await this.lab.exec(host, 'ls', IMAGES);
        return text.split('\n').flatMap((name) => (name === '' ? [] : [`${host} ${name}`]));
      }),
    );
    return found.flat();
  }
}

/** Calls `meet` before, or after, the journal has the phase of a migration; `done`: its end. The next call waits for it. */
export function atPhase(
  order: 'before' | 'after',
  phase: string,
  meet: () => Promise<void> | void,
): () => void {
  const isNow = (entry: JournalEntry): boolean =>
    'step' in entry &&
    entry.step === 'move' &&
    (entry.type === 'note' ? JSON.stringify(entry.value).includes(`"${phase}"`) : entry.type === phase);
  return tapJournals(async (side, entry) => {
    if (side === order && isNow(entry)) await meet();
  });
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
  return { core: again, end: await jobOver(again, id) };
}

/** Lines at the end of both hosts’ qemu.conf. */
export async function configureQemu(lab: Lab, lines: readonly string[]): Promise<void> {
  const write = `sed -i '/# of a test/,$d' /etc/libvirt/qemu.conf; printf '# of a test\\n${lines.map((line) => `${line}\\n`).join('')}' >> /etc/libvirt/qemu.conf`;
  for (const host of [1, 2] as const) {
    await lab.exec(host, 'sh', '-c', write);
    await lab.stopLibvirtd(host);
    await lab.startLibvirtd(host);
  }
}
