import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../main/contract/domain.ts';
import type { Host } from '../../../main/contract/host.ts';
import { InventoryMirror } from '../../../renderer/state/inventory.ts';

function host(id: string, change: Partial<Host> = {}): Host {
  return {
    id,
    name: id,
    uri: `qemu+ssh://${id}/system`,
    kind: 'ssh',
    state: 'connected',
    since: 0,
    lastSeen: null,
    nextAttempt: null,
    prompt: null,
    failure: null,
    info: null,
    ...change,
  };
}

function domain(hostId: string, uuid: string, change: Partial<Domain> = {}): Domain {
  return {
    host: hostId,
    uuid,
    name: uuid,
    id: null,
    state: 'shutoff',
    reason: 'unknown',
    since: null,
    vcpus: 1,
    maxVcpus: 1,
    memoryKiB: 1024,
    maxMemoryKiB: 1024,
    autostart: false,
    persistent: true,
    managedSave: false,
    addresses: [],
    ...change,
  };
}

function filled(): InventoryMirror {
  const mirror = new InventoryMirror();
  mirror.apply({
    type: 'snapshot',
    seq: 7,
    hosts: [host('a'), host('b')],
    domains: [domain('a', '1'), domain('a', '2'), domain('b', '1')],
  });
  return mirror;
}

test('a snapshot replaces what was known', () => {
  const mirror = filled();
  mirror.apply({ type: 'snapshot', seq: 9, hosts: [host('c')], domains: [] });
  assert.deepEqual(
    mirror.hosts.get().map(({ id }) => id),
    ['c'],
  );
  assert.deepEqual(mirror.domains.get(), []);
  assert.equal(mirror.domain('a/1'), undefined);
  assert.equal(mirror.seq, 9);
});

test('a patch of one machine wakes only its own listener', () => {
  const mirror = filled();
  const woken: string[] = [];
  mirror.watchDomain('a/1', () => woken.push('a/1'));
  mirror.watchDomain('b/1', () => woken.push('b/1'));
  const started = domain('a', '1', { state: 'running' });
  mirror.apply({ type: 'patch', seq: 8, changes: [{ type: 'domain', domain: started }] });
  assert.deepEqual(woken, ['a/1']);
  assert.equal(mirror.domain('a/1'), started);
});

test('a change of a host leaves the list of machines the same array', () => {
  const mirror = filled();
  const before = mirror.domains.get();
  mirror.apply({ type: 'patch', seq: 8, changes: [{ type: 'host', host: host('a', { state: 'away' }) }] });
  assert.equal(mirror.domains.get(), before);
  assert.equal(mirror.hosts.get()[0]?.state, 'away');
});

test('a new list of a host takes the place of its old one alone', () => {
  const mirror = filled();
  mirror.apply({
    type: 'patch',
    seq: 8,
    changes: [{ type: 'domains', host: 'a', domains: [domain('a', '3')] }],
  });
  assert.deepEqual(
    mirror.domains.get().map((one) => `${one.host}/${one.uuid}`),
    ['b/1', 'a/3'],
  );
});

test('a removed host takes its machines with it', () => {
  const mirror = filled();
  mirror.apply({ type: 'patch', seq: 8, changes: [{ type: 'hostRemoved', id: 'a' }] });
  assert.deepEqual(
    mirror.domains.get().map((one) => one.host),
    ['b'],
  );
  assert.deepEqual(
    mirror.hosts.get().map(({ id }) => id),
    ['b'],
  );
});

test('a removed machine is gone for those who watch it', () => {
  const mirror = filled();
  let woken = 0;
  mirror.watchDomain('a/2', () => (woken += 1));
  mirror.apply({ type: 'patch', seq: 8, changes: [{ type: 'domainRemoved', host: 'a', uuid: '2' }] });
  assert.equal(woken, 1);
  assert.equal(mirror.domain('a/2'), undefined);
});

test('without the core connected hosts are away since then, and are as the core told when it is back', () => {
  const mirror = filled();
  mirror.apply({ type: 'patch', seq: 8, changes: [{ type: 'host', host: host('b', { state: 'failed' }) }] });
  mirror.setCoreLost(5000);
  const shown = (): unknown[] => mirror.hosts.get().map(({ state, lastSeen }) => [state, lastSeen]);
  assert.deepEqual(shown(), [
    ['away', 5000],
    ['failed', null],
  ]);
  mirror.setCoreLost(null);
  assert.deepEqual(shown(), [
    ['connected', null],
    ['failed', null],
  ]);
});
