import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../../../main/contract/host.ts';
import { HostManager } from '../../../main/hosts/manager.ts';
import { parseTarget } from '../../../main/hosts/target.ts';
import { MemorySecrets } from '../../../main/settings/secrets.ts';
import { unreachable } from './bench.ts';
import { FakeClock, settle } from './fake-clock.ts';

/** Hosts of which none can be reached. */
function bench() {
  const clock = new FakeClock();
  const hosts = new Map<string, Host>();
  const manager = new HostManager({
    clock,
    random: () => 0,
    openLink: unreachable,
    openClient: unreachable,
    secrets: new MemorySecrets(),
    publish: (host) => hosts.set(host.id, host),
    opened: () => Promise.resolve(),
    lost: () => undefined,
    lastHeard: () => null,
    isOwed: () => false,
    onNotKept: (error) => assert.fail(String(error)),
    onFault: (error) => assert.fail(String(error)),
  });
  const add = (id: string, target: string): void =>
    manager.add({ id, given: null, own: null, target: parseTarget(target), keyFile: null, trial: false });
  return { clock, hosts, manager, add };
}

test('while somebody looks, a lost host is tried again within 8 s', async () => {
  const { clock, hosts, manager, add } = bench();
  add('a', 'root@h');
  manager.connection('a').connect('start');
  await clock.advance(62_000);
  const left = (): number => (hosts.get('a')?.nextAttempt ?? 0) - clock.now();
  assert.equal(left(), 29_000);
  const [lookAway, lookAwayToo] = [manager.look(), manager.look()];
  assert.equal(left(), 8000);
  lookAway();
  await clock.advance(8000);
  assert.equal(left(), 8000);
  lookAwayToo();
  await clock.advance(8000);
  assert.equal(left(), 30_000);
  await manager.close();
  assert.equal(clock.pending, 0);
});

test('a host that comes or goes changes how others of its name are called', async () => {
  const { hosts, manager, add } = bench();
  const names = (): string[] => [...hosts.values()].map(({ name }) => name);
  add('a', 'root@192.0.2.1');
  add('b', 'root@192.0.2.2');
  manager.setName('a', { own: 'kvm1' });
  manager.setName('b', { own: 'kvm1' });
  assert.deepEqual(names(), ['kvm1 (root@192.0.2.1)', 'kvm1 (root@192.0.2.2)']);
  manager.setName('b', { given: 'spare' });
  assert.deepEqual(names(), ['kvm1', 'spare']);
  manager.setName('b', { given: null });
  await manager.remove('b');
  await settle();
  assert.equal(hosts.get('a')?.name, 'kvm1');
  await manager.close();
});
