import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import type { Host } from '../../../main/contract/host.ts';
import { FakeFleet, runOn } from './fake-fleet.ts';
import { domainFixture, hostFixture, jobFixture } from './fixtures.ts';

const UUID = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`;

/** `kvm-b` does not answer, and is not given up either. */
function fleet(): FakeFleet {
  return new FakeFleet({
    hosts: [hostFixture('kvm-a'), hostFixture('kvm-b', { name: 'slow' })],
    domains: [
      domainFixture('kvm-a', 'web', { uuid: UUID(1) }),
      domainFixture('kvm-a', 'db', { uuid: UUID(2) }),
      domainFixture('kvm-b', 'db', { uuid: UUID(3) }),
    ],
    onConnect: (host) => ({ ...host, state: host.id === 'kvm-b' ? 'connecting' : 'connected' }),
  });
}

const connected = (host: Host): Host => ({ ...host, state: 'connected' });

suite('which hosts a command waits for', () => {
  test('machines that are named with their host: that host alone, the other is not even asked', async () => {
    const machines = fleet();
    const { code, err } = await runOn(machines, ['reset', 'kvm-a/web', 'kvm-a/db']);
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(machines.calls, [`reset ${UUID(1)}`, `reset ${UUID(2)}`]);
    assert.deepEqual(machines.connects, ['kvm-a']);
  });

  test('a host that calls itself otherwise once it is reached is the one that was named', async () => {
    const machines = new FakeFleet({
      hosts: [hostFixture('kvm-a', { name: 'before' })],
      domains: [domainFixture('kvm-a', 'web', { uuid: UUID(1) })],
      onConnect: (host) => ({ ...connected(host), name: 'after' }),
    });
    const { out } = await runOn(machines, ['reset', 'before/web']);
    assert.equal(out, 'web (after): reset\n');
  });

  test('call with a host in its input: that host alone; about the list of hosts: none', async () => {
    const machines = fleet();
    await runOn(machines, ['call', 'domain.reset', JSON.stringify({ host: 'kvm-a', uuid: UUID(1) })]);
    assert.deepEqual(machines.calls, [`reset ${UUID(1)}`]);
    const { code } = await runOn(machines, ['call', 'host.add', '{"target":"root@new"}']);
    assert.equal(code, 0);
    assert.deepEqual(machines.connects, ['kvm-a']);
  });

  test('call host.add adds the first host', async () => {
    const none = new FakeFleet({ hosts: [], domains: [] });
    assert.equal((await runOn(none, ['call', 'host.add', '{"target":"root@new"}'])).code, 0);
    assert.deepEqual(
      [...none.hosts.values()].map(({ uri }) => uri),
      ['root@new'],
    );
  });

  test('what is started is asked about at all hosts, for a while; who does not answer is named', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const machines = new FakeFleet({
      hosts: [hostFixture('kvm-a'), hostFixture('kvm-b', { name: 'slow' }), hostFixture('kvm-c')],
      domains: [domainFixture('kvm-a', 'web', { uuid: UUID(1), state: 'shutoff' })],
      onConnect: (host) => ({ ...host, state: host.id === 'kvm-b' ? 'connecting' : 'connected' }),
    });
    let isOver = false;
    const run = runOn(machines, ['start', 'kvm-a/web']).finally(() => (isOver = true));
    while (!isOver) {
      t.mock.timers.tick(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { code, err } = await run;
    assert.deepEqual([code, err], [0, 'slow could not be asked whether the same machine runs there.\n']);
    assert.deepEqual(machines.connects, ['kvm-a', 'kvm-b', 'kvm-c']);
    assert.deepEqual(machines.calls, [`start ${UUID(1)}`]);
  });

  test('what is resumed is asked about at all hosts', async () => {
    const machines = new FakeFleet({
      hosts: [hostFixture('kvm-a'), hostFixture('kvm-b')],
      domains: [domainFixture('kvm-a', 'web', { uuid: UUID(1), state: 'paused', reason: 'user' })],
    });
    const { code, err } = await runOn(machines, ['resume', 'kvm-a/web']);
    assert.deepEqual([code, err, machines.connects], [0, '', ['kvm-a', 'kvm-b']]);
    assert.deepEqual(machines.calls, [`resume ${UUID(1)}`]);
  });

  test('a mere name of what two hosts have is what leaves while its move has a job, and asked for else', async () => {
    const machines = new FakeFleet({
      hosts: [hostFixture('kvm-a'), hostFixture('kvm-b')],
      domains: [
        domainFixture('kvm-a', 'web', { uuid: UUID(1), state: 'paused', reason: 'migration' }),
        domainFixture('kvm-b', 'web', { uuid: UUID(1), state: 'running', reason: 'unpaused' }),
      ],
    });
    machines.left.push(
      jobFixture('over', { kind: 'migrate', uuid: UUID(1), state: 'failed', finishedAt: 1 }),
    );
    const { code, err } = await runOn(machines, ['reset', 'web']);
    assert.equal(code, 2);
    assert.match(err, /kvm-a\/web, kvm-b\/web/);
    assert.deepEqual(machines.calls, []);
    machines.left.push(jobFixture('goes', { kind: 'migrate', uuid: UUID(1), elsewhere: true }));
    const moved = await runOn(machines, ['reset', 'web']);
    assert.deepEqual([moved.code, moved.err], [0, '']);
    assert.match(moved.out, /web \(kvm-b\): reset/);
  });

  test('what is kept from starting is asked about nowhere', async () => {
    const machines = fleet();
    const { code, err } = await runOn(machines, ['autostart', '--off', 'kvm-a/web']);
    assert.deepEqual([code, err, machines.connects], [0, '', ['kvm-a']]);
  });

  for (const named of ['db', UUID(1)])
    test(`${named === 'db' ? 'a mere name' : 'a UUID'}: all hosts, and says after a while which one it waits for`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const machines = fleet();
      const heard = (text: string): void => {
        const slow = machines.hosts.get('kvm-b');
        if (text.startsWith('Waiting for') && slow !== undefined)
          machines.change({ type: 'host', host: connected(slow) });
      };
      let isOver = false;
      const run = runOn(machines, ['reset', named], new PassThrough(), heard).finally(() => (isOver = true));
      while (!isOver) {
        t.mock.timers.tick(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { code, err } = await run;
      assert.match(err, /^Waiting for slow \(connecting\)\./);
      assert.equal(code, named === 'db' ? 2 : 0);
      assert.deepEqual(machines.calls, named === 'db' ? [] : [`reset ${UUID(1)}`]);
    });
});

suite('a machine that is named twice', () => {
  test('is acted on once, under the first of its names', async () => {
    const machines = fleet();
    const args = ['reset', 'kvm-a/web', `kvm-a/${UUID(1)}`, 'kvm-a/db', 'kvm-a/web', '--json'];
    const { code, out } = await runOn(machines, args);
    assert.equal(code, 0);
    assert.deepEqual(machines.calls, [`reset ${UUID(1)}`, `reset ${UUID(2)}`]);
    assert.deepEqual(
      (JSON.parse(out) as { vm: string }[]).map(({ vm }) => vm),
      ['kvm-a/web', 'kvm-a/db'],
    );
  });
});
