import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FakeFleet, runOn } from './fake-fleet.ts';
import { hostFixture } from './fixtures.ts';

const REFUSED = { code: 'HOST_UNREACHABLE', message: 'kvm-c refuses the connection.' } as const;

function fleet(reached = true): FakeFleet {
  return new FakeFleet({
    hosts: [hostFixture('kvm-a'), hostFixture('kvm-b')],
    domains: [],
    onConnect: (host) =>
      reached ? { ...host, state: 'connected' } : { ...host, state: 'failed', failure: REFUSED },
  });
}

suite('the saved hosts', () => {
  test('one is added: it is connected to first, then saved; no other is asked', async () => {
    const hosts = fleet();
    const { code, out, err } = await runOn(hosts, ['hosts', 'add', 'root@kvm-c']);
    assert.deepEqual([code, out, err], [0, 'root@kvm-c (root@kvm-c): saved\n', '']);
    assert.deepEqual(hosts.calls, ['add root@kvm-c on trial', 'keep added-2']);
    assert.deepEqual(hosts.connects, []);
  });

  test('--json: the host as the list has it', async () => {
    const { out } = await runOn(fleet(), ['hosts', 'add', 'root@kvm-c', '--json']);
    const { id, state, machines } = JSON.parse(out) as Record<string, unknown>;
    assert.deepEqual({ id, state, machines }, { id: 'added-2', state: 'connected', machines: 0 });
  });

  test('one that cannot be reached is not saved, and how it would be is said', async () => {
    const hosts = fleet(false);
    const { code, out, err } = await runOn(hosts, ['hosts', 'add', 'root@kvm-c']);
    assert.deepEqual([code, out], [3, '']);
    assert.match(err, /kvm-c refuses the connection\.[^]*was not saved; --unreached saves it all the same/);
    assert.deepEqual(hosts.calls, ['add root@kvm-c on trial', 'remove added-2']);
  });

  test('--unreached saves it all the same', async () => {
    const hosts = fleet(false);
    const { code, out } = await runOn(hosts, ['hosts', 'add', 'root@kvm-c', '--unreached']);
    assert.deepEqual([code, out], [3, 'root@kvm-c (root@kvm-c): saved\n']);
    assert.deepEqual(hosts.calls, ['add root@kvm-c on trial', 'keep added-2']);
  });

  test('one is forgotten by its name, without being asked', async () => {
    const hosts = fleet();
    const { code, out } = await runOn(hosts, ['hosts', 'remove', 'kvm-a']);
    assert.equal(code, 0);
    assert.match(out, /^kvm-a \(.+\): forgotten\n$/);
    assert.deepEqual([hosts.calls, hosts.connects], [['remove kvm-a'], []]);
  });

  test('of one that is not saved those are named that are', async () => {
    const hosts = fleet();
    const { code, err } = await runOn(hosts, ['hosts', 'remove', 'kvm-c']);
    assert.equal(code, 2);
    assert.match(err, /No saved host is called kvm-c\. Saved are kvm-a, kvm-b\./);
    assert.deepEqual(hosts.calls, []);
  });

  test('they take none by -c', async () => {
    for (const args of [
      ['hosts', 'add', 'root@kvm-c'],
      ['hosts', 'remove', 'kvm-a'],
    ]) {
      const { code, err } = await runOn(fleet(), ['-c', 'root@kvm-d', ...args]);
      assert.equal(code, 2);
      assert.match(err, /takes none by -c/);
    }
  });

  test('a demo host is never saved', async () => {
    const hosts = fleet();
    const { code, err } = await runOn(hosts, ['hosts', 'add', 'demo:///kvm-a']);
    assert.equal(code, 2);
    assert.match(err, /demo fleet are never saved/);
    assert.deepEqual(hosts.calls, []);
  });
});
