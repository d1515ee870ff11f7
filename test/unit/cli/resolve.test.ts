import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CliError, UsageError } from '../../../main/cli/errors.ts';
import { resolveDomain } from '../../../main/cli/resolve.ts';
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

  test('a machine that is called like the UUID of another one', () => {
    const odd = domainFixture('kvm-a', UUID_B);
    assert.equal(resolveDomain(UUID_B, { hosts, domains: [...domains, odd] }), odd);
  });
});
