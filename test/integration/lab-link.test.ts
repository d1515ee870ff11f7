import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { until } from '../support/wait.ts';

suite('the link to a KVM host', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  before(async () => {
    lab = await Lab.up(2);
    for (const host of [1, 2]) await lab.clean(host);
    core = await TestCore.open({ lab });
  });
  after(async () => {
    await core.close();
    for (const host of [1, 2]) await lab.clean(host);
    await lab.release();
  });

  /** TCP connections to the host's SSH server, as the host sees them. */
  async function sessions(host: number): Promise<number> {
    const lines = await lab.exec(host, 'ss', '-Htn', 'state', 'established', 'sport', '=', ':22');
    return lines.split('\n').filter((line) => line.trim() !== '').length;
  }

  test('ONE SSH session carries libvirt, its second connection, the screen and the serial port', async () => {
    const uuid = await lab.addGuest(1, 'carried', { vncPassword: 'secret' });
    const id = await core.connect(`root@${lab.address(1)}`);
    const ref = { host: id, uuid };
    await core.machine(id, uuid);
    await core.client.domain.start(ref);
    await core.machine(id, uuid, ({ state }) => state === 'running');
    const serial = await core.client.console.open({ ...ref, kind: 'serial' });
    const screen = await core.client.console.open({ ...ref, kind: 'vnc' });
    const pipes = [
      await core.connection.openPipe(serial.token),
      await core.connection.openPipe(screen.token),
    ];
    assert.equal(await sessions(1), 1);
    for (const { stream } of pipes) stream.destroy();
    await core.client.domain.destroy(ref);
    await core.client.host.remove({ id });
    await until(async () => (await sessions(1)) === 0, 'the SSH session ends with its host');
  });

  test('libvirtd stopped: away, its machines kept; started: connected, over the same login', async () => {
    const uuid = await lab.addGuest(1, 'kept');
    const id = await core.connect(`root@${lab.address(1)}`);
    await core.machine(id, uuid);
    await lab.stopLibvirtd(1);
    const { failure } = await core.inState(id, 'away');
    assert.equal(failure?.code, 'LIBVIRT_NOT_RUNNING');
    assert.equal(core.mirror.domain(id, uuid)?.name, 'kept');
    await until(
      () => core.host(id).failure?.detail?.includes('libvirt-sock'),
      'the failure of the next attempt names the socket',
    );
    assert.equal(await sessions(1), 1);
    await lab.startLibvirtd(1);
    await core.inState(id, 'connected');
    assert.equal(await sessions(1), 1);
    await core.client.host.remove({ id });
  });

  test('a frozen host is noticed, does not hold up another, and comes back with what happened meanwhile', async () => {
    const away = await lab.addGuest(1, 'while-away');
    const other = await lab.addGuest(2, 'elsewhere', { headless: true });
    const [frozen, alive] = await Promise.all([
      core.connect(`root@${lab.address(1)}`),
      core.connect(`root@${lab.address(2)}`),
    ]);
    await core.machine(frozen, away, ({ state }) => state === 'shutoff');
    // What it calls itself is read after its machines.
    await until(() => core.host(frozen).name === 'lab1', 'its own name is known');
    await lab.freeze(1);
    try {
      // A call is under way when the packets stop; it is not repeated by itself.
      const start = core.client.domain.start({ host: frozen, uuid: away, paused: true });
      const refused = assert.rejects(start, (error) => {
        const { data } = error as { data?: { code?: string } };
        assert.equal(data?.code, 'LINK_LOST');
        return true;
      });
      await core.client.domain.start({ host: alive, uuid: other });
      await core.machine(alive, other, ({ state }) => state === 'running');
      await core.client.domain.destroy({ host: alive, uuid: other });
      await core.machine(alive, other, ({ state }) => state === 'shutoff');
      const { lastSeen, since, failure } = await core.inState(frozen, 'away');
      await refused;
      // Of the host itself nothing was asked: only the start above may have happened or not.
      assert.equal(failure?.code, 'HOST_UNREACHABLE');
      assert.equal(failure.message, 'lab1 is not reachable at the moment.');
      assert.ok(lastSeen !== null && lastSeen <= since);
      assert.equal(core.mirror.domain(frozen, away)?.state, 'shutoff');
      // The host never saw the start; somebody at its keyboard does it now.
      assert.match(await lab.exec(1, 'virsh', 'domstate', 'while-away'), /shut off/);
      await lab.exec(1, 'virsh', '-q', 'start', 'while-away', '--paused');
    } finally {
      await lab.thaw(1);
    }
    await core.inState(frozen, 'connected');
    const back = await core.machine(frozen, away, ({ state }) => state === 'paused');
    assert.notEqual(back.id, null);
    await lab.exec(1, 'virsh', '-q', 'destroy', 'while-away');
    await core.machine(frozen, away, ({ state }) => state === 'shutoff');
  });
});
