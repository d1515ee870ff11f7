import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CliError, UsageError } from '../../../main/cli/errors.ts';
import { resolveDomain, resolveMoving } from '../../../main/cli/resolve.ts';
import { domainFixture, hostFixture } from './fixtures.ts';

const UUID_A = '11111111-1111-4111-8111-111111111111';
const UUID_B = '22222222-2222-4222-8222-222222222222';
const hosts = [hostFixture('kvm-a'), hostFixture('kvm-b')];
const domains = [
  domainFixture('kvm-a', 'web', { uuid: UUID_A }),
  domainFixture('kvm-b', 'web', { uuid: UUID_B }),
  domainFixture('kvm-b', 'db'),
];

suite('which machine a person means', () => {
  test('a name that is there once', () => assert.equal(resolveDomain('db', { hosts, domains }), domains[2]));

  test('a UUID, in capitals too', () =>
    assert.equal(resolveDomain(UUID_B.toUpperCase(), { hosts, domains }), domains[1]));

  test('host/name', () => assert.equal(resolveDomain('kvm-b/web', { hosts, domains }), domains[1]));

  test('URI/name', () =>
    assert.equal(resolveDomain('qemu+ssh://root@kvm-a/system/web', { hosts, domains }), domains[0]));

  test('a name that is there twice: wrong use, naming the candidates', () =>
    assert.throws(
      () => resolveDomain('web', { hosts, domains }),
      (error) =>
        error instanceof UsageError && error.exitCode === 2 && /kvm-a\/web, kvm-b\/web/.test(error.message),
    ));

  test('of one that is on its way both hosts show it: what leaves is meant, in post-copy too', () => {
    for (const [leaving, arriving] of [
      [
        { state: 'running', reason: 'booted' },
        { state: 'paused', reason: 'migration' },
      ],
      [
        { state: 'paused', reason: 'postcopy' },
        { state: 'running', reason: 'postcopy' },
      ],
    ] as const) {
      const of = { uuid: UUID_A };
      const halves = [
        domainFixture('kvm-b', 'web', { ...of, ...arriving }),
        domainFixture('kvm-a', 'web', { ...of, ...leaving }),
      ];
      assert.equal(resolveMoving('web', { hosts, domains: halves }), halves[1]);
      assert.equal(resolveMoving('kvm-b/web', { hosts, domains: halves }), halves[0]);
    }
    assert.throws(() => resolveMoving('web', { hosts, domains }), UsageError);
  });

  test('any command takes what leaves, and asks where that may be what a move has left behind', () => {
    const of = { uuid: UUID_A, state: 'running' } as const;
    const waits = domainFixture('kvm-b', 'web', { ...of, state: 'paused', reason: 'migration' });
    const runs = domainFixture('kvm-a', 'web', { ...of, reason: 'booted' });
    const moving = new Set([UUID_A]);
    assert.equal(resolveDomain('web', { hosts, domains: [waits, runs], moving }), runs);
    assert.equal(resolveDomain('kvm-b/web', { hosts, domains: [waits, runs], moving }), waits);
    const came = { ...runs, reason: 'migrated' };
    assert.throws(() => resolveDomain('web', { hosts, domains: [waits, came], moving }), UsageError);
    // By post-copy nothing that is left runs.
    const [split, takesIn] = [
      { ...runs, state: 'paused' as const, reason: 'postcopy' },
      { ...waits, state: 'running' as const, reason: 'postcopy' },
    ];
    assert.equal(resolveDomain('web', { hosts, domains: [split, takesIn] }), split);
  });

  test('what no job of a move explains may be left from one: it is asked, whatever has become of the other since', () => {
    const left = domainFixture('kvm-a', 'web', { uuid: UUID_A, state: 'paused', reason: 'migration' });
    for (const [state, reason] of [
      ['running', 'migrated'],
      ['running', 'unpaused'],
      ['running', 'booted'],
      ['paused', 'user'],
      ['crashed', 'panicked'],
    ] as const) {
      const came = domainFixture('kvm-b', 'web', { uuid: UUID_A, state, reason });
      for (const moving of [undefined, new Set([UUID_B])])
        assert.throws(
          () => resolveDomain('web', { hosts, domains: [left, came], ...(moving && { moving }) }),
          /kvm-a\/web, kvm-b\/web/,
        );
    }
  });

  test('two hosts of one name: the candidates are named by UUID', () => {
    const twins = hosts.map((host) => ({ ...host, name: 'same' }));
    assert.throws(() => resolveDomain('web', { hosts: twins, domains }), new RegExp(`${UUID_A}, ${UUID_B}`));
  });

  test('no such machine: exit code 1', () =>
    assert.throws(
      () => resolveDomain('mail', { hosts, domains }),
      (error) => error instanceof CliError && error.exitCode === 1 && error.failure.code === 'NOT_FOUND',
    ));

  test('nothing is near', () =>
    assert.throws(() => resolveDomain('bd', { hosts, domains: [domainFixture('kvm-a', 'db-main')] }), {
      message: 'There is no machine bd on kvm-a, kvm-b.',
    }));

  test('a slip of the finger: the machine that was meant', () =>
    assert.throws(() => resolveDomain('db-mian', { hosts, domains: [domainFixture('kvm-a', 'db-main')] }), {
      message: 'There is no machine db-mian on kvm-a, kvm-b. Did you mean db-main?',
    }));

  test('no such machine while a host is away: exit code 3, naming it', () => {
    const away = [...hosts, hostFixture('kvm-c', { state: 'failed' })];
    assert.throws(
      () => resolveDomain('mail', { hosts: away, domains }),
      (error) => error instanceof CliError && error.exitCode === 3 && /kvm-c/.test(error.message),
    );
  });

  test('host/name by the host’s address, with user and port too, in any letters', () => {
    const named = hostFixture('one', { name: 'lab', uri: 'qemu+ssh://root@KVM-1.example.org:2222/system' });
    const machine = domainFixture('one', 'web');
    for (const host of ['lab', 'one', 'kvm-1.example.org', 'root@kvm-1.example.org:2222', named.uri])
      assert.equal(resolveDomain(`${host}/web`, { hosts: [named], domains: [machine] }), machine, host);
  });

  test('a name that is another host’s address: wrong use, whichever has the machine', () => {
    const odd = hostFixture('odd', { name: 'kvm-a' });
    const known = {
      hosts: [odd, hostFixture('two', { name: 'b', uri: 'qemu+ssh://kvm-a/system' })],
      domains,
    };
    assert.throws(
      () => resolveDomain('kvm-a/web', known),
      (error) =>
        error instanceof UsageError &&
        /b \(qemu\+ssh:\/\/kvm-a\/system\), kvm-a \(qemu\+ssh:\/\/root@odd\/system\)/.test(error.message),
    );
  });

  test('of two hosts with one address the one that is shown by it', () => {
    const twins = [
      hostFixture('kvm-a', { name: 'lab', uri: 'qemu+ssh://root@gate:2201/system' }),
      hostFixture('kvm-b', { name: 'gate', uri: 'qemu+ssh://root@gate:2202/system' }),
    ];
    assert.equal(resolveDomain('gate/web', { hosts: twins, domains }), domains[1]);
    const bothNamed = twins.map((host) => ({ ...host, name: host.id }));
    assert.throws(() => resolveDomain('gate/web', { hosts: bothNamed, domains }), UsageError);
  });

  test('host/name is never a machine of another host that is called so', () => {
    const decoy = domainFixture('kvm-b', 'kvm-a/web');
    const known = { hosts, domains: [decoy, ...domains] };
    assert.equal(resolveDomain('kvm-a/web', known), domains[0]);
    assert.equal(resolveDomain('kvm-b/kvm-a/web', known), decoy);
  });

  test('no such machine on the host that was named: the others do not matter', () => {
    const away = [...hosts, hostFixture('kvm-c', { state: 'failed' })];
    assert.throws(
      () => resolveDomain('kvm-a/db', { hosts: away, domains }),
      (error) =>
        error instanceof CliError &&
        error.exitCode === 1 &&
        error.message.includes('no machine db on kvm-a.'),
    );
  });

  test('a machine that is called like the UUID of another one', () => {
    const odd = domainFixture('kvm-a', UUID_B);
    assert.equal(resolveDomain(UUID_B, { hosts, domains: [...domains, odd] }), odd);
  });
});
