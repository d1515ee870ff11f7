import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connectDirectly } from '../../../main/cli/direct.ts';
import { runCli } from '../../../main/cli/program.ts';
import { withFlags, emptyNetwork } from '../../../main/cli/network-options.ts';
import { createCore, type Core } from '../../../main/service/core.ts';
import type { CliRun } from './fake-fleet.ts';

suite('net on the demo fleet', () => {
  let core: Core;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-net-'));
    core = await createCore({ dataDir: folder, home: folder, shell: 'test', version: '0', transient: true });
    const connection = connectDirectly(core);
    await connection.client.host.add({ target: 'demo:///kvm-a', name: 'kvm-a' });
    connection.close();
  });
  after(async () => {
    await core.close();
    await rm(folder, { recursive: true, force: true });
  });
  const net = async (...args: string[]): Promise<CliRun> => {
    let [out, err] = ['', ''];
    const code = await runCli(['net', ...args], {
      version: '0',
      stdin: new PassThrough(),
      stdout: { write: (text) => (out += String(text)) },
      stderr: { write: (text) => (err += String(text)) },
      openCore: async () => {
        const connection = connectDirectly(core);
        return { connection, place: core.place, close: async () => connection.close() };
      },
    });
    return { code, out, err };
  };
  const json = async (...args: string[]): Promise<unknown> => {
    const { code, out, err } = await net(...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out);
  };

  test('list, info, leases, filters, interfaces', async () => {
    const list = (await json('list')) as { name: string; host: string; active: boolean; users: unknown[] }[];
    assert.deepEqual(
      list.map(({ name, host, active }) => `${host} ${name} ${active}`),
      ['kvm-a br-lan true', 'kvm-a default true', 'kvm-a lab false', 'kvm-a tenants true'],
    );
    const info = (await json('info', 'default')) as { ips: { address: string }[]; leases: unknown[] };
    assert.equal(info.ips[0]?.address, '192.168.122.1');
    assert.deepEqual(await json('leases', 'default'), await json('leases'));
    assert.equal(((await json('leases')) as unknown[]).length, info.leases.length);
    assert.ok(((await json('filters')) as { name: string }[]).some(({ name }) => name === 'clean-traffic'));
    const text = (await net('interfaces')).out;
    assert.match(text, /eno2 +kvm-a +ethernet +up +10000 .* 8 of 64/);
    assert.match((await net('info', 'kvm-a/tenants')).out, /Port group: +red VLAN 10 \(default\)/);
  });

  test('a life: made, changed, stopped, started, deleted', async () => {
    const made = await net(
      'create',
      'life',
      '--mode',
      'nat',
      '--ip',
      '10.60.1.1/24',
      '--range',
      '10.60.1.10-10.60.1.20',
    );
    assert.deepEqual([made.code, made.out], [0, 'life (kvm-a): created and started\n']);
    const edited = await net(
      'edit',
      'life',
      '--fixed',
      '52:54:00:00:00:01=10.60.1.5=one',
      '--domain',
      'life.example',
    );
    assert.equal(
      edited.out,
      'life (kvm-a): changed\n  at once: fixed addresses\n  at its next start (net restart life): the domain\n',
    );
    const info = (await net('info', 'life')).out;
    assert.match(info, /DHCP range: +10\.60\.1\.10-10\.60\.1\.20/);
    assert.match(info, /Fixed address: +10\.60\.1\.5 for 52:54:00:00:00:01 one/);
    assert.match(info, /Changes: +take effect at the next start/);
    assert.equal((await net('stop', 'life')).out, 'life (kvm-a): stopped\n');
    const again = await net('stop', 'life');
    assert.equal(again.code, 1);
    assert.match(
      again.err,
      /The network life was not stopped on kvm-a\.\n +libvirt: .*network 'life' is not active/,
    );
    assert.equal((await net('autostart', 'life')).out, 'life (kvm-a): starts with its host\n');
    const refused = await net('delete', 'life');
    assert.equal(refused.code, 2);
    const [gone] = (await json('delete', 'life', '--yes')) as { net: string; done: boolean }[];
    assert.deepEqual([gone?.net, gone?.done], ['life', true]);
    assert.equal((await net('info', 'life')).code, 1);
  });

  test('what stands against a network is said, and nothing is made', async () => {
    const { code, err } = await net('create', 'twice', '--mode', 'nat', '--ip', '192.168.122.1/24');
    assert.equal(code, 1);
    assert.match(err, /192\.168\.122\.0\/24 is used by default/);
    assert.equal((await net('info', 'twice')).code, 1);
    const dry = await net('create', 'twice', '--mode', 'nat', '--ip', '192.168.122.1/24', '--dry-run');
    assert.equal(dry.code, 0);
    assert.match(dry.out, /<ip address='192.168.122.1' prefix='24'\/>/);
    assert.match(dry.err, /is used by default/);
  });

  test('a mistyped network is answered with the one that is near, and nothing is done to the others', async () => {
    const { code, err } = await net('stop', 'default', 'defaul');
    assert.equal(code, 1);
    assert.match(err, /There is no network defaul on kvm-a\. Did you mean default\?/);
    assert.match((await net('info', 'default')).out, /State: +active/);
  });

  test('a file of JSON has what has no option; an edit of it is of the whole', async () => {
    const file = path.join(folder, 'net.json');
    await writeFile(file, JSON.stringify({ mode: 'route', ips: [], routes: [], stp: false }));
    const dry = await net('create', 'filed', '--file', file, '--ip', '10.61.0.1/16', '--dry-run');
    assert.match(
      dry.out,
      /<forward mode='route'\/>\n {2}<bridge stp='off'\/>\n {2}<ip address='10.61.0.1' prefix='16'\/>/,
    );
    await writeFile(file, '[');
    assert.equal((await net('create', 'filed', '--file', file)).code, 2);
    assert.ok((await readFile(file, 'utf8')) === '[');
  });

  test('options are read as docs/cli.md says', () => {
    const base = { ...emptyNetwork('n'), mode: 'nat' as const };
    const spec = withFlags(base, {
      ip: ['10.1.0.1/24', 'fd00::1/64'],
      range: ['10.1.0.5-10.1.0.9', 'fd00::5-fd00::9'],
      fixed: ['00:01=fd00::7'],
      dns: ['10.1.0.3=a,b'],
      vlan: '10,20',
    });
    assert.deepEqual(
      spec.ips.map(({ ranges, hosts }) => [ranges, hosts]),
      [
        [[{ start: '10.1.0.5', end: '10.1.0.9' }], []],
        [[{ start: 'fd00::5', end: 'fd00::9' }], [{ mac: null, id: '00:01', name: null, ip: 'fd00::7' }]],
      ],
    );
    assert.deepEqual(spec.dnsHosts, [{ ip: '10.1.0.3', names: ['a', 'b'] }]);
    assert.equal(spec.vlan?.trunk, true);
    assert.deepEqual(withFlags(spec, { range: ['none'], vlan: 'none' }).ips[0]?.ranges, []);
    assert.equal(withFlags(spec, { vlan: 'none' }).vlan, null);
    for (const wrong of [
      { ip: ['10.1.0.1'] },
      { range: ['x'] },
      { fixed: ['52:54:00:00:00:01'] },
      { vlan: '5000' },
    ])
      assert.throws(() => withFlags(spec, wrong), { name: 'CliError' });
  });

  test('who is cut off is named also where nobody is asked', async () => {
    const { code, out, err } = await net('delete', 'default', '--yes');
    assert.equal(code, 0, err);
    assert.match(err, /^ {2}\S+ 52:54:\S+ is cut off$/m);
    assert.match(out, /default \(kvm-a\): deleted/);
  });
});
