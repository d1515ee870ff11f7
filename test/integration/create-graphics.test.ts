import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { readDomain } from '../../drivers/libvirt/model/index.ts';
import type { MachineSpec } from '../../main/contract/machine-spec.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { RfbViewer } from '../unit/simulator/rfb-viewer.ts';
import { CreateBench } from './create-lab.ts';

suite('the screen of a new machine is as the plan says', { timeout: 300_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let bench: CreateBench;
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    bench = await CreateBench.open(lab, core);
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });

  test('a vsock on a host without the kernel’s module is refused, and told before', async () => {
    const input = await bench.input('talker', { kind: 'network' });
    const spec = { ...input.spec, vsock: true };
    const { problems } = await core.client.create.plan({ ...input, spec });
    const { noVsock } = await core.client.create.options({ host: bench.host });
    assert.match(noVsock ?? '', /has no \/dev\/vhost-vsock/);
    assert.deepEqual(problems, [{ field: 'spec.vsock', message: noVsock }]);
  });

  test('of a pool with more volumes than are looked at it is said that not all are shown', async () => {
    const ask = async () => (await core.client.create.options({ host: bench.host })).unlisted;
    assert.deepEqual(await ask(), []);
    const at = '/tmp/many';
    const make = `mkdir ${at}; cd ${at}; seq -f %g.iso 501 | xargs touch; virsh -q pool-create-as many dir --target ${at}`;
    await lab.exec(1, 'sh', '-c', make);
    try {
      assert.deepEqual(await ask(), ['many']);
    } finally {
      await lab.exec(1, 'sh', '-c', `virsh -q pool-destroy many; rm -r ${at}`);
    }
  });

  async function made(
    name: string,
    graphics: MachineSpec['graphics'],
  ): Promise<{ host: string; uuid: string }> {
    const input = await bench.input(name, { kind: 'network' });
    const { job, machines } = await core.client.create.run({ ...input, spec: { ...input.spec, graphics } });
    await bench.done(job);
    const uuid = machines[0]?.uuid ?? '';
    await core.machine(bench.host, uuid, ({ state }) => state === 'running');
    return { host: bench.host, uuid };
  }
  /** Of the machine as it runs. */
  async function screen(name: string) {
    const xml = await lab.exec(1, 'virsh', 'dumpxml', name, '--security-info');
    const [graphics] = readDomain(xml).graphics;
    assert.ok(graphics !== undefined);
    return graphics;
  }
  /** Where a port of the host is listened on. */
  const listeners = (port: number | null): Promise<string> =>
    lab.exec(1, 'sh', '-c', `ss -Hltn 'sport = :${port}' | awk '{print $4}'`);
  /** What the server says to a password; null: it lets the viewer in. */
  async function viewed(
    ref: { host: string; uuid: string },
    password: string | null,
  ): Promise<string | null> {
    const { token } = await core.client.console.open({ ...ref, kind: 'vnc' });
    const { stream } = await core.connection.openPipe(token);
    const viewer = new RfbViewer(stream);
    const refused = await viewer.open(password === null ? {} : { password });
    if (refused === null) assert.ok(viewer.picture.width > 0);
    stream.destroy();
    return refused;
  }

  test('VNC on loopback alone, with a password that was made and that QEMU asks for', async () => {
    const ref = await made('loopback', { type: 'vnc', listen: 'loopback', password: true });
    const { type, listen, port, password } = await screen('loopback');
    assert.deepEqual({ type, listen }, { type: 'vnc', listen: '127.0.0.1' });
    assert.match(password ?? '', /^\S{8}$/);
    assert.equal((await listeners(port)).trim(), `127.0.0.1:${port}`);
    const opened = await core.client.console.open({ ...ref, kind: 'vnc' });
    assert.equal(opened.password, password);
    assert.notEqual(await viewed(ref, 'wrong'), null);
    assert.equal(await viewed(ref, password), null);
  });

  test('VNC on a unix socket, which the login reaches', async () => {
    const ref = await made('socket', { type: 'vnc', listen: 'socket', password: false });
    const { type, socket, port, hasPassword } = await screen('socket');
    assert.deepEqual({ type, port, hasPassword }, { type: 'vnc', port: null, hasPassword: false });
    assert.match(await lab.exec(1, 'stat', '-c', '%F', socket ?? ''), /socket/);
    assert.equal(await viewed(ref, null), null);
  });

  test('SPICE on loopback, with a password', async () => {
    const offered = await core.client.create.defaults({
      host: bench.host,
      os: 'debian12',
      source: 'network',
    });
    const spice = offered.choices.graphics.find(({ value }) => value === 'spice');
    if (spice?.unavailable !== null) {
      assert.match(spice?.unavailable ?? '', /built without SPICE/);
      return;
    }
    await made('spice', { type: 'spice', listen: 'loopback', password: true });
    const { type, listen, port, hasPassword } = await screen('spice');
    assert.deepEqual(
      { type, listen, hasPassword },
      { type: 'spice', listen: '127.0.0.1', hasPassword: true },
    );
    assert.equal((await listeners(port)).trim(), `127.0.0.1:${port}`);
  });
});
