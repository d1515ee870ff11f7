import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import type { Failure } from '../../main/contract/failure.ts';
import { deletionLine } from '../../renderer/views/machine/lifecycle/virsh-lines.ts';
import { Lab } from '../lab/lab.ts';
import { TestCore } from '../support/core.ts';
import { until } from '../support/wait.ts';
import { Transcript } from '../support/transcript.ts';

/** Of a machine without saved state, snapshots, checkpoints and NVRAM. */
const NOTHING_MORE = { managedSave: false, snapshots: 0, checkpoints: 0, nvram: false, tpm: false };

suite('the life of a guest', { timeout: 600_000 }, () => {
  let lab: Lab;
  let core: TestCore;
  let ref: { host: string; uuid: string };
  before(async () => {
    lab = await Lab.up(1);
    await lab.clean(1);
    const uuid = await lab.addGuest(1, 'alive', { vncPassword: 'secret' });
    core = await TestCore.open({ lab });
    ref = { host: await core.connect(`root@${lab.address(1)}`), uuid };
    await core.machine(ref.host, uuid);
  });
  after(async () => {
    await core.close();
    await lab.clean(1);
    await lab.release();
  });

  const inState = (wanted: string) => core.machine(ref.host, ref.uuid, ({ state }) => state === wanted);
  async function serial(): Promise<Transcript> {
    const { token } = await core.client.console.open({ ...ref, kind: 'serial', takeOver: true });
    const { stream } = await core.connection.openPipe(token);
    return new Transcript(stream);
  }
  /** A button that is pressed before the guest listens is pressed in vain, as on a real machine. */
  async function listensToButton(console: Transcript): Promise<void> {
    console.type('\nuntil ps | grep -q "[{]dd}"; do sleep 1; done; echo listens-$((1+1))\n');
    await console.shows(/listens-2/);
  }
  /** Each test begins with a guest that is off and has no saved state, whatever became of the one before. */
  beforeEach(async () => {
    await lab.exec(1, 'sh', '-c', 'virsh destroy alive; virsh managedsave-remove alive; true');
    await core.machine(ref.host, ref.uuid, ({ state, managedSave }) => state === 'shutoff' && !managedSave);
  });
  const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
    try {
      await work;
    } catch (error) {
      return (error as { data: Failure }).data;
    }
    throw new Error('it did not fail');
  };

  test('started paused, resumed, paused again, resumed; what makes no sense is refused with libvirt’s words', async () => {
    await core.client.domain.start({ ...ref, paused: true });
    await inState('paused');
    await core.client.domain.resume(ref);
    await inState('running');
    await core.client.domain.suspend(ref);
    await inState('paused');
    await core.client.domain.resume(ref);
    await inState('running');
    const failure = await failureOf(core.client.domain.start(ref));
    assert.equal(failure.code, 'CONFLICT');
    assert.equal(failure.libvirt?.code, 'VIR_ERR_OPERATION_INVALID');
    assert.match(failure.libvirt?.message ?? '', /already running/);
    assert.match(failure.message, /alive/);
    await core.client.domain.destroy(ref);
    const off = await inState('shutoff');
    assert.equal(off.reason, 'destroyed');
  });

  test('reset, reboot and shutdown by ACPI reach the guest', async () => {
    await core.client.domain.start({ ...ref, paused: true });
    const console = await serial();
    await core.client.domain.resume(ref);
    await console.shows(/tiny guest ready/);
    await core.client.domain.reset(ref);
    await console.shows(/tiny guest ready/);
    await listensToButton(console);
    await core.client.domain.reboot({ ...ref, mode: 'acpi' });
    await console.shows(/tiny guest ready/);
    await listensToButton(console);
    await inState('running');
    await core.client.domain.shutdown({ ...ref, mode: 'acpi' });
    const off = await inState('shutoff');
    assert.equal(off.reason, 'shutdown');
  });

  test('saved to disk, restored where it was; saved again and discarded', async () => {
    await core.client.domain.start({ ...ref, paused: true });
    const before = await serial();
    await core.client.domain.resume(ref);
    await before.shows(/tiny guest ready/);
    before.type('\nword=kept-over-the-save\n');
    await before.shows(/kept-over-the-save[^]*# /);
    await core.jobDone((await core.client.domain.save(ref)).job);
    const saved = await core.machine(ref.host, ref.uuid, ({ managedSave }) => managedSave);
    assert.equal(saved.state, 'shutoff');
    await core.jobDone((await core.client.domain.restore(ref)).job);
    await core.machine(ref.host, ref.uuid, ({ state, managedSave }) => state === 'running' && !managedSave);
    const after = await serial();
    after.type('\necho $word-$((40+2))\n');
    await after.shows(/kept-over-the-save-42/);
    await core.jobDone((await core.client.domain.save(ref)).job);
    await core.machine(ref.host, ref.uuid, ({ managedSave }) => managedSave);
    await core.client.domain.discardSaved(ref);
    await core.machine(ref.host, ref.uuid, ({ state, managedSave }) => state === 'shutoff' && !managedSave);
  });

  test('the agent is seen, and shuts the guest down', async () => {
    await core.client.domain.start(ref);
    await until(
      async () => (await core.client.domain.get(ref)).agent === 'connected',
      'the agent is seen',
      120_000,
    );
    await core.client.domain.shutdown({ ...ref, mode: 'agent' });
    await inState('shutoff');
  });

  test('autostart on and off', async () => {
    for (const autostart of [true, false]) {
      await core.client.domain.setAutostart({ ...ref, autostart });
      await core.machine(ref.host, ref.uuid, (domain) => domain.autostart === autostart);
      assert.match(
        await lab.exec(1, 'virsh', 'dominfo', 'alive'),
        autostart ? /Autostart: +enable/ : /Autostart: +disable/,
      );
    }
  });

  test('its disk has its size while it is off', async () => {
    const [disk] = (await core.client.domain.get(ref)).disks;
    const told = await lab.exec(1, 'virsh', 'domblkinfo', 'alive', 'vda');
    assert.equal(disk?.capacityBytes, Number(/Capacity: +(\d+)/.exec(told)?.[1]));
  });

  test('the line for a shell deletes what the dialog would', async () => {
    const uuid = await lab.addGuest(1, 'by-line');
    const domain = await core.machine(ref.host, uuid);
    const plan = await core.client.domain.deletionPlan({ host: ref.host, uuid });
    const chosen = new Set(plan.volumes.map(({ key }) => key));
    await lab.exec(1, 'sh', '-c', deletionLine({ uri: 'qemu:///system' }, domain, { plan, chosen }));
    await core.gone({ host: ref.host, uuid });
    assert.ok(!(await lab.exec(1, 'ls', '/var/lib/libvirt/images')).includes('by-line'));
  });

  test('what came to a machine after its plan was shown is not deleted with it', async () => {
    const { volumes } = await core.client.domain.deletionPlan(ref);
    await lab.exec(1, 'virsh', 'snapshot-create-as', 'alive', 'late');
    const failure = await failureOf(
      core.client.domain.delete({ ...ref, volumes: volumes.map(({ key }) => key), shown: NOTHING_MORE }),
    );
    assert.equal(failure.code, 'CONFLICT');
    assert.match(failure.message, /1 snapshot/);
    assert.match(await lab.exec(1, 'virsh', 'snapshot-list', 'alive', '--name'), /late/);
    assert.match(await lab.exec(1, 'ls', '/var/lib/libvirt/images'), /alive\.qcow2/);
    await lab.exec(1, 'virsh', 'snapshot-delete', 'alive', 'late');
  });

  test('deleted with the disk that was chosen, and nothing else', async () => {
    const other = await lab.addGuest(1, 'stays');
    await core.machine(ref.host, other);
    const { volumes, running } = await core.client.domain.deletionPlan(ref);
    assert.equal(running, false);
    assert.deepEqual(
      volumes.map(({ path, pool, keep, target }) => ({ path, pool, keep, target })),
      [{ path: '/var/lib/libvirt/images/alive.qcow2', pool: 'default', keep: null, target: 'vda' }],
    );
    const { job } = await core.client.domain.delete({
      ...ref,
      volumes: volumes.map(({ key }) => key),
      shown: NOTHING_MORE,
    });
    await core.jobDone(job);
    await core.gone(ref);
    assert.equal((await lab.exec(1, 'ls', '/var/lib/libvirt/images')).trim(), 'stays.qcow2');
    const again = await failureOf(core.client.domain.start(ref));
    assert.equal(again.code, 'NOT_FOUND');
  });
});
