import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { readDomain } from '../../drivers/libvirt/model/index.ts';
import type { Job } from '../../main/contract/activity.ts';
import type { CreateInput } from '../../main/contract/create.ts';
import { COMMIT, PREPARE, REMOVE } from '../../main/jobs/p2v/virt-v2v/scripts.ts';
import { Lab } from '../lab/lab.ts';
import { missing } from '../support/commands.ts';
import { endOf, startChild } from '../support/child.ts';
import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import { until } from '../support/wait.ts';
import { CreateBench } from './create-lab.ts';

const run = promisify(execFile);
const GUEST = path.join(import.meta.dirname, '..', 'lab', 'v2v-guest.sh');
/** A core that is gone in the middle of a job. */
const KILLED = path.join(import.meta.dirname, 'create-killed-core.ts');
const IMAGES = '/var/lib/libvirt/images';
/** What virt-v2v runs there: its helpers, and the machine that it changes the disks in. */
const RUNNING = 'ps -eo args | grep -E "virt-v2v-in-place|qemu-nbd|guestfs" | grep -v grep || :';

const skip = missing('virt-v2v-in-place', 'nbdkit', 'qemu-img', 'sfdisk', 'mkfs.ext4', 'debugfs');
suite('the host’s virt-v2v prepares the copy of a machine', { timeout: 900_000, skip }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let folder: string;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-v2v-'));
    await run('bash', [GUEST, at('system.raw')]);
    await writeFile(at('data.raw'), Buffer.alloc(4 << 20, 'data '));
    for (const name of ['system', 'data'])
      await run('qemu-img', ['convert', '-q', '-O', 'vhdx', at(`${name}.raw`), at(`${name}.vhdx`)]);
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await core.close();
    await lab.clean(1);
    await lab.release();
  });
  const at = (name: string): string => path.join(folder, name);

  /** A machine of these disks, which is not started. */
  async function input(
    name: string,
    disks: readonly string[],
    format: 'raw' | 'qcow2',
    from = bench,
  ): Promise<CreateInput> {
    const paths = disks.map((disk) => at(`${disk}.vhdx`));
    const { spec } = await from.core.client.create.defaults({
      host: from.host,
      os: null,
      source: 'diskFile',
      pool: from.pool,
      diskFile: { paths, format },
    });
    const nics = spec.nics.map((nic) => ({ ...nic, source: { kind: 'user' as const } }));
    return {
      ...(await from.input(name, { kind: 'network' }, { os: null, start: false })),
      source: { kind: 'diskFile', paths, prepare: 'virt-v2v' },
      spec: { ...spec, nics },
    };
  }
  const definition = async (name: string) => readDomain(await lab.exec(1, 'virsh', 'dumpxml', name));
  const remarks = ({ log }: Job): string[] => log.flatMap(({ text, remark }) => (remark ? [text] : []));

  test('what has virtio’s drivers goes on virtio with both of its disks, and its files name them so', async () => {
    const wanted = await input('ready', ['system', 'data'], 'qcow2');
    const { steps, warnings } = await core.client.create.plan(wanted);
    assert.ok(steps[2]?.startsWith('Let virt-v2v on '), steps.join('\n'));
    assert.ok(warnings.some((warning) => warning.startsWith('virt-v2v on ')));
    const { job } = await core.client.create.run(wanted);
    const ended = await bench.done(job);
    assert.match(remarks(ended).join('\n'), /has prepared it: its disks and cards are on virtio/);
    assert.ok(ended.log.some(({ text }) => /^\[ *[0-9.]+\] Inspecting the source$/.test(text)));
    const { disks, nics } = await definition('ready');
    assert.deepEqual(
      disks.map(({ target, bus, source }) => [target, bus, source?.path]),
      [
        ['vda', 'virtio', `${IMAGES}/ready.qcow2`],
        ['vdb', 'virtio', `${IMAGES}/ready-2.qcow2`],
      ],
    );
    assert.deepEqual(
      nics.map(({ model }) => model),
      ['virtio'],
    );
    assert.deepEqual(await bench.everything(), ['ready', 'ready-2.qcow2', 'ready.qcow2']);
    await lab.exec(1, 'qemu-img', 'convert', '-O', 'raw', `${IMAGES}/ready.qcow2`, '/tmp/ready.raw');
    assert.equal(await fileIn('/tmp/ready.raw', '/etc/fstab'), '/dev/vda1 / ext4 defaults 0 1\n');
    assert.match(await fileIn('/tmp/ready.raw', '/boot/called'), /^update-initramfs -c -k /);
    await lab.exec(1, 'rm', '/tmp/ready.raw');
    await lab.exec(
      1,
      'qemu-img',
      'compare',
      '-f',
      'qcow2',
      '-F',
      'raw',
      `${IMAGES}/ready-2.qcow2`,
      await sent('data.raw'),
    );
  });

  test('where it gives up the copy is as it was, on SATA, and its words say why', async () => {
    const before = await bench.everything();
    const { job } = await core.client.create.run(await input('plain', ['data'], 'raw'));
    const ended = await bench.done(job);
    assert.match(
      remarks(ended).join('\n'),
      /^virt-v2v on .* gave up: inspection could not detect the source guest.* plain is as it was copied/,
    );
    const { disks, nics } = await definition('plain');
    assert.deepEqual(
      disks.map(({ target, bus }) => [target, bus]),
      [['sda', 'sata']],
    );
    assert.deepEqual(
      nics.map(({ model }) => model),
      ['e1000e'],
    );
    await lab.exec(1, 'cmp', `${IMAGES}/plain.img`, await sent('data.raw'));
    // To look for it makes no file of that name, over which libvirt would start no machine.
    await lab.exec(1, 'test', '!', '-e', '/dev/kvm');
    assert.deepEqual(await bench.everything(), [...before, 'plain', 'plain.img'].toSorted());
  });

  test('after a lost link it begins anew; a cancel ends all of it on the host, and nothing is left', async () => {
    const everything = async () => [...(await bench.everything()), await lab.exec(1, 'ls', '-A', '/tmp')];
    const before = await everything();
    const { job } = await core.client.create.run(await input('never', ['system'], 'qcow2'));
    const opened = async (): Promise<number> =>
      ((await bench.now(job))?.log ?? []).filter(({ text }) => text.endsWith('] Opening the source')).length;
    const appliance = async (): Promise<boolean> =>
      (await lab.exec(1, 'sh', '-c', RUNNING)).includes('guestfs');
    await until(async () => (await opened()) === 1 && (await appliance()), 'it runs', 300_000);
    await lab.exec(1, 'sh', '-c', 'pkill -f "^sshd: root" || :');
    await until(async () => (await opened()) === 2 && (await appliance()), 'it runs anew', 300_000);
    await core.client.activity.cancelJob({ job });
    const ended = await bench.ended(job);
    assert.equal(ended.state, 'cancelled', JSON.stringify(ended));
    assert.deepEqual(ended.mayBeLeft, []);
    assert.equal(await lab.exec(1, 'sh', '-c', RUNNING), '');
    assert.deepEqual(await everything(), before);
  });

  test('the program dies before that is written into the copy: gone on with, it is', async () => {
    const before = await bench.everything();
    const other = await TestCore.open({ lab });
    const { folder: home } = other;
    const secrets = path.join(home, 'secrets.json');
    try {
      const wanted = await input('killed', ['system'], 'raw', await CreateBench.open(lab, other));
      await other.stop();
      const when = `after note virt-v2v ${JSON.stringify({ found: { disks: true, cards: true }, isWritten: false })}`;
      const child = await startChild(KILLED, [home, secrets, JSON.stringify(wanted), when]);
      assert.equal(await endOf(child), 'SIGKILL');
      const next = await TestCore.open({ folder: home, secrets: new FileSecrets(secrets) });
      try {
        await next.inState(wanted.host, 'connected');
        const [job = ''] = (await readdir(path.join(home, 'data', 'jobs'))).map(
          (name) => path.parse(name).name,
        );
        await next.client.activity.resumeJob({ job, choice: 'goOn' });
        await bench.with(next).done(job);
      } finally {
        await next.stop();
      }
    } finally {
      await rm(home, { recursive: true, force: true });
    }
    assert.deepEqual(
      (await definition('killed')).disks.map(({ target, bus }) => [target, bus]),
      [['vda', 'virtio']],
    );
    assert.equal(await fileIn(`${IMAGES}/killed.img`, '/etc/fstab'), '/dev/vda1 / ext4 defaults 0 1\n');
    assert.deepEqual(await bench.everything(), [...before, 'killed', 'killed.img'].toSorted());
  });

  test('a host that has not got it says so, and such a plan is refused', async () => {
    const wanted = await input('none', ['system'], 'qcow2');
    const away = (from: string, to: string) => lab.exec(1, 'mv', `/usr/bin/${from}`, `/usr/bin/${to}`);
    await away('virt-v2v-in-place', 'virt-v2v-away');
    try {
      const { noVirtV2v } = await core.client.create.options({ host: bench.host });
      assert.match(noVirtV2v ?? '', /has no virt-v2v-in-place: install virt-v2v there/);
      const { problems } = await core.client.create.plan(wanted);
      assert.deepEqual(problems, [{ field: 'source.prepare', message: noVirtV2v }]);
    } finally {
      await away('virt-v2v-away', 'virt-v2v-in-place');
    }
    assert.equal((await core.client.create.options({ host: bench.host })).noVirtV2v, null);
  });

  test('what an older program has laid in another folder is written to its end, and goes', async () => {
    const folder = '/root/virt-v2v';
    const shell = `mkdir -p ${folder}/older && cd ${folder}/older && truncate -s 1M /root/disk
      qemu-img create -q -f qcow2 -F raw -b /root/disk 1.qcow2 && qemu-io -c 'write -q -P 7 4k 4k' 1.qcow2`;
    await lab.exec(1, 'sh', '-ec', shell);
    await lab.exec(1, 'sh', '-c', COMMIT, 'sh', folder, '1');
    const written =
      'tail -c +4097 /root/disk | head -c 4096 | tr -d "\\7" | wc -c; head -c 4096 /root/disk | tr -d "\\0" | wc -c';
    assert.equal(await lab.exec(1, 'sh', '-c', written), '0\n0\n');
    await lab.exec(1, 'sh', '-c', REMOVE, 'sh', folder);
    await lab.exec(1, 'sh', '-c', `test ! -e ${folder} && rm /root/disk`);
  });

  test('a folder that is not its own is neither worked in, nor removed', async () => {
    const folder = '/root/virt-v2v';
    const others = '/root/others';
    // virt-v2v's overlays, as another one would have laid them there.
    await lab.exec(1, 'sh', '-c', `mkdir -p ${others}/scratch && echo keep >${others}/scratch/1.qcow2`);
    const refused = async (script: string, why: string): Promise<void> => {
      const shell = `sh -c "$1" sh ${folder} 1 2>&1 </dev/null; echo "ended with $?"`;
      const said = await lab.exec(1, 'sh', '-c', shell, 'sh', script);
      assert.match(
        said.trim(),
        /^\/root\/virt-v2v is not the folder that this job has made\nended with 1$/,
        why,
      );
      assert.equal((await lab.exec(1, 'cat', `${folder}/scratch/1.qcow2`)).trim(), 'keep', why);
    };
    await lab.exec(1, 'ln', '-s', others, folder);
    for (const script of [PREPARE, COMMIT, REMOVE]) await refused(script, 'a link');
    await lab.exec(1, 'sh', '-c', `rm ${folder} && mv ${others} ${folder} && chown 1234 ${folder}`);
    for (const script of [PREPARE, COMMIT, REMOVE]) await refused(script, 'of another user');
    await lab.exec(1, 'chown', '0', folder);
    await lab.exec(1, 'sh', '-c', REMOVE, 'sh', folder);
    await lab.exec(1, 'test', '!', '-e', folder);
  });

  /** Of the file system in the first partition of a raw disk. */
  const fileIn = (disk: string, file: string): Promise<string> =>
    lab.exec(1, 'debugfs', '-R', `cat ${file}`, `${disk}?offset=1048576`);

  /** A file of this test, as the host sees it. */
  async function sent(name: string): Promise<string> {
    await run('cp', [at(name), path.join(lab.state, 'shared', name)]);
    return `/srv/shared/${name}`;
  }
});
