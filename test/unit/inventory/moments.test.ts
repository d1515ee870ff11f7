import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { settle } from '../hosts/fake-clock.ts';
import { bench, boot, RUNNING, type Bench } from './bench.ts';
import { FakeHost, uuidOf, type FakeMachine } from './fake-host.ts';

/** Opens the host, and tells of a start while its first list is on its way: the answers were made before it. */
async function startWhileListing(t: TestContext, host: FakeHost, vm: FakeMachine): Promise<Bench> {
  const opening = bench(t, host);
  while (!host.calls.includes('connectListAllDomains')) await settle();
  host.lifecycle({ ...vm, id: 3 }, 2, 0);
  return opening;
}

test('what happens between registering and listing is not lost', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1);
  const { machine, quiet } = await startWhileListing(t, host, vm);
  assert.equal(machine(1)?.state, 'running');
  Object.assign(vm, { ...RUNNING, id: 3 });
  await quiet();
  assert.equal(machine(1)?.state, 'running');
});

test('a machine that changes while the first list is made is read once more', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1, RUNNING);
  const { machine, quiet } = await startWhileListing(t, host, vm);
  // The list is four calls: the one of transient machines may have been answered before this one began.
  vm.persistent = false;
  await quiet();
  assert.equal(machine(1)?.persistent, false);
});

test('a machine that is first heard of when it starts is asked for its address too', async (t) => {
  const host = new FakeHost();
  const { machine, quiet, clock, running } = await bench(t, host);
  await quiet();
  // Created from XML or migrated here: nobody defined it before.
  boot(host, host.add(1, { persistent: false, address: '192.0.2.9' }));
  await quiet();
  assert.deepEqual(running, [[uuidOf(1), true]]);
  await clock.advance(3000);
  await quiet();
  assert.deepEqual(machine(1)?.addresses, ['192.0.2.9']);
});

test('a list tells who runs of machines whose events made it', async (t) => {
  const host = new FakeHost();
  host.add(1000, RUNNING);
  const { quiet, running, clock, machine } = await bench(t, host);
  await quiet();
  for (let i = 0; i < 40; i += 1) boot(host, host.add(i, { persistent: false, address: '192.0.2.1' }));
  await quiet();
  assert.deepEqual(
    running.map(([uuid, runs]) => `${uuid} ${runs}`).toSorted(),
    Array.from({ length: 40 }, (_, i) => `${uuidOf(i)} true`).toSorted(),
  );
  await clock.advance(3000);
  await quiet();
  assert.deepEqual(machine(39)?.addresses, ['192.0.2.1']);
});

test('a host without events tells who runs at each list', async (t) => {
  const host = new FakeHost();
  host.lacks.add('connectDomainEventCallbackRegisterAny');
  const vm = host.add(1);
  const { running, quiet, clock } = await bench(t, host);
  await quiet();
  Object.assign(vm, RUNNING);
  await clock.advance(10_000);
  await quiet();
  host.machines.delete(vm.uuid);
  await clock.advance(10_000);
  await quiet();
  assert.deepEqual(running, [
    [uuidOf(1), true],
    [uuidOf(1), false],
  ]);
});

test('a list that fails is tried again', async (t) => {
  const host = new FakeHost();
  const faults: unknown[] = [];
  const { store, quiet, clock } = await bench(t, host, undefined, (error) => faults.push(error));
  await quiet();
  host.lacks.add('connectListAllDomains');
  for (let i = 0; i < 40; i += 1) host.lifecycle(host.add(i), 0, 0);
  await quiet();
  assert.equal(faults.length, 1);
  host.lacks.clear();
  await clock.advance(10_000);
  await quiet();
  assert.equal(store.domains('h').length, 40);
});

test('a machine that is only heard of when it is undefined leaves nothing', async (t) => {
  const host = new FakeHost();
  const { machine, quiet, inventory } = await bench(t, host);
  const vm = host.add(1);
  host.machines.clear();
  host.lifecycle(vm, 1, 0);
  await quiet();
  assert.equal(machine(1), undefined);
  assert.equal(inventory.reference(vm.uuid), undefined);
});

test('a machine that goes on from its saved state is running as restored', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1, { managedSave: true });
  const { machine, quiet } = await bench(t, host);
  Object.assign(vm, { id: 7, state: 1, reason: 3, managedSave: false });
  // What QEMU's driver sends; the host itself says VIR_DOMAIN_RUNNING_RESTORED all the while.
  host.lifecycle(vm, 2, 2);
  host.lifecycle(vm, 4, 2);
  await quiet();
  assert.equal(machine(1)?.reason, 'restored');
});

test('a start is one line of the drawer, though libvirt tells it twice', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1);
  const { activity, quiet } = await bench(t, host);
  await quiet();
  Object.assign(vm, { id: 7, state: 1, reason: 1 });
  const before = activity.events().length;
  // QEMU's driver in this order: resumed/unpaused, started/booted.
  host.lifecycle(vm, 4, 0);
  host.lifecycle(vm, 2, 0);
  await quiet();
  assert.deepEqual(
    activity
      .events()
      .slice(before)
      .map(({ event }) => event),
    ['started'],
  );
});
