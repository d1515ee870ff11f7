import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { ContainerSource, CreateInput } from '../../main/contract/create.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import type { Transcript } from '../support/transcript.ts';
import { until } from '../support/wait.ts';
import { CreateBench } from './create-lab.ts';

const run = promisify(execFile);
const ARCHIVES = ['devices.tar', 'large.tar.gz', 'mark.tar', 'root.tar.xz'];
const IMAGES = '/var/lib/libvirt/images';

const REMOVE_ALL = `for name in $(virsh -c lxc:/// list --all --name); do
  virsh -q -c lxc:/// destroy $name; virsh -q -c lxc:/// undefine $name
done
cd ${IMAGES} && find . -mindepth 1 -maxdepth 1 ${ARCHIVES.map((name) => `! -name ${name}`).join(' ')} -exec rm -r {} +
virsh -q pool-refresh default`;

/** Says what the tests look for, reaches its network, and ends when it is told to. */
const INIT = `#!/bin/sh
trap 'echo ends; exit 0' TERM
echo "first line of $NAME"
echo "users $(awk '{print $2}' /proc/self/uid_map), root $(stat -c %u:%g /), setuid $(stat -c %a /bin/mark)"
ip link set lo up
[ ! -e /sys/class/net/eth0 ] || { ip addr add 192.168.122.9/24 dev eth0; ip link set eth0 up; until ping -c 1 -W 1 192.168.122.1; do :; done; }
echo "cards $(ls /sys/class/net | tr '\\n' ' ')"
echo ready
while :; do sleep 1 & wait $!; done
`;

suite('a container', { timeout: 300_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let folder: string;
  /** The connection of the QEMU driver. */
  let noContainers: string;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    const machines = await CreateBench.open(lab, core);
    ({ host: noContainers } = machines);
    bench = machines.on(await core.connect(`lxc+ssh://root@${lab.address(1)}/system`));
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-container-'));
    await makeRoot(path.join(folder, 'root'));
    const images = path.join(lab.state, '1', 'images');
    await run('tar', ['-cJf', path.join(images, 'root.tar.xz'), '-C', path.join(folder, 'root'), '.']);
    // Unpacked it is large enough to be caught in the middle.
    await writeFile(path.join(folder, 'large'), '');
    await truncate(path.join(folder, 'large'), 2 ** 29);
    await run('tar', ['-I', 'gzip -1', '-cf', path.join(images, 'large.tar.gz'), '-C', folder, 'large']);
    await run('mkdir', [path.join(folder, 'root/srv')]);
    for (const at of ['srv', 'dev'])
      await run('mknod', [path.join(folder, 'root', at, 'disk'), 'b', '7', '0']);
    // Names with two slashes are not those that a pattern of tar's leaves out.
    const twice = ['--transform', 's,^\\./,.//,', '-C', path.join(folder, 'root'), '.'];
    await run('tar', ['-cf', path.join(images, 'devices.tar'), ...twice]);
    await run('tar', ['-cf', path.join(images, 'mark.tar'), '-C', path.join(folder, 'root'), './bin/mark']);
    await lab.exec(1, 'sh', '-c', 'virsh -q pool-refresh default; virsh -q net-start default');
  });
  afterEach(async () => {
    const found = await left();
    // What a failed test leaves would fail the next ones as well, which hides its own reason.
    if (found.length > ARCHIVES.length) await lab.exec(1, 'sh', '-c', REMOVE_ALL);
    assert.deepEqual(found, ARCHIVES);
  });
  after(async () => {
    await core.close();
    await lab.exec(1, 'virsh', '-q', 'net-destroy', 'default');
    await lab.clean(1);
    await lab.release();
    await rm(folder, { recursive: true });
  });

  /** Names of all containers and of what is in the pool's folder. */
  const left = async (): Promise<string[]> => {
    const text = await lab.exec(1, 'sh', '-c', `virsh -c lxc:/// list --all --name; ls -A ${IMAGES}`);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .toSorted();
  };
  const source = (root: ContainerSource['root'], change: Partial<ContainerSource> = {}): ContainerSource => ({
    kind: 'container',
    root,
    init: '/sbin/init',
    args: [],
    env: [],
    unprivileged: false,
    ...change,
  });
  const template = (name = 'root.tar.xz'): ContainerSource['root'] => ({
    kind: 'template',
    archive: { kind: 'volume', pool: bench.pool, name },
    pool: bench.pool,
  });
  const input = async (
    name: string,
    from: ContainerSource,
    change: Partial<CreateInput> = {},
  ): Promise<CreateInput> => {
    const { spec } = await core.client.create.defaults({ host: bench.host, os: null, source: 'container' });
    return {
      host: bench.host,
      name,
      count: 1,
      title: null,
      description: null,
      os: null,
      source: { ...from, env: [...from.env, { name: 'NAME', value: name }] },
      spec: { ...spec, memory: { ...spec.memory, sizeMiB: 128 }, cpu: { ...spec.cpu, vcpus: 1 } },
      start: true,
      autostart: false,
      xml: null,
      ...change,
    };
  };
  const made = async (wanted: CreateInput): Promise<{ uuid: string; console: Transcript }> => {
    const { job, machines } = await core.client.create.run(wanted);
    await bench.done(job);
    const uuid = machines[0]?.uuid ?? '';
    return { uuid, console: await bench.serial(uuid) };
  };
  const deleted = async (uuid: string, folders: 'all' | 'none'): Promise<void> => {
    const ref = { host: bench.host, uuid };
    const plan = await core.client.domain.deletionPlan(ref);
    const { managedSave, snapshots, checkpoints } = plan;
    const { job } = await core.client.domain.delete({
      ...ref,
      volumes: folders === 'all' ? plan.volumes.map(({ key }) => key) : [],
      shown: { managedSave, snapshots, checkpoints, nvram: false, tpm: false },
      force: true,
    });
    await bench.done(job);
  };

  /** A virtual machine: containers are another driver's, on the same host. */
  const defineGuest = async (name: string, disk: string): Promise<void> => {
    const xml = `<domain type="qemu"><name>${name}</name><memory>65536</memory><os><type>hvm</type></os><devices><disk type="file"><source file="${disk}"/><target dev="vda"/></disk></devices></domain>`;
    await lab.exec(1, 'sh', '-c', `echo '${xml}' > /tmp/guest.xml && virsh -q define /tmp/guest.xml`);
  };

  test('of an archive: it says its first line, reaches its network, ends when it is asked to, and is deleted with its files', async () => {
    const { uuid, console } = await made(await input('web', source(template())));
    await console.shows(/first line of web/);
    await console.shows(/users 0, root 0:0, setuid 4755/);
    await console.shows(/ 0% packet loss/);
    await console.shows(/ready/);
    await core.client.domain.shutdown({ host: bench.host, uuid });
    await core.machine(bench.host, uuid, ({ state }) => state === 'shutoff');
    await defineGuest('guest', `${IMAGES}/web/rootfs/srv/guest.img`);
    const { volumes } = await core.client.domain.deletionPlan({ host: bench.host, uuid });
    assert.deepEqual(
      volumes.map(({ keep, usedBy }) => [keep, usedBy]),
      [['usedByOther', ['guest']]],
    );
    await lab.exec(1, 'virsh', '-q', 'undefine', 'guest');
    await deleted(uuid, 'all');
  });

  test('one whose first process libvirt has lost ends when it is asked to, all the same', async () => {
    const { uuid, console } = await made(await input('lost', source(template())));
    await console.shows(/ready/);
    await lab.stopLibvirtd(1);
    // As when the word of its controller came too soon: nobody tells a second time.
    await lab.exec(1, 'sed', '-i', '/<init pid=/d', '/run/libvirt/lxc/lost.xml');
    await lab.startLibvirtd(1);
    await until(
      async () => (await lab.exec(1, 'virsh', '-c', 'lxc:///', 'list', '--name')).includes('lost'),
      'libvirtd is back',
    );
    await assert.rejects(lab.exec(1, 'virsh', '-c', 'lxc:///', 'shutdown', 'lost'), /not yet known/);
    const ref = { host: bench.host, uuid };
    await until(() => core.client.domain.shutdown(ref).then(() => true), 'it is asked');
    await core.machine(bench.host, uuid, ({ state }) => state === 'shutoff');
    await deleted(uuid, 'all');
  });

  test('several of one archive, with users of their own and without a network: none sees the host’s', async () => {
    const wanted = await input('own-#', source(template(), { unprivileged: true }), { count: 2 });
    const { job, machines } = await core.client.create.run({ ...wanted, spec: { ...wanted.spec, nics: [] } });
    await bench.done(job);
    for (const { uuid } of machines) {
      const console = await bench.serial(uuid);
      // Root of the container sees itself as root, and its files as its own.
      await console.shows(/users 100000, root 0:0, setuid 4755/);
      await console.shows(/cards lo \s*$/m);
      await deleted(uuid, 'all');
    }
  });

  test('of the host’s own files: a program that can read them, and not write', async () => {
    const from = source(
      { kind: 'host' },
      { init: '/bin/sh', args: ['-c', 'echo "hello from $NAME"; touch /usr/mark || echo kept; sleep 1000'] },
    );
    const { uuid, console } = await made(await input('app', from));
    await console.shows(/hello from app/);
    await console.shows(/kept/);
    await deleted(uuid, 'all');
  });

  test('of a folder that is there: it stays when the container goes', async () => {
    const at = '/srv/root';
    await lab.exec(1, 'sh', '-c', `mkdir -p ${at} && tar -xf ${IMAGES}/root.tar.xz -C ${at}`);
    const { uuid, console } = await made(await input('folder', source({ kind: 'directory', path: at })));
    await console.shows(/first line of folder/);
    const plan = await core.client.domain.deletionPlan({ host: bench.host, uuid });
    assert.deepEqual(
      plan.volumes.map(({ path: where, keep }) => [where, keep]),
      [[at, 'notInPool']],
    );
    await deleted(uuid, 'none');
    await lab.exec(1, 'test', '-e', `${at}/sbin/init`);
  });

  test('cancelled while its archive is unpacked: nothing is left', async () => {
    const { job } = await core.client.create.run(await input('never', source(template('large.tar.gz'))));
    const unpacking = `test -e ${IMAGES}/.never.*/rootfs/large`;
    await until(() => lab.exec(1, 'sh', '-c', unpacking), 'it is being unpacked');
    await core.client.activity.cancelJob({ job });
    const ended = await bench.ended(job);
    assert.equal(ended.state, 'cancelled');
    assert.deepEqual(ended.mayBeLeft, []);
    await assert.rejects(lab.exec(1, 'pgrep', '-x', 'tar'));
  });

  test('an archive that unpacks to more than there is room for: it ends in time, and nothing is left', async () => {
    const at = '/srv/small';
    await lab.exec(1, 'sh', '-c', `mkdir -p ${at} && mount -t tmpfs -o size=400m small ${at}`);
    const pool = `virsh -q pool-create-as small dir --target ${at}; virsh pool-uuid small`;
    try {
      const small = (await lab.exec(1, 'sh', '-c', pool)).trim();
      const root = {
        kind: 'template',
        archive: { kind: 'volume', pool: bench.pool, name: 'large.tar.gz' },
        pool: small,
      } as const;
      const { job } = await core.client.create.run(await input('big', source(root)));
      const ended = await bench.ended(job);
      assert.match(ended.failure?.message ?? '', /no room to unpack large\.tar\.gz/);
      assert.deepEqual(ended.mayBeLeft, []);
      assert.equal(await lab.exec(1, 'ls', '-A', at), '');
      await assert.rejects(lab.exec(1, 'pgrep', '-x', 'tar'));
    } finally {
      await lab.exec(1, 'sh', '-c', `virsh -q pool-destroy small; umount ${at}`);
    }
  });

  test('what an archive brings is for the container alone: no device, and no program that is root’s to a user of the host', async () => {
    const { job, machines } = await core.client.create.run(
      await input('wild', source(template('devices.tar'))),
    );
    await bench.done(job);
    const found = await lab.exec(1, 'find', `${IMAGES}/wild`, '-type', 'b', '-o', '-type', 'c');
    assert.equal(found, '');
    const as = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const root = `${IMAGES}/wild/rootfs`;
    assert.match(await lab.exec(1, 'stat', '-c', '%a', `${root}/bin/mark`), /4755/);
    await assert.rejects(lab.exec(1, ...as, `${root}/bin/mark`, 'true'));
    await deleted(machines[0]?.uuid ?? '', 'all');
  });

  test('an archive without the first program: what was unpacked is removed', async () => {
    const { job } = await core.client.create.run(await input('empty', source(template('mark.tar'))));
    const ended = await bench.ended(job);
    assert.equal(ended.state, 'failed');
    assert.match(ended.failure?.message ?? '', /no program \/sbin\/init in the archive mark\.tar/);
  });

  test('a folder of its name that the pool does not know yet: it stays as it was', async () => {
    await lab.exec(1, 'sh', '-c', `mkdir ${IMAGES}/taken; echo mine > ${IMAGES}/taken/file`);
    const { job } = await core.client.create.run(await input('taken', source(template())));
    assert.match((await bench.ended(job)).failure?.message ?? '', /taken on the host already/);
    assert.equal(await lab.exec(1, 'cat', `${IMAGES}/taken/file`), 'mine\n');
    await lab.exec(1, 'sh', '-c', `rm -r ${IMAGES}/taken; virsh -q pool-refresh default`);
  });

  test('what cannot be is said at its field', async () => {
    const problems = async (wanted: CreateInput): Promise<string[]> =>
      (await core.client.create.plan(wanted)).problems.map(({ field }) => field);
    const nowhere = source({ kind: 'directory', path: '/srv/nowhere' });
    assert.deepEqual(await problems(await input('a', nowhere)), ['source.root.path']);
    const nothing = source({ kind: 'host' }, { init: '/bin/nothing' });
    assert.deepEqual(await problems(await input('a', nothing)), ['source.init']);
    assert.deepEqual(await problems(await input('a', source(template('none.tar')))), ['source.root.archive']);
    const there = { ...(await input('a', source({ kind: 'host' }))), host: noContainers };
    assert.deepEqual(await problems(there), ['source']);
    const options = await core.client.create.options({ host: bench.host });
    assert.deepEqual([options.noContainers, options.arches], [null, []]);
    assert.match(options.noMachines ?? '', /containers alone/);
    assert.deepEqual(
      options.archives.map(({ name }) => name),
      ARCHIVES,
    );
  });
});

/** A system of busybox alone. */
async function makeRoot(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'proc', 'sys', 'dev', 'tmp', 'etc'])
    await mkdir(path.join(root, name), { recursive: true });
  const { stdout } = await run('which', ['busybox']);
  await copyFile(stdout.trim(), path.join(root, 'bin/busybox'));
  for (const name of ['sh', 'awk', 'stat', 'ip', 'ping', 'ls', 'tr', 'sleep'])
    await symlink('busybox', path.join(root, 'bin', name));
  await copyFile(stdout.trim(), path.join(root, 'bin/mark'));
  await run('chmod', ['4755', path.join(root, 'bin/mark')]);
  await writeFile(path.join(root, 'sbin/init'), INIT, { mode: 0o755 });
}
