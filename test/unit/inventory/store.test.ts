import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Domain } from '../../../main/contract/domain.ts';
import { inventoryMessage, type InventoryMessage } from '../../../main/contract/inventory.ts';
import { InventoryStore } from '../../../main/inventory/store.ts';
import { FakeClock, settle } from '../hosts/fake-clock.ts';
import { aDomain, aHost } from './samples.ts';

/** What a window would show after the messages it got. */
class Mirror {
  readonly hosts = new Set<string>();
  readonly domains = new Map<string, Domain>();
  seq = -1;

  apply(message: InventoryMessage): void {
    if (message.type === 'snapshot') {
      this.hosts.clear();
      this.domains.clear();
      for (const host of message.hosts) this.hosts.add(host.id);
      for (const domain of message.domains) this.domains.set(`${domain.host}/${domain.uuid}`, domain);
    } else {
      assert.equal(message.seq, this.seq + 1);
      for (const change of message.changes) this.#change(change);
    }
    this.seq = message.seq;
  }

  #change(change: Extract<InventoryMessage, { type: 'patch' }>['changes'][number]): void {
    switch (change.type) {
      case 'host':
        this.hosts.add(change.host.id);
        return;
      case 'hostRemoved':
        this.hosts.delete(change.id);
        this.#drop(change.id);
        return;
      case 'domains':
        this.#drop(change.host);
        for (const domain of change.domains) this.domains.set(`${domain.host}/${domain.uuid}`, domain);
        return;
      case 'domain':
        this.domains.set(`${change.domain.host}/${change.domain.uuid}`, change.domain);
        return;
      case 'domainRemoved':
        this.domains.delete(`${change.host}/${change.uuid}`);
        return;
      default:
    }
  }

  #drop(host: string): void {
    for (const key of this.domains.keys()) if (key.startsWith(`${host}/`)) this.domains.delete(key);
  }
}

function watching(store: InventoryStore, since?: number) {
  const abort = new AbortController();
  const messages: InventoryMessage[] = [];
  const done = (async () => {
    for await (const message of store.watch(since, abort.signal)) messages.push(message);
  })();
  return {
    messages,
    stop: async () => {
      abort.abort();
      await done;
    },
  };
}

test('a watcher gets everything first, and then each change once', async () => {
  const clock = new FakeClock();
  const store = new InventoryStore(clock);
  store.putHost(aHost());
  store.setDomains('h', [aDomain()]);
  const { messages, stop } = watching(store);
  await settle();
  store.putDomain(aDomain({ state: 'running', id: 1 }));
  store.putDomain(aDomain({ state: 'paused', id: 1 }));
  await clock.advance(20);
  store.putDomain(aDomain({ state: 'paused', id: 1 }));
  await clock.advance(20);
  await stop();
  assert.equal(messages.length, 2);
  const [snapshot, patch] = messages.map((message) => inventoryMessage.parse(message));
  assert.equal(snapshot?.type === 'snapshot' && snapshot.domains.length, 1);
  assert.ok(patch?.type === 'patch');
  assert.deepEqual(patch.changes, [{ type: 'domain', domain: aDomain({ state: 'paused', id: 1 }) }]);
  assert.equal(patch.seq, (snapshot?.seq ?? 0) + 1);
});

test('who comes back gets only what was missed', async () => {
  const clock = new FakeClock();
  const store = new InventoryStore(clock);
  store.setDomains('h', [aDomain()]);
  store.flush();
  const first = watching(store);
  await settle();
  await first.stop();
  store.putDomain(aDomain({ name: 'renamed' }));
  store.flush();
  const second = watching(store, first.messages[0]?.seq);
  await settle();
  await second.stop();
  assert.deepEqual(
    second.messages.map((message) => message.type),
    ['patch'],
  );
});

test('a reader that lags far behind gets a snapshot, not a queue', async () => {
  const clock = new FakeClock();
  const store = new InventoryStore(clock);
  const abort = new AbortController();
  const reader = store.watch(undefined, abort.signal);
  await reader.next();
  for (let i = 0; i < 6000; i += 1) {
    store.putDomain(aDomain({ memoryKiB: i }));
    store.flush();
  }
  const next = await reader.next();
  assert.equal(next.value?.type, 'snapshot');
  abort.abort();
  await reader.return();
});

test('a host that is put again after its removal has none of its old machines', async () => {
  const clock = new FakeClock();
  const store = new InventoryStore(clock);
  store.putHost(aHost());
  store.setDomains('h', [aDomain()]);
  store.flush();
  const { messages, stop } = watching(store);
  await settle();
  store.removeHost('h');
  store.putHost(aHost());
  await clock.advance(20);
  await stop();
  const mirror = new Mirror();
  for (const message of messages) mirror.apply(message);
  assert.deepEqual([...mirror.hosts], ['h']);
  assert.equal(mirror.domains.size, 0);
});

test('a list that differs in little becomes patches, one that differs in much replaces the host', async () => {
  const store = new InventoryStore(new FakeClock());
  const many = Array.from({ length: 200 }, (_, i) => aDomain({ uuid: `u${i}` }));
  const { messages, stop } = watching(store);
  await settle();
  store.setDomains('h', many);
  store.flush();
  store.setDomains('h', [...many.slice(1), aDomain({ uuid: 'new' })]);
  store.flush();
  store.setDomains(
    'h',
    many.map((domain) => ({ ...domain, autostart: true })),
  );
  store.flush();
  await settle();
  await stop();
  const types = messages.map((message) =>
    message.type === 'patch' ? message.changes.map((change) => change.type).join() : 'snapshot',
  );
  assert.deepEqual(types, ['snapshot', 'domains', 'domainRemoved,domain', 'domains']);
});

const operation = fc.oneof(
  fc.record({
    op: fc.constant('put' as const),
    host: fc.constantFrom('a', 'b'),
    uuid: fc.constantFrom('1', '2', '3'),
    memoryKiB: fc.nat(5),
  }),
  fc.record({
    op: fc.constant('remove' as const),
    host: fc.constantFrom('a', 'b'),
    uuid: fc.constantFrom('1', '2', '3'),
  }),
  fc.record({
    op: fc.constant('list' as const),
    host: fc.constantFrom('a', 'b'),
    uuids: fc.uniqueArray(fc.constantFrom('1', '2', '3', '4')),
  }),
  fc.record({ op: fc.constant('host' as const), host: fc.constantFrom('a', 'b') }),
  fc.record({ op: fc.constant('removeHost' as const), host: fc.constantFrom('a', 'b') }),
  fc.record({ op: fc.constant('tick' as const) }),
);

test('whatever happens, a window that applies the messages shows what the store holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const store = new InventoryStore(new FakeClock());
      const { messages, stop } = watching(store);
      await settle();
      for (const step of operations) {
        if (step.op === 'put')
          store.putDomain(aDomain({ host: step.host, uuid: step.uuid, memoryKiB: step.memoryKiB }));
        if (step.op === 'remove') store.removeDomain(step.host, step.uuid);
        if (step.op === 'list')
          store.setDomains(
            step.host,
            step.uuids.map((uuid) => aDomain({ host: step.host, uuid })),
          );
        if (step.op === 'host') store.putHost(aHost({ id: step.host }));
        if (step.op === 'removeHost') store.removeHost(step.host);
        if (step.op === 'tick') {
          store.flush();
          await settle();
        }
      }
      store.flush();
      await settle();
      await stop();
      store.dispose();
      const mirror = new Mirror();
      for (const message of messages) mirror.apply(message);
      const byKey = (domains: Domain[]): Domain[] =>
        domains.toSorted((x, y) => `${x.host}/${x.uuid}`.localeCompare(`${y.host}/${y.uuid}`));
      assert.deepEqual(byKey([...mirror.domains.values()]), byKey(store.domains()));
      assert.deepEqual(
        [...mirror.hosts].toSorted(),
        store
          .hosts()
          .map((host) => host.id)
          .toSorted(),
      );
    }),
    { numRuns: 60 },
  );
});
