import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { readDomain } from '../../drivers/libvirt/model/index.ts';
import { createDemoFleet, type DemoFleet } from '../../drivers/simulator/index.ts';

// The simulated host as the C library sees it: what virsh, which everybody knows, makes of it.

const run = promisify(execFile);
const hasVirsh = spawnSync('virsh', ['--version']).status === 0;
const LIMIT_MS = 30_000;

describe('virsh on a simulated host', { skip: hasVirsh ? false : 'virsh is not installed' }, () => {
  let fleet: DemoFleet;
  let served: { port: number; close(): Promise<void> };
  let folder: string;

  before(async () => {
    fleet = createDemoFleet({ seed: 11 });
    served = await fleet.host('kvm-a').serveTcp();
    folder = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  });
  after(async () => {
    await served.close();
    fleet.close();
    await rm(folder, { recursive: true });
  });

  const uri = () => `qemu+tcp://127.0.0.1:${served.port}/system`;
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };

  async function virsh(...args: string[]): Promise<string> {
    const { stdout } = await run('virsh', ['-c', uri(), ...args], { timeout: LIMIT_MS, env });
    return stdout;
  }

  async function refusal(...args: string[]): Promise<string> {
    try {
      await virsh(...args);
    } catch (error) {
      return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    }
    throw new Error(`virsh ${args.join(' ')} succeeded`);
  }

  test('lists machines with their states', async () => {
    const table = await virsh('list', '--all');
    assert.match(table, /^ 1 +web-01 +running$/m);
    assert.match(table, /^ - +load-test +shut off$/m);
  });

  test('names itself', async () => {
    assert.equal((await virsh('hostname')).trim(), 'kvm-a.demo');
    assert.match(await virsh('version'), /Running hypervisor: QEMU 7\.2\.0/);
  });

  test('shows facts of a machine', async () => {
    const info = await virsh('dominfo', 'web-01');
    assert.match(info, /^State: +running$/m);
    assert.match(info, /^CPU\(s\): +4$/m);
    assert.match(info, /^Persistent: +yes$/m);
  });

  test('dumps XML, live and inactive', async () => {
    assert.equal(readDomain(await virsh('dumpxml', 'web-01')).id, 1);
    assert.equal(readDomain(await virsh('dumpxml', '--inactive', 'web-01')).id, null);
  });

  test('shows the figures of all machines in one call', async () => {
    const stats = await virsh('domstats');
    for (const field of ['cpu.time', 'balloon.usable', 'vcpu.0.time', 'net.0.rx.bytes', 'block.0.rd.times'])
      assert.match(stats, new RegExp(`^ {2}${field.replaceAll('.', '\\.')}=[0-9]+$`, 'm'));
  });

  for (const command of [
    ['domstate', 'web-01', '--reason'],
    ['dommemstat', 'web-01'],
    ['domblklist', 'web-01'],
    ['domblkstat', 'web-01', 'vda'],
    ['domblkinfo', 'web-01', 'vda'],
    ['domiflist', 'web-01'],
    ['domifstat', 'web-01', 'vnet0'],
    ['domifaddr', 'web-01', '--source', 'agent'],
    ['vcpuinfo', 'web-01'],
    ['domdisplay', 'web-01'],
    ['guestinfo', 'web-01'],
    ['domhostname', 'web-01'],
    ['domjobinfo', 'web-01'],
    ['domtime', 'web-01'],
    ['snapshot-list', 'web-01'],
    ['nodeinfo'],
    ['nodecpustats'],
    ['nodememstats'],
    ['freecell'],
    ['capabilities'],
    ['domcapabilities'],
    ['sysinfo'],
    ['pool-list', '--all'],
    ['pool-info', 'default'],
    ['pool-dumpxml', 'default'],
    ['vol-list', 'default', '--details'],
    ['vol-dumpxml', 'web-01.qcow2', 'default'],
    ['net-list', '--all'],
    ['net-dumpxml', 'default'],
    ['net-dhcp-leases', 'default'],
    ['nodedev-list', '--tree'],
    ['nodedev-dumpxml', 'net_eno1'],
    ['iface-list', '--all'],
    ['iface-dumpxml', 'br-lan'],
    ['nwfilter-list'],
    ['nwfilter-dumpxml', 'clean-traffic'],
  ])
    test(`answers ${command.join(' ')}`, async () => {
      assert.notEqual((await virsh(...command)).trim(), '');
    });

  test('has no secrets to show', async () => {
    assert.equal((await virsh('secret-list')).trim().split('\n').length, 2);
  });

  test('defines, starts, updates, stops and undefines a network', async () => {
    const file = path.join(folder, 'network.xml');
    await writeFile(
      file,
      "<network><name>v</name><ip address='10.44.0.1' prefix='24'><dhcp><range start='10.44.0.5' end='10.44.0.9'/></dhcp></ip></network>",
    );
    await virsh('net-define', file);
    await virsh('net-start', 'v');
    await virsh('net-autostart', 'v');
    const host = "<host mac='52:54:00:00:00:01' ip='10.44.0.4'/>";
    await virsh('net-update', 'v', 'add', 'ip-dhcp-host', host, '--live', '--config');
    for (const which of [[], ['--inactive']])
      assert.match(await virsh('net-dumpxml', 'v', ...which), /52:54:00:00:00:01/);
    await virsh('net-update', 'v', 'delete', 'ip-dhcp-host', host, '--live');
    assert.doesNotMatch(await virsh('net-dumpxml', 'v'), /52:54:00:00:00:01/);
    assert.match(await virsh('net-info', 'v'), /Bridge: +virbr2/);
    await virsh('net-undefine', 'v');
    assert.match(await virsh('net-info', 'v'), /Persistent: +no/);
    await virsh('net-destroy', 'v');
    assert.doesNotMatch(await virsh('net-list', '--all'), /\bv\b/);
  });

  test('takes a picture of a screen', async () => {
    const file = path.join(folder, 'screen.png');
    await virsh('screenshot', 'web-01', file);
    assert.equal((await readFile(file)).subarray(1, 4).toString(), 'PNG');
  });

  test('starts a machine while another virsh watches its events', async () => {
    const watcher = spawn('virsh', ['-c', uri(), 'event', '--all', '--loop', '--timeout', '60'], { env });
    const gone = new Promise((resolve) => watcher.once('close', resolve));
    let told = '';
    const seen = async (pattern: RegExp) => {
      while (!pattern.test(told)) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    watcher.stdout.on('data', (chunk: Buffer) => (told += String(chunk)));
    // virsh says nothing when it is ready: act until it has heard of it.
    while (!told.includes('Started Booted')) {
      await virsh('start', 'staging-db');
      await virsh('destroy', 'staging-db');
    }
    await virsh('start', 'staging-db');
    await virsh('suspend', 'staging-db');
    await virsh('resume', 'staging-db');
    await virsh('shutdown', 'staging-db');
    await seen(/event 'lifecycle' for domain 'staging-db': Stopped Shutdown/);
    watcher.kill('SIGINT');
    await gone;
    assert.match(told, /Stopped Destroyed/);
    assert.match(told, /Suspended Paused/);
    assert.match(told, /Resumed Unpaused/);
    assert.match(told, /Shutdown Finished/);
  });

  test('saves and restores a machine', async () => {
    await virsh('managedsave', 'chat');
    assert.match(await virsh('dominfo', 'chat'), /^Managed save: +yes$/m);
    await virsh('start', 'chat');
    assert.match(await virsh('domstate', 'chat', '--reason'), /running \(restored\)/);
  });

  test('defines, changes autostart of and undefines a machine', async () => {
    const file = path.join(folder, 'copy.xml');
    await writeFile(
      file,
      '<domain type="kvm"><name>copy</name><memory>1024</memory><os><type>hvm</type></os></domain>',
    );
    await virsh('define', file);
    await virsh('autostart', 'copy');
    assert.match(await virsh('dominfo', 'copy'), /^Autostart: +enable$/m);
    await virsh('undefine', 'copy');
    assert.match(await refusal('dominfo', 'copy'), /failed to get domain 'copy'/);
  });

  test('deletes a volume', async () => {
    await virsh('vol-delete', 'virtio-win.iso', 'iso');
    assert.doesNotMatch(await virsh('vol-list', 'iso'), /virtio-win/);
  });

  for (const [command, words] of [
    [['destroy', 'load-test'], 'Requested operation is not valid: domain is not running'],
    [['domid', 'nobody'], "failed to get domain 'nobody'"],
    [['pool-info', 'nowhere'], "Storage pool not found: no storage pool with matching name 'nowhere'"],
    [['net-info', 'nowhere'], "Network not found: no network with matching name 'nowhere'"],
    [['net-start', 'default'], 'Requested operation is not valid: network is already active'],
    [['net-destroy', 'lab'], "Requested operation is not valid: network 'lab' is not active"],
    [
      ['net-update', 'default', 'delete', 'ip-dhcp-host', "<host ip='192.168.122.9'/>", '--live'],
      "Requested operation is not valid: couldn't locate a matching dhcp host entry in network 'default'",
    ],
    [
      ['net-update', 'default', 'add', 'bridge', "<bridge name='x'/>", '--live'],
      "Operation not supported: can't update 'bridge' section of network 'default'",
    ],
    [
      ['net-update', 'lab', 'add', 'portgroup', "<portgroup name='x'/>", '--live'],
      'Requested operation is not valid: network is not running',
    ],
    [['nwfilter-dumpxml', 'nope'], "Network filter not found: no nwfilter with matching name 'nope'"],
    [['vol-info', 'nothing', 'default'], 'Storage volume not found: no storage vol with matching'],
    [['screenshot', 'load-test'], 'domain is not running'],
    [['screenshot', 'vpn'], 'There is no console to take a screendump from'],
    [
      ['blockpull', 'web-01', 'vda'],
      'this function is not supported by the connection driver: domainBlockPull',
    ],
  ] as const)
    test(`is refused ${command.join(' ')} in libvirt's words`, async () => {
      assert.ok((await refusal(...command)).includes(words));
    });
});
