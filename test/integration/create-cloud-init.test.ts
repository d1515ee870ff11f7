import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { sha512Crypt } from '../../drivers/formats/crypt.ts';
import type { Backend } from '../../main/contract/balancer.ts';
import type { CloudInit } from '../../main/contract/cloud-init.ts';
import { templateWay } from '../../main/contract/template-way.ts';
import { Lab } from '../lab/lab.ts';
import { cloneInput } from '../support/clone-input.ts';
import { TestCore } from '../support/core.ts';
import { ipv4, networkSpec } from '../support/networks.ts';
import { until } from '../support/wait.ts';
import { balancerTests, startBackends } from './create-balancer.ts';
import { CreateBench, NO_CLOUD_INIT } from './create-lab.ts';

const run = promisify(execFile);
const HERE = import.meta.dirname;
const GUEST_DIR = process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest';
const NET = '10.44.1';
const BRIDGE = 'vfirst0';
const GUEST = `${NET}.10`;
const CLONE = `${NET}.11`;
const SOURCE = `${NET}.1:8080`;
const PASSWORD = 'grün und $HOME';
/** A hang, not slowness: the guest boots under TCG, and other tests run beside. */
const BOOT_LIMIT_MS = 480_000;
/** The host's folder of this test. */
const FOLDER = '/tmp/first-boot';
const SSH_OPTIONS = [
  'BatchMode=yes',
  'ConnectTimeout=60',
  'LogLevel=ERROR',
  'StrictHostKeyChecking=no',
  'UserKnownHostsFile=/dev/null',
  `ControlPath=${FOLDER}/control`,
].flatMap((option) => ['-o', option]);

/** Keys by address, of ssh-keyscan's lines. */
function offersOf(lines: string): Record<string, string | undefined> {
  return Object.fromEntries(
    lines
      .split('\n')
      .filter((line) => line.includes('ssh-ed25519'))
      .map((line) => line.trim().split(' '))
      .map(([address = '', , key]) => [address, key]),
  );
}

// Of a Debian whose cloud-init nobody has told anything but by the seed. It is a load balancer too: to boot it under TCG takes a minute.
suite('a cloud image’s own cloud-init does what the plan says', { timeout: 1_500_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  let folder: string;
  let backends: Backend[];
  let uuid: string;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
    await run('bash', [path.join(HERE, '../lab/debian-image.sh'), GUEST_DIR]);
    const images = path.join(lab.state, '1', 'images');
    await copyFile(path.join(GUEST_DIR, 'debian.qcow2'), path.join(images, 'debian.qcow2'));
    await cp(path.join(GUEST_DIR, 'debian-packages'), path.join(images, 'packages'), { recursive: true });
    await lab.exec(1, 'virsh', '-q', 'pool-refresh', 'default');
    await core.client.network.create({
      host: bench.host,
      spec: networkSpec({
        name: 'first-boot',
        bridge: BRIDGE,
        ips: [ipv4(NET)],
      }),
      start: true,
      autostart: false,
    });
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-first-boot-'));
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ann@laptop', '-f', `${folder}/key`]);
    const key = await readFile(`${folder}/key`, 'utf8');
    await lab.execWith(
      key,
      1,
      'sh',
      '-c',
      `mkdir ${FOLDER}; mv /var/lib/libvirt/images/packages ${FOLDER}/source; umask 077; cat > ${FOLDER}/key; chmod 755 ${FOLDER}`,
    );
    await lab.execWith(
      await readFile(path.join(HERE, '../lab/package-source.sh'), 'utf8'),
      1,
      'bash',
      '-s',
      FOLDER,
      `${NET}.1`,
    );
    backends = await startBackends(bench, 'first-boot', BRIDGE);
  });
  after(async () => {
    await core.close();
    await lab.exec(
      1,
      'sh',
      '-c',
      `kill $(cat ${FOLDER}/httpd.pid); ssh -O exit -S ${FOLDER}/control ann@${GUEST}; rm -rf ${FOLDER}; virsh -q net-destroy first-boot; virsh -q net-undefine first-boot`,
    );
    await lab.clean(1);
    await lab.release();
    await rm(folder, { recursive: true, force: true });
  });

  /** What a command in the guest says, by SSH from its host, over the connection of `logIn`: a login takes seconds under TCG. */
  const inGuest = (command: string): Promise<string> =>
    lab.exec(1, 'ssh', '-i', `${FOLDER}/key`, ...SSH_OPTIONS, `ann@${GUEST}`, command);
  const logIn = (): Promise<string> =>
    lab.exec(
      1,
      'sh',
      '-c',
      `ssh -fNM -i ${FOLDER}/key ${SSH_OPTIONS.join(' ')} ann@${GUEST} </dev/null >/dev/null 2>&1`,
    );

  test('it boots from its seed, and the key of the laptop opens it at its fixed address', async () => {
    const { templates } = await core.client.create.options({ host: bench.host });
    const template = templates.find(({ id }) => id === 'load-balancer');
    const way = template === undefined ? null : templateWay(template, 'debian12');
    assert.ok(way !== null);
    const publicKey = (await readFile(`${folder}/key.pub`, 'utf8')).trim();
    const cloudInit: CloudInit = {
      ...NO_CLOUD_INIT,
      hostname: 'web1',
      users: [{ name: 'ann', sshKeys: [publicKey], password: PASSWORD, sudo: true }],
      packages: ['virtlane-hello', ...way.packages],
      files: [{ path: '/etc/told', content: 'ß: "x"\n\ttab\n', mode: '0640' }, ...way.files],
      runCommands: ['echo "run as $(id -un)" > /run-once', ...way.runCommands],
      timezone: 'Europe/Paris',
      network: { addresses: [`${GUEST}/24`], gateway: `${NET}.1`, nameservers: [`${NET}.1`] },
      puppet: {
        server: 'puppet.example.org',
        environment: 'staging',
        certname: 'web1.example.org',
        installType: 'packages',
      },
      yaml: [
        // As Debian's own images have it: sudo looks its host up, and no server of names answers in the lab.
        'manage_etc_hosts: true',
        'apt:',
        '  preserve_sources_list: true',
        '  sources:',
        `    ours.list: {source: "deb [trusted=yes] http://${SOURCE} ./"}`,
        'write_files:',
        '  - {path: /etc/own, content: own, permissions: "0600"}',
      ].join('\n'),
    };
    const image = { kind: 'volume' as const, pool: bench.pool, name: 'debian.qcow2' };
    const balancer = backends.slice(0, 2);
    const input = await bench.input('Web_1', {
      kind: 'cloudImage',
      image,
      copy: false,
      cloudInit,
      template: 'load-balancer',
      balancer,
    });
    const { spec } = input;
    const { job, machines } = await core.client.create.run({
      ...input,
      spec: {
        ...spec,
        memory: { ...spec.memory, sizeMiB: 1024 },
        // QEMU 7.2 is quicker without AVX, which the C library would use.
        cpu: { ...spec.cpu, vcpus: 1, mode: 'default' },
        disks: spec.disks.map((disk) =>
          disk.source.kind === 'new'
            ? { ...disk, cache: 'unsafe' as const, source: { ...disk.source, sizeBytes: 3 * 1024 ** 3 } }
            : disk,
        ),
        nics: spec.nics.map((nic) => ({
          ...nic,
          source: { kind: 'network' as const, network: 'first-boot', portGroup: null },
        })),
      },
    });
    const ended = await bench.done(job);
    assert.ok(!JSON.stringify(ended).includes(PASSWORD));
    uuid = machines[0]?.uuid ?? '';
    // Its last word: logins before that would take its time.
    const console = await bench.serial(uuid);
    await console.shows(/Cloud-init v\. \S+ finished at /, BOOT_LIMIT_MS);
    await logIn();
    assert.equal((await inGuest('id -un')).trim(), 'ann');
  });

  test('cloud-init says that all of it was done', async () => {
    const status = await inGuest('cloud-init status --wait --long || :');
    const log = () => inGuest('sudo grep -E "WARN|ERROR|Traceback" -A 12 /var/log/cloud-init.log || :');
    if (!/^status: done$/m.test(status)) assert.fail(status + (await log()));
    const { v1: result } = JSON.parse(await inGuest('cat /run/cloud-init/result.json')) as {
      v1: { datasource: string; errors: string[] };
    };
    assert.match(result.datasource, /NoCloud.*seed=\/dev\/sr0/);
    assert.deepEqual(result.errors, []);
  });

  test('its name, its time zone, its disk', async () => {
    assert.equal((await inGuest('cat /etc/hostname')).trim(), 'web1');
    assert.equal((await inGuest('hostname')).trim(), 'web1');
    assert.match(await inGuest('readlink -f /etc/localtime'), /Europe\/Paris$/m);
    const bytes = Number(await inGuest('df -B1 --output=size / | tail -1'));
    assert.ok(bytes > 2.5 * 1024 ** 3, `the root file system has ${bytes} bytes of 3 GiB`);
  });

  test('its user may become root, and the hash is the password’s', async () => {
    const [, hash = ''] = (await inGuest('sudo getent shadow ann')).split(':');
    const [, kind, salt = ''] = hash.split('$');
    assert.equal(kind, '6');
    assert.equal(hash, sha512Crypt(PASSWORD, { salt }));
    assert.match(await inGuest('getent passwd ann'), /:\/bin\/bash$/m);
    const keys = await inGuest('cat ~/.ssh/authorized_keys');
    assert.equal(keys.trim(), (await readFile(`${folder}/key.pub`, 'utf8')).trim());
  });

  test('the password opens its serial console', async () => {
    const console = await bench.serial(uuid);
    console.type('\n');
    await console.shows(/web1 login: /);
    console.type('ann\n');
    await console.shows(/Password: /);
    console.type(`${PASSWORD}\n`);
    await console.shows(/ann@web1/);
    console.type('exit\n');
  });

  test('a package came from the source that was given, and what is to be run ran', async () => {
    assert.equal(
      (await inGuest('dpkg-query -W -f "\\${Status} \\${Version}" virtlane-hello')).trim(),
      'install ok installed 1.0',
    );
    assert.match(
      await inGuest('cat /etc/apt/sources.list.d/ours.list'),
      /^deb \[trusted=yes\] http:\/\/10\.44\.1\.1:8080 \.\/$/m,
    );
    assert.equal((await inGuest('cat /run-once')).trim(), 'run as root');
    assert.equal(await inGuest('sudo cat /etc/told'), 'ß: "x"\n\ttab\n');
    assert.equal(
      (await inGuest('sudo stat -c "%a %U" /etc/told /etc/own')).trim(),
      ['640 root', '600 root'].join('\n'),
    );
  });

  test('Puppet’s agent has its server, environment and certificate, and its service runs', async () => {
    const conf = await inGuest('cat /etc/puppet/puppet.conf');
    assert.match(conf, /^\[agent\]$/m);
    assert.match(conf, /^server ?= ?puppet\.example\.org$/m);
    assert.match(conf, /^environment ?= ?staging$/m);
    assert.match(conf, /^certname ?= ?web1\.example\.org$/m);
    assert.match(conf, /^ssldir ?= ?\/var\/lib\/puppet\/ssl$/m);
    assert.equal(
      (await inGuest('systemctl is-active puppet; systemctl is-enabled puppet')).trim(),
      'active\nenabled',
    );
    assert.match(await inGuest('cat /var/log/puppet-calls'), /^agent --no-daemonize$/m);
  });

  test('a clone of it, told anew, has a name, SSH keys and an identity of its own', async () => {
    const ref = { host: bench.host, uuid };
    await until(
      async () => (await core.client.clone.options(ref)).agent === 'connected',
      'the agent of the guest answers',
    );
    const ownKey = 'cut -d" " -f2 /etc/ssh/ssh_host_ed25519_key.pub';
    const tell = `echo "$(hostname) $(cat /etc/hostname) $(cat /var/lib/cloud/data/instance-id) $(${ownKey}) $(cat /etc/machine-id)"`;
    const publicKey = (await readFile(`${folder}/key.pub`, 'utf8')).trim();
    const cloudInit: CloudInit = {
      ...NO_CLOUD_INIT,
      hostname: 'web2',
      users: [{ name: 'ann', sshKeys: [publicKey], password: null, sudo: true }],
      runCommands: [`(echo -n 'told: '; ${tell}) > /dev/ttyS0`],
      network: { addresses: [`${CLONE}/24`], gateway: null, nameservers: [] },
    };
    const { job, machines } = await core.client.clone.run(
      cloneInput(
        { host: bench.host, machine: uuid, to: bench.host, name: 'Web_2' },
        { cloudInit, start: true },
      ),
    );
    const [clone] = machines;
    assert.ok(clone !== undefined);
    assert.match(JSON.stringify((await bench.done(job)).log), /with whole files/);
    const console = await bench.serial(clone.uuid);
    const said = await console.shows(/told: [^\r]+\r/, BOOT_LIMIT_MS);
    const [name, kept, id, key, machineId] = said.trim().split(' ').slice(-5);
    assert.deepEqual([name, kept, id], ['web2', 'web2', clone.uuid]);
    const [, , ownId, own, ownMachineId] = (await inGuest(tell)).trim().split(' ');
    assert.equal(ownId, uuid);
    assert.notEqual(key, own);
    // As docs/clone.md says: what is not emptied there is the original's.
    assert.equal(machineId, ownMachineId);
    const offered = await lab.exec(1, 'ssh-keyscan', '-T', '60', '-t', 'ed25519', CLONE, GUEST);
    assert.deepEqual(offersOf(offered), { [CLONE]: key, [GUEST]: own });
    await core.client.domain.destroy({ ...ref, uuid: clone.uuid });
  });

  balancerTests(() => ({ bench, uuid, name: 'Web_1', address: GUEST, inGuest }));
});
