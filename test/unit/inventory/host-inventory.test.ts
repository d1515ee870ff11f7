import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../main/contract/domain.ts';
import { InventoryStore } from '../../../main/inventory/store.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { bench, boot, RUNNING } from './bench.ts';
import { FakeHost, refOf, uuidOf } from './fake-host.ts';

for (const count of [0, 1, 500]) {
  test(`the first list of ${count} machines takes two round trips and ten calls`, async (t) => {
    const host = new FakeHost();
    for (let i = 0; i < count; i += 1) host.add(i, i % 2 === 0 ? RUNNING : {});
    const seen: { rounds: number; calls: number }[] = [];
    class WatchedStore extends InventoryStore {
      override setDomains(id: string, domains: readonly Domain[]): void {
        seen.push({ rounds: host.rounds, calls: host.calls.length });
        super.setDomains(id, domains);
      }
    }
    const store = new WatchedStore(new FakeClock());
    await bench(t, host, store);
    assert.deepEqual(seen[0], { rounds: 2, calls: 10 });
    assert.equal(store.domains('h').length, count);
  });
}

test('a record holds what the calls told together', async (t) => {
  const host = new FakeHost();
  host.add(1, { ...RUNNING, autostart: true });
  host.add(2, { managedSave: true });
  host.add(3, { ...RUNNING, id: 9, persistent: false });
  const { machine } = await bench(t, host);
  assert.deepEqual(machine(1), {
    host: 'h',
    uuid: uuidOf(1),
    name: 'vm-1',
    id: 7,
    state: 'running',
    reason: 'booted',
    since: null,
    vcpus: 2,
    maxVcpus: 4,
    memoryKiB: 1024,
    maxMemoryKiB: 2048,
    autostart: true,
    persistent: true,
    managedSave: false,
    addresses: [],
  });
  assert.equal(machine(2)?.managedSave, true);
  assert.equal(machine(2)?.id, null);
  assert.equal(machine(3)?.persistent, false);
});

test('a driver with the state only is listed at once, and its figures come after', async (t) => {
  const host = new FakeHost();
  host.stateOnly = true;
  host.add(1, RUNNING);
  const { machine, quiet } = await bench(t, host);
  assert.equal(machine(1)?.memoryKiB, 0);
  await quiet();
  assert.equal(machine(1)?.memoryKiB, 1024);
  assert.equal(machine(1)?.vcpus, 2);
});

test('a driver without bulk statistics is listed all the same', async (t) => {
  const host = new FakeHost();
  host.lacks.add('connectGetAllDomainStats');
  host.add(1, RUNNING);
  const { machine, quiet } = await bench(t, host);
  await quiet();
  assert.equal(machine(1)?.state, 'running');
  assert.equal(machine(1)?.memoryKiB, 1024);
});

test('an event says the state at once, without another call', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1, { managedSave: true });
  const { machine, quiet, running, activity, clock } = await bench(t, host);
  await quiet();
  const calls = host.calls.length;
  boot(host, vm);
  await quiet();
  assert.equal(machine(1)?.state, 'running');
  assert.equal(machine(1)?.id, 7);
  assert.equal(machine(1)?.since, clock.now());
  assert.equal(machine(1)?.managedSave, false);
  assert.equal(host.calls.length, calls);
  assert.deepEqual(running, [[uuidOf(1), true]]);
  const line = activity.events().at(-1);
  assert.deepEqual(
    [line?.kind, line?.event, line?.detail, line?.name],
    ['lifecycle', 'started', 'booted', 'vm-1'],
  );
});

test('a machine that stops is read again: its definition may differ from what ran', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1, RUNNING);
  const { machine, quiet, running } = await bench(t, host);
  await quiet();
  Object.assign(vm, { id: -1, state: 5, reason: 5, memoryKiB: 512, managedSave: true });
  host.lifecycle(vm, 5, 4);
  await quiet();
  assert.equal(machine(1)?.state, 'shutoff');
  assert.equal(machine(1)?.reason, 'saved');
  assert.equal(machine(1)?.managedSave, true);
  assert.equal(machine(1)?.memoryKiB, 512);
  assert.deepEqual(running, [[uuidOf(1), false]]);
});

test('what is restored and left paused has the host’s reason, which is not that of the event', async (t) => {
  for (const detail of [0, 4]) {
    const host = new FakeHost();
    const vm = host.add(1);
    const { machine, quiet } = await bench(t, host);
    Object.assign(vm, { id: 7, state: 3, reason: 2 });
    host.lifecycle(vm, 2, 2);
    host.lifecycle(vm, 3, detail);
    await quiet();
    assert.deepEqual([machine(1)?.state, machine(1)?.reason], ['paused', 'migration']);
  }
});

test('a machine that is defined elsewhere appears, one that is undefined goes', async (t) => {
  const host = new FakeHost();
  const { machine, quiet, inventory } = await bench(t, host);
  const vm = host.add(1);
  host.lifecycle(vm, 0, 0);
  await quiet();
  assert.equal(machine(1)?.name, 'vm-1');
  host.machines.delete(vm.uuid);
  host.lifecycle(vm, 1, 0);
  await quiet();
  assert.equal(machine(1), undefined);
  assert.equal(inventory.reference(vm.uuid), undefined);
});

test('a running machine that is undefined lives on as a transient one, and is gone when it stops', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1, RUNNING);
  const { machine, quiet } = await bench(t, host);
  host.lifecycle(vm, 1, 0);
  await quiet();
  assert.equal(machine(1)?.persistent, false);
  assert.equal(machine(1)?.state, 'running');
  host.machines.delete(vm.uuid);
  host.lifecycle({ ...vm, id: -1 }, 5, 1);
  await quiet();
  assert.equal(machine(1), undefined);
});

test('a rename keeps the machine', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1);
  const { machine, quiet, inventory } = await bench(t, host);
  const old = { ...vm };
  vm.name = 'new-name';
  host.lifecycle(old, 1, 1);
  host.lifecycle(vm, 0, 2);
  await quiet();
  assert.equal(machine(1)?.name, 'new-name');
  assert.equal(inventory.reference(vm.uuid)?.name, 'new-name');
});

test('an answer that is older than an event does not undo it', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1);
  const { machine, quiet, inventory } = await bench(t, host);
  await quiet();
  const states: (string | undefined)[] = [];
  host.beforeAnswers = () => {
    host.event('domainEventCallbackLifecycle', { dom: refOf({ ...vm, id: 3 }), event: 2, detail: 0 });
    setImmediate(() => Object.assign(vm, { ...RUNNING, id: 3 }));
  };
  inventory.refresh(vm.uuid);
  for (let i = 0; i < 60; i += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    states.push(machine(1)?.state);
  }
  await quiet();
  assert.equal(machine(1)?.state, 'running');
  const first = states.indexOf('running');
  assert.ok(!states.slice(first).includes('shutoff'), states.join());
});

test('the balloon and the agent are followed', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1, RUNNING);
  const { machine, quiet, activity } = await bench(t, host);
  await quiet();
  host.event('domainEventCallbackBalloonChange', { dom: refOf(vm), actual: 4096n });
  vm.address = '192.0.2.7';
  host.event('domainEventCallbackAgentLifecycle', { dom: refOf(vm), state: 1, reason: 0 });
  await quiet();
  assert.equal(machine(1)?.memoryKiB, 4096);
  assert.deepEqual(machine(1)?.addresses, ['192.0.2.7']);
  assert.equal(activity.events().at(-1)?.event, 'connected');
});

test('a machine that starts is asked for its address until it has one', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1);
  const { machine, quiet, clock } = await bench(t, host);
  boot(host, vm);
  await quiet();
  await clock.advance(3000);
  await quiet();
  assert.deepEqual(machine(1)?.addresses, []);
  vm.address = '192.0.2.8';
  await clock.advance(7000);
  await quiet();
  assert.deepEqual(machine(1)?.addresses, ['192.0.2.8']);
  await clock.advance(16);
  assert.equal(clock.pending, 0);
});

test('many changes at once are one list, not many readings', async (t) => {
  const host = new FakeHost();
  const { store, quiet } = await bench(t, host);
  await quiet();
  host.calls.length = 0;
  for (let i = 0; i < 200; i += 1) host.lifecycle(host.add(i), 0, 0);
  await quiet();
  assert.equal(store.domains('h').length, 200);
  // Whether a new machine is a template no list tells.
  const calls = host.calls.filter((name) => name !== 'domainGetMetadata');
  assert.ok(calls.length < 60, `${calls.length} calls`);
});

test('a list that is older than an event does not undo it', async (t) => {
  const host = new FakeHost();
  const vm = host.add(1000);
  const { machine, quiet, store } = await bench(t, host);
  await quiet();
  const push = host.calls.push.bind(host.calls);
  let armed = true;
  host.calls.push = (...names) => {
    if (armed && names.includes('connectListAllDomains')) {
      armed = false;
      // The event of the start overtakes the answers, which are made before it.
      host.beforeAnswers = () => {
        host.event('domainEventCallbackLifecycle', { dom: refOf({ ...vm, id: 3 }), event: 2, detail: 0 });
        setImmediate(() => Object.assign(vm, { ...RUNNING, id: 3 }));
      };
    }
    return push(...names);
  };
  for (let i = 0; i < 27; i += 1) host.lifecycle(host.add(i), 0, 0);
  await quiet();
  assert.equal(store.domains('h').length, 28);
  assert.equal(machine(1000)?.state, 'running');
});

test('a host without events is listed again and again', async (t) => {
  const host = new FakeHost();
  host.lacks.add('connectDomainEventCallbackRegisterAny');
  const { store, quiet, clock } = await bench(t, host);
  await quiet();
  host.add(1);
  await clock.advance(10_000);
  await quiet();
  await clock.advance(16);
  assert.equal(store.domains('h').length, 1);
});

test('after a reconnect only what differs is told', async (t) => {
  const clock = new FakeClock();
  const store = new InventoryStore(clock);
  const host = new FakeHost();
  for (let i = 0; i < 10; i += 1) host.add(i, RUNNING);
  const first = await bench(t, host, store);
  await first.quiet();
  first.inventory.dispose();
  store.flush();
  const abort = new AbortController();
  const reader = store.watch(undefined, abort.signal);
  await reader.next();
  Object.assign(host.machines.get(uuidOf(3)) ?? {}, { id: -1, state: 5 });
  await bench(t, host, store);
  store.flush();
  const patch = (await reader.next()).value;
  assert.ok(patch?.type === 'patch');
  assert.deepEqual(
    patch.changes.map((change) => change.type === 'domain' && [change.domain.name, change.domain.state]),
    [['vm-3', 'shutoff']],
  );
  abort.abort();
  await reader.return();
});
