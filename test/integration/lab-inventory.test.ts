import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { InventoryMessage } from '../../main/contract/inventory.ts';
import { guestXml, Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';

suite('the machines of a KVM host', { timeout: 300_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let id: string;
  const virsh = (...args: string[]): Promise<string> => lab.exec(1, 'virsh', '-q', ...args);
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    core = await TestCore.open({ lab });
    id = await core.connect(`root@${lab.address(1)}`);
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });

  test('what virsh does elsewhere is seen by events: define, start, pause, resume, rename, off, undefine', async () => {
    const uuid = await lab.addGuest(1, 'elsewhere', { headless: true });
    const first = await core.machine(id, uuid);
    assert.equal(first.state, 'shutoff');
    assert.equal(first.persistent, true);
    assert.equal(first.maxMemoryKiB, 128 * 1024);
    assert.equal(first.vcpus, 1);
    await virsh('start', 'elsewhere');
    const running = await core.machine(id, uuid, ({ state }) => state === 'running');
    assert.equal(running.id, Number(await virsh('domid', 'elsewhere')));
    assert.notEqual(running.since, null);
    await virsh('suspend', 'elsewhere');
    const paused = await core.machine(id, uuid, ({ state }) => state === 'paused');
    assert.equal(paused.reason, 'user');
    await virsh('resume', 'elsewhere');
    await core.machine(id, uuid, ({ state }) => state === 'running');
    await virsh('destroy', 'elsewhere');
    await core.machine(id, uuid, ({ state, id: number }) => state === 'shutoff' && number === null);
    await virsh('domrename', 'elsewhere', 'renamed');
    await core.machine(id, uuid, ({ name }) => name === 'renamed');
    await virsh('undefine', 'renamed');
    await core.gone({ host: id, uuid });
  });

  test('a change of the XML from elsewhere is told: a description, live or for the next start, and a new definition', async () => {
    const uuid = await lab.addGuest(1, 'described', { headless: true });
    await core.machine(id, uuid);
    await virsh('start', '--paused', 'described');
    await core.machine(id, uuid, ({ state }) => state === 'paused');
    let last = 0;
    for (const how of [['--config'], ['--live'], ['--live', '--config']]) {
      await virsh('desc', 'described', ...how, '--new-desc', `by ${how.join(' ')}`);
      last = (await core.machine(id, uuid, ({ changedAt = 0 }) => changedAt > last)).changedAt ?? 0;
    }
    const redefine =
      'virsh dumpxml --inactive described > /tmp/described.xml && virsh define /tmp/described.xml';
    await lab.exec(1, 'sh', '-c', redefine);
    await core.machine(id, uuid, ({ changedAt = 0 }) => changedAt > last);
    await virsh('destroy', 'described');
    await virsh('undefine', 'described');
    await core.gone({ host: id, uuid });
  });

  test('a transient machine is there as long as it runs', async () => {
    const xml = guestXml('transient', { headless: true }).replace(/<disk .*<\/disk>/s, '');
    await lab.execWith(xml, 1, 'sh', '-c', 'cat | virsh -q create /dev/stdin');
    const uuid = (await virsh('domuuid', 'transient')).trim();
    await core.machine(id, uuid, ({ persistent, state }) => !persistent && state === 'running');
    await virsh('destroy', 'transient');
    await core.gone({ host: id, uuid });
  });

  test('a change is a patch that carries the new value, in the order of its number', async () => {
    const uuid = await lab.addGuest(1, 'patched', { headless: true });
    await core.machine(id, uuid);
    const abort = new AbortController();
    const messages = await core.client.inventory.watch({}, { signal: abort.signal });
    const first = await messages.next();
    const snapshot = first.value as InventoryMessage;
    assert.equal(snapshot.type, 'snapshot');
    let seq = snapshot.seq;
    await virsh('start', '--paused', 'patched');
    for await (const message of messages) {
      assert.equal(message.type, 'patch');
      assert.equal(message.seq, seq + 1);
      seq = message.seq;
      const changed = message.changes.find(
        (change) => change.type === 'domain' && change.domain.uuid === uuid,
      );
      if (changed?.type === 'domain' && changed.domain.state === 'paused') break;
    }
    abort.abort();
    await virsh('destroy', 'patched');
  });

  test('this computer’s own libvirt, over its unix socket', async () => {
    const uuid = await lab.addGuest(1, 'local', { headless: true });
    const socket = `/proc/${await lab.initPid(1)}/root/run/libvirt/libvirt-sock`;
    const local = await core.connect(`qemu+unix:///system?socket=${socket}`);
    assert.equal((await core.machine(local, uuid)).name, 'local');
    assert.equal(core.host(local).kind, 'local');
    await core.client.domain.start({ host: local, uuid, paused: true });
    // Two ways to one host: both see it.
    for (const host of [local, id]) await core.machine(host, uuid, ({ state }) => state === 'paused');
    await core.client.domain.destroy({ host: id, uuid });
    await core.machine(local, uuid, ({ state }) => state === 'shutoff');
    await core.client.host.remove({ id: local });
  });

  test('a host of modular daemons: its machines’ own socket is found', async () => {
    const move = (from: string, to: string): Promise<string> =>
      lab.exec(1, 'mv', `/run/libvirt/${from}`, `/run/libvirt/${to}`);
    await core.client.host.disconnect({ id });
    await core.inState(id, 'disconnected');
    // Debian's libvirt is the monolithic one; the same daemon under the modular one's name is as good for this.
    await move('libvirt-sock', 'virtqemud-sock');
    try {
      await core.client.host.connect({ id });
      await core.inState(id, 'connected');
    } finally {
      await move('virtqemud-sock', 'libvirt-sock');
    }
  });
});
