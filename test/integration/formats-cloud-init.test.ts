import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { emptyCloudInit, seedFiles, type CloudInit } from '../../drivers/formats/cloud-init/index.ts';
import { sha512Crypt } from '../../drivers/formats/crypt.ts';
import { firstBootFiles } from '../../main/jobs/create/first-boot.ts';
import { TEMPLATES } from '../../main/jobs/create/templates.ts';
import { missing } from '../support/commands.ts';
import { NO_CLOUD_INIT } from './create-lab.ts';

/** Debian's own: another one does not see the modules of Debian's packages. */
const PYTHON = '/usr/bin/python3';
const skip = missing('apt-get', 'apt-cache', 'dpkg-deb', 'flock', 'python3');
/** As test/lab/lab.ts has it. */
const GUEST_DIR = process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest';
const UNPACK = path.join(import.meta.dirname, '../lab/cloud-init.sh');

const FULL: CloudInit = {
  ...emptyCloudInit('5e3b6ae2-31d5-4f0e-8a4a-1a2b3c4d5e6f'),
  hostname: 'web1',
  fqdn: 'web1.example.org',
  defaultUser: { sshKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ann@laptop'] },
  users: [
    {
      name: 'ann',
      fullName: 'Ann Green',
      sshKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ann@laptop'],
      passwordHash: sha512Crypt('secret'),
      sudo: 'password',
      groups: ['users'],
      shell: null,
    },
  ],
  sshPasswords: true,
  timezone: 'Europe/Paris',
  locale: 'fr_FR.UTF-8',
  keyboard: { layout: 'fr', variant: 'oss' },
  ntpServers: ['ntp.example.org'],
  packageUpdate: true,
  packageUpgrade: true,
  packages: ['qemu-guest-agent'],
  sources: [
    { kind: 'apt', name: 'ours.list', source: 'deb http://apt.example.org stable main', key: 'KEY' },
    { kind: 'yum', id: 'ours', name: 'Ours', baseUrl: 'http://yum.example.org/', gpgKeyUrl: null },
  ],
  files: [{ path: '/etc/motd', content: 'Hello\nß\n', permissions: '0644', owner: 'root:root' }],
  commands: ['echo one', ['echo', 'two words']],
  grow: true,
  puppet: {
    install: 'aio',
    version: '7.24.0',
    collection: 'puppet7',
    server: 'puppet.example.org',
    environment: 'production',
    certname: '%f',
    runNow: true,
    startService: true,
  },
  network: [
    {
      name: 'eth0',
      mac: '52:54:00:12:34:56',
      dhcp4: false,
      dhcp6: false,
      addresses: ['192.0.2.10/24', '2001:db8::10/64'],
      gateway4: '192.0.2.1',
      gateway6: '2001:db8::1',
      nameservers: ['192.0.2.53'],
      searchDomains: ['example.org'],
    },
  ],
};

/** What cloud-init makes of user-data of several parts, as JSON. */
const MERGE = `
import json, shutil, sys, tempfile
from cloudinit import handlers, helpers, user_data, safeyaml
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
folder = tempfile.mkdtemp()
paths = helpers.Paths({'cloud_dir': folder, 'run_dir': folder})
message = user_data.UserDataProcessor(paths).process(sys.stdin.buffer.read())
handler = CloudConfigPartHandler(paths, cloud_config_path='cloud_config')
handler.cloud_fn = folder + '/merged'
known = helpers.ContentHandlers()
known.register(handler)
handlers.call_begin(handler, None, 'always')
handlers.walk(message, handlers.walker_callback, {'handlers': known, 'handlerdir': folder, 'data': None, 'frequency': 'always', 'handlercount': 0, 'excluded': []})
handlers.call_end(handler, None, 'always')
print(json.dumps(safeyaml.load(open(folder + '/merged').read())))
shutil.rmtree(folder)
`;

suite('what cloud-init makes of our files', { skip }, () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-seed-'));
    const modules = execFileSync('bash', [UNPACK, GUEST_DIR], { encoding: 'utf8' }).trim();
    env = { ...process.env, PYTHONPATH: modules };
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const python = (script: string, input: string): unknown =>
    JSON.parse(execFileSync(PYTHON, ['-c', script], { input, env, encoding: 'utf8', maxBuffer: 1 << 26 }));

  /** What `cloud-init` says; fails when it does. */
  function cloudInit(...args: string[]): string {
    const command = ['-m', 'cloudinit.cmd.main', ...args];
    const { stdout, stderr, status } = spawnSync(PYTHON, command, { env, encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    return stdout + stderr;
  }

  async function assertValid(userData: string): Promise<void> {
    const file = path.join(folder, 'user-data');
    await writeFile(file, userData);
    assert.match(cloudInit('schema', '--config-file', file), /Valid cloud-config/);
  }

  test('user-data is valid by its schema', () => assertValid(seedFiles(FULL).userData));

  test('its schema refuses what is none', async () => {
    const wrong = '#cloud-config\npackages: {nginx: 1}\nruncmd: 7\n';
    await assert.rejects(assertValid(wrong), /runcmd: 7 is not of type/);
  });

  // The ways of a template differ in words alone.
  const firstWays = TEMPLATES.flatMap(({ id, ways }) => ways.slice(0, 1).map((way) => ({ id, ...way })));
  for (const { id, packages, files, runCommands } of firstWays)
    test(`the template ${id} is valid by its schema, and all of it is in`, async () => {
      const guest = { name: id, uuid: FULL.instanceId, mac: '52:54:00:12:34:56' };
      const [userData] = firstBootFiles({ ...NO_CLOUD_INIT, packages, files, runCommands }, guest);
      assert.equal(userData?.path, 'user-data');
      const { text } = userData;
      await assertValid(text);
      const read = python(
        'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.buffer.read())))',
        text,
      ) as Record<string, unknown>;
      assert.deepEqual(read['packages'], packages);
      assert.deepEqual(read['runcmd'], runCommands);
      const written = (read['write_files'] ?? []) as { path: string; content: string }[];
      assert.deepEqual(
        written.map(({ path: at, content }) => ({ path: at, content })),
        files.map(({ path: at, content }) => ({ path: at, content })),
      );
    });

  test("its YAML reader sees the same texts, whatever is in them and whatever YAML's older version makes of them", () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 60 })
      .map((value) => value.replace(/\0|\p{Surrogate}/gu, ''));
    const yamlish = fc.stringMatching(/^[-+~=<|>'"#&*!%@`?:,.{}[\]0-9a-fxobeynosYNT_ \t\n]{0,12}$/);
    const values = fc.sample(fc.oneof(text, yamlish), 3000);
    const { userData } = seedFiles({ ...FULL, commands: values });
    const read = python(
      'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.buffer.read())["runcmd"]))',
      userData,
    );
    assert.deepEqual(read, values);
  });

  test("a person's own part wins, is read as it was written, and lists are ours and then theirs", () => {
    const { userData } = seedFiles({
      ...FULL,
      extra: [
        'timezone: UTC',
        'ssh_pwauth: no',
        'packages: [git]',
        'write_files:',
        '  - {path: /é, permissions: 0600}',
        'puppet: {conf: {agent: {server: own.example.org}}}',
      ].join('\n'),
    });
    const merged = python(MERGE, userData) as Record<string, unknown>;
    assert.equal(merged['timezone'], 'UTC');
    assert.equal(merged['ssh_pwauth'], false);
    assert.deepEqual(merged['packages'], ['qemu-guest-agent', 'git']);
    assert.deepEqual(merged['write_files'], [FULL.files[0], { path: '/é', permissions: 0o600 }]);
    assert.equal(merged['locale'], 'fr_FR.UTF-8');
    const { conf, ...puppet } = merged['puppet'] as Record<string, unknown>;
    assert.deepEqual(conf, {
      agent: { server: 'own.example.org', environment: 'production', certname: '%f' },
    });
    assert.equal(puppet['collection'], 'puppet7');
  });

  for (const [kind, file, expected] of [
    ['netplan', 'etc/netplan/50-cloud-init.yaml', /192\.0\.2\.10\/24[^]*macaddress: '52:54:00:12:34:56'/],
    ['eni', 'etc/network/interfaces.d/50-cloud-init', /iface eth0 inet static[^]*address 192\.0\.2\.10\/24/],
    [
      'sysconfig',
      'etc/sysconfig/network-scripts/ifcfg-eth0',
      /GATEWAY=192\.0\.2\.1[^]*HWADDR=52:54:00:12:34:56/,
    ],
  ] as const)
    test(`the network is written for ${kind}`, async () => {
      const source = path.join(folder, 'network-config');
      await writeFile(source, seedFiles(FULL).networkConfig ?? '');
      const distro = kind === 'sysconfig' ? 'rhel' : kind === 'eni' ? 'debian' : 'ubuntu';
      cloudInit('devel', 'net-convert', '-p', source, '-k', 'yaml', '-d', folder, '-D', distro, '-O', kind);
      assert.match(await readFile(path.join(folder, file), 'utf8'), expected);
    });
});
