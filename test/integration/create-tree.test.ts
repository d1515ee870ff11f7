import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { CreateInput, CreateSource } from '../../main/contract/create.ts';
import type { Unattended } from '../../main/contract/unattended.ts';
import { Lab } from '../lab/lab.ts';
import { endOf, startChild } from '../support/child.ts';
import { TestCore } from '../support/core.ts';
import { FileSecrets } from '../support/file-secrets.ts';
import type { Transcript } from '../support/transcript.ts';
import { until } from '../support/wait.ts';
import { CreateBench } from './create-lab.ts';
import { bootFiles, makeIso } from './create-media.ts';
import { TreeServer } from '../support/tree-server.ts';

const CHILD = path.join(import.meta.dirname, 'create-killed-core.ts');
const CONSOLE = 'console=ttyS0 quiet tsc=unstable no_timer_check mitigations=off';
const ANN = {
  hostname: null,
  user: { name: 'ann', fullName: 'Ann', password: 'geheim', sshKeys: [] },
  timezone: 'Europe/Paris',
  locale: 'fr_FR.UTF-8',
  keyboard: 'fr',
  packages: [],
};
const PRESEED: Unattended = { kind: 'preseed', mirror: null, ...ANN };
const KICKSTART: Unattended = { kind: 'kickstart', tree: null, ...ANN };

suite('a machine from an install tree', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let server: TreeServer;
  let folder: string;
  let secrets: string;
  let empty: string[];
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-tree-'));
    secrets = path.join(folder, 'secrets.json');
    core = await TestCore.open({ lab, secrets: new FileSecrets(secrets) });
    bench = await CreateBench.open(lab, core);
    // What the installer would have put on the disk.
    await bench.addImage('system.qcow2');
    const { kernel, initrd } = await bootFiles(folder);
    server = await TreeServer.start(trees(await readFile(kernel), await readFile(initrd)));
    empty = await bench.everything();
  });
  after(async () => {
    await core.close();
    await server.stop();
    await lab.clean(1);
    await lab.release();
    await rm(folder, { recursive: true });
  });

  async function machine(name: string, source: CreateSource, os = 'debian12'): Promise<CreateInput> {
    const input = await bench.input(name, source, { os });
    const [first] = input.spec.disks;
    assert.ok(first !== undefined);
    const disk = { ...first, source: { kind: 'volume' as const, pool: bench.pool, name: 'system.qcow2' } };
    const drives = input.spec.disks.slice(1).map((drive) => ({ ...drive, bus: 'scsi' as const }));
    const memory = { ...input.spec.memory, sizeMiB: 256 };
    return { ...input, spec: { ...input.spec, memory, disks: [disk, ...drives] } };
  }

  function fromTree(name: string, at: string, unattended: Unattended | null = null, os = 'debian12') {
    const source = { kind: 'tree' as const, url: server.url(at), pool: bench.pool, arguments: CONSOLE };
    return machine(name, unattended === null ? source : { ...source, unattended }, os);
  }

  /** Says as the installer would that it is done: the machine goes off, is started from its disk, and nothing is left of the installer. */
  async function restart(shell: Transcript, uuid: string, job: string, made: readonly string[] = []) {
    shell.type('\nreboot -f\n');
    const ended = await bench.done(job);
    const again = await bench.shell(uuid);
    again.type('\necho from-$(grep -c BOOT_IMAGE=vmlinuz /proc/cmdline)\n');
    await again.shows(/from-1/);
    const xml = await core.client.domain.xml({ host: bench.host, uuid });
    assert.doesNotMatch(xml, /<kernel>|<initrd>|<cmdline>|<on_reboot>destroy/);
    assert.deepEqual(await bench.everything(), [...empty, ...made].toSorted());
    return ended;
  }

  async function gone(name: string): Promise<void> {
    await lab.exec(1, 'sh', '-c', `virsh -q destroy ${name}; virsh -q undefine --nvram ${name}`);
  }

  test('Debian’s: the answers are in the initrd, it restarts from its disk, kernel and initrd are gone', async () => {
    const input = await fromTree('deb', 'debian/dists/bookworm', PRESEED);
    const { job, machines } = await core.client.create.run(input);
    const [{ uuid } = { uuid: '' }] = machines;
    const shell = await bench.shell(uuid);
    shell.type('\ncat /proc/cmdline /preseed.cfg\n');
    await shell.shows(/auto=true priority=critical/);
    await shell.shows(/netcfg\/get_hostname string deb/);
    await shell.shows(/passwd\/username string ann/);
    const waiting = await bench.now(job);
    assert.equal(waiting?.state, 'running');
    assert.equal(
      waiting?.steps?.find(({ state }) => state === 'running')?.title,
      'Wait until deb is installed',
    );
    // Already what the next start is.
    const next = await core.client.domain.xml({ host: bench.host, uuid, inactive: true });
    assert.doesNotMatch(next, /<kernel>/);
    const ended = await restart(shell, uuid, job, ['deb']);
    assert.doesNotMatch(JSON.stringify(ended), /geheim|\$6\$/);
    await gone('deb');
  });

  test('Fedora’s by its .treeinfo, and openSUSE’s: the kernel is told where it is from', async () => {
    const suse = await core.client.create.plan(await fromTree('suse', 'suse'));
    assert.deepEqual(suse.problems, []);
    assert.match(suse.steps.join('\n'), /suse\/boot\/x86_64\/loader\/initrd/);
    const input = await fromTree('fed', 'fedora', KICKSTART, 'fedora42');
    const { job, machines } = await core.client.create.run(input);
    const [{ uuid } = { uuid: '' }] = machines;
    const shell = await bench.shell(uuid);
    shell.type('\ncat /proc/cmdline /ks.cfg\n');
    await shell.shows(/inst\.repo=http:\S+\/fedora inst\.ks=file:\/ks\.cfg/);
    await shell.shows(/url --url="http:\S+\/fedora"/);
    await core.client.activity.cancelJob({ job });
    assert.equal((await bench.ended(job)).state, 'cancelled');
    assert.deepEqual(await bench.everything(), empty);
  });

  test('what is no tree, and a kernel that is not the publisher’s, are refused: nothing is left', async () => {
    const { problems } = await core.client.create.plan(await fromTree('none', 'nothing'));
    assert.deepEqual(
      problems.map(({ field }) => field),
      ['source.url'],
    );
    const { job } = await core.client.create.run(await fromTree('bad', 'forged'));
    const ended = await bench.ended(job);
    assert.equal(ended.state, 'failed');
    assert.match(ended.failure?.message ?? '', /checksum is another one/);
    assert.deepEqual(await bench.everything(), empty);
  });

  for (const when of ['before done installer-1', 'after begin installed-1'])
    test(`the app is killed ${when}, and goes on: the installer ran on, and was started once`, async () => {
      const input = await fromTree('killed', 'debian/dists/bookworm', PRESEED);
      const { folder: data } = core;
      await core.stop();
      const child = await startChild(CHILD, [data, secrets, JSON.stringify(input), when]);
      assert.equal(await endOf(child), 'SIGKILL');
      core = await TestCore.open({ folder: data, secrets: new FileSecrets(secrets) });
      bench = bench.with(core);
      await core.inState(bench.host, 'connected');
      const id = async (): Promise<string> => (await lab.exec(1, 'virsh', 'domid', 'killed')).trim();
      const first = await id();
      const uuid = (await lab.exec(1, 'virsh', 'domuuid', 'killed')).trim();
      const [job = ''] = (await readdir(path.join(data, 'data', 'jobs'))).map(
        (name) => path.parse(name).name,
      );
      await core.client.activity.resumeJob({ job, choice: 'goOn' });
      const shell = await bench.shell(uuid);
      assert.equal(await id(), first);
      await restart(shell, uuid, job, ['killed']);
      await gone('killed');
    });

  test('off by a person while the app was away, it is started from its disk and not installed again', async () => {
    const input = await fromTree('away', 'debian/dists/bookworm');
    const { job, machines } = await core.client.create.run(input);
    const [{ uuid } = { uuid: '' }] = machines;
    await core.machine(bench.host, uuid, ({ state }) => state === 'running');
    const { folder: data } = core;
    await core.stop();
    await lab.exec(1, 'sh', '-c', 'virsh -q destroy away; virsh -q start away');
    core = await TestCore.open({ folder: data, secrets: new FileSecrets(secrets) });
    bench = bench.with(core);
    await core.inState(bench.host, 'connected');
    await core.client.activity.resumeJob({ job, choice: 'goOn' });
    await bench.done(job);
    assert.doesNotMatch(await lab.exec(1, 'virsh', 'dumpxml', 'away'), /<kernel>/);
    assert.deepEqual(await bench.everything(), [...empty, 'away'].toSorted());
    await gone('away');
  });

  test('deleted while its job waits for a person: kernel and initrd are offered with its disk, running or off', async () => {
    const input = await fromTree('half', 'debian/dists/bookworm');
    const { machines } = await core.client.create.run(input);
    const [{ uuid } = { uuid: '' }] = machines;
    await core.machine(bench.host, uuid, ({ state }) => state === 'running');
    const { folder: data } = core;
    await core.stop();
    core = await TestCore.open({ folder: data, secrets: new FileSecrets(secrets) });
    bench = bench.with(core);
    await core.inState(bench.host, 'connected');
    const ref = { host: bench.host, uuid };
    const offered = async (): Promise<string[]> => {
      const { volumes } = await core.client.domain.deletionPlan(ref);
      const free = volumes.filter(({ keep }) => keep === null);
      return free.map(({ path }) => path.replace(/^.*\//, '')).toSorted();
    };
    const files = ['half-installer.initrd', 'half-installer.kernel', 'system.qcow2'];
    assert.deepEqual(await offered(), files);
    await lab.exec(1, 'virsh', '-q', 'destroy', 'half');
    await core.machine(bench.host, uuid, ({ state }) => state === 'shutoff');
    assert.deepEqual(await offered(), files);
    const { volumes } = await core.client.domain.deletionPlan(ref);
    const keys = volumes
      .filter(({ target }) => target === 'kernel' || target === 'initrd')
      .map(({ key }) => key);
    const shown = { managedSave: false, snapshots: 0, checkpoints: 0, nvram: false, tpm: false };
    const { job } = await core.client.domain.delete({ ...ref, volumes: keys, shown });
    await bench.done(job);
    assert.deepEqual(await bench.everything(), empty);
    const [left = ''] = (await readdir(path.join(data, 'data', 'jobs'))).map((name) => path.parse(name).name);
    await core.client.activity.resumeJob({ job: left, choice: 'undo' });
    assert.deepEqual((await bench.ended(left)).mayBeLeft, []);
    assert.deepEqual(await bench.everything(), empty);
  });

  test('Debian’s ISO is started by the kernel that is on it, with the answers in its initrd', async () => {
    const label = 'Debian 12.5.0 amd64 n';
    const boot = { kernel: 'install.amd/vmlinuz', initrd: 'install.amd/initrd.gz' };
    await copyFile(await makeIso(folder, { label, boot }), path.join(lab.state, '1', 'images', 'debian.iso'));
    await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
    const medium = { kind: 'volume' as const, pool: bench.pool, name: 'debian.iso' };
    const input = await machine('iso', { kind: 'iso', medium, unattended: PRESEED });
    const { job, machines } = await core.client.create.run(input);
    const [{ uuid } = { uuid: '' }] = machines;
    // Nothing tells this kernel of the serial port: what it runs is seen by the agent's absence alone, and by what libvirt was given.
    await core.machine(bench.host, uuid, ({ state }) => state === 'running');
    const live = await until(
      () => core.client.domain.xml({ host: bench.host, uuid }),
      'the machine is shown',
    );
    assert.match(live, /<kernel>\S+\/iso-installer\.kernel<\/kernel>/);
    assert.match(live, /<cmdline>auto=true priority=critical<\/cmdline>/);
    const ours = createHash('sha256')
      .update(await readFile((await bootFiles(folder)).kernel))
      .digest('hex');
    assert.match(
      await lab.exec(1, 'sha256sum', '/var/lib/libvirt/images/iso-installer.kernel'),
      new RegExp(ours),
    );
    await core.client.activity.cancelJob({ job });
    assert.equal((await bench.ended(job)).state, 'cancelled');
  });
});

/** What each family's server has, by its path. */
function trees(kernel: Buffer, initrd: Buffer): Map<string, Buffer | string> {
  const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const images = 'debian/dists/bookworm/main/installer-amd64/current/images';
  const netboot = 'netboot/debian-installer/amd64';
  return new Map<string, Buffer | string>([
    [`${images}/${netboot}/linux`, kernel],
    [`${images}/${netboot}/initrd.gz`, initrd],
    [`${images}/SHA256SUMS`, `${sha(kernel)}  ./${netboot}/linux\n${sha(initrd)}  ./${netboot}/initrd.gz\n`],
    ['fedora/images/pxeboot/vmlinuz', kernel],
    ['fedora/images/pxeboot/initrd.img', initrd],
    [
      'fedora/.treeinfo',
      treeinfo('Fedora', 'images/pxeboot/vmlinuz', 'images/pxeboot/initrd.img', sha(kernel)),
    ],
    ['suse/boot/x86_64/loader/linux', kernel],
    ['suse/boot/x86_64/loader/initrd', initrd],
    ['forged/images/pxeboot/vmlinuz', initrd],
    ['forged/images/pxeboot/initrd.img', initrd],
    [
      'forged/.treeinfo',
      treeinfo('Fedora', 'images/pxeboot/vmlinuz', 'images/pxeboot/initrd.img', sha(kernel)),
    ],
  ]);
}

function treeinfo(family: string, kernel: string, initrd: string, sum: string): string {
  return `[checksums]\n${kernel} = sha256:${sum}\n[general]\nfamily = ${family}\n[images-x86_64]\nkernel = ${kernel}\ninitrd = ${initrd}\n`;
}
