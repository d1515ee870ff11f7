import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ORPCError } from '@orpc/client';
import fc from 'fast-check';
import type { Failure } from '../../../main/contract/failure.ts';
import { BridgeError, failureOf } from '../../../renderer/api/failure.ts';
import { parseRoute, routeHash } from '../../../renderer/state/router.ts';
import { domainTone, toldReason } from '../../../renderer/ui/domain-state.ts';
import { forgetKeyLine } from '../../../main/contract/forget-key.ts';
import { failureReport } from '../../../renderer/ui/failure-report.ts';

test('every machine has an address that leads back to it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.uuid(), (host, uuid) => {
      const route = { page: 'machine', host, uuid, tab: 'graphs' } as const;
      assert.deepEqual(parseRoute(routeHash(route)), route);
    }),
  );
});

test('every pool and volume has an address that leads back to it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.uuid(), fc.string({ minLength: 1 }), (host, uuid, volume) => {
      const pool = { page: 'storage', pool: { host, uuid } } as const;
      assert.deepEqual(parseRoute(routeHash(pool)), pool);
      assert.deepEqual(parseRoute(routeHash({ ...pool, volume })), { ...pool, volume });
    }),
  );
  assert.deepEqual(parseRoute('#/storage//x'), { page: 'storage' });
});

test('an address that means nothing is the list', () => {
  for (const hash of ['', '#', '#/', '#/nothing/here', '#/machine', '#/machine//x', '#token=abc'])
    assert.deepEqual(parseRoute(hash), { page: 'machines' });
});

test('an unknown tab is the overview, and a broken escape is taken as it is', () => {
  assert.deepEqual(parseRoute('#/machine/%E0%A4%A/u/nothing'), {
    page: 'machine',
    host: '%E0%A4%A',
    uuid: 'u',
    tab: 'overview',
  });
});

const refused: Failure = {
  code: 'LIBVIRT',
  message: 'web-01 on kvm-a was not started.',
  host: { id: 'a', name: 'kvm-a' },
  libvirt: {
    code: 'VIR_ERR_OPERATION_FAILED',
    codeNumber: 9,
    domain: 'VIR_FROM_QEMU',
    level: 'error',
    message: 'no space left',
  },
};

test('a failure of the contract is read back whole', () => {
  assert.equal(failureOf(new ORPCError('FAILED', { data: refused })), refused);
  assert.equal(failureOf(new BridgeError(refused)), refused);
});

test('whatever else is thrown becomes a failure with a code of the table', () => {
  assert.equal(failureOf(new ORPCError('BAD_REQUEST', { message: 'no' })).code, 'BAD_INPUT');
  assert.equal(failureOf(new ORPCError('FAILED', { data: { code: 'ODD', message: 'x' } })).code, 'INTERNAL');
  assert.equal(failureOf(new DOMException('gone', 'AbortError')).code, 'LINK_LOST');
  assert.deepEqual(failureOf('text'), { code: 'INTERNAL', message: 'text' });
});

test('copied details name what is known and leave out the rest', () => {
  const report = failureReport(refused, { version: '1.2.3', time: 0 });
  assert.match(report, /^What: web-01 on kvm-a was not started\.$/m);
  assert.match(report, /^libvirt: VIR_ERR_OPERATION_FAILED \(9\), VIR_FROM_QEMU, error$/m);
  assert.match(report, /^Time: 1970-01-01T00:00:00\.000Z$/m);
  assert.doesNotMatch(report, /key|undefined/);
});

test('a pause by a fault looks like a fault, however its reason is spelt', () => {
  assert.equal(domainTone({ state: 'paused', reason: 'ioerror' }), 'bad');
  assert.equal(domainTone({ state: 'paused', reason: 'postcopy_failed' }), 'bad');
  assert.equal(domainTone({ state: 'paused', reason: 'user' }), 'warn');
  assert.equal(toldReason({ state: 'paused', reason: 'from snapshot' }), 'fromsnapshot');
  assert.equal(toldReason({ state: 'running', reason: 'booted' }), null);
});

test('the line that forgets a key names the host as known_hosts does', () => {
  const file = '/home/me/.ssh/known_hosts:12';
  assert.equal(
    forgetKeyLine('qemu+ssh://root@kvm-a/system', file),
    'ssh-keygen -f /home/me/.ssh/known_hosts -R kvm-a',
  );
  assert.equal(
    forgetKeyLine('qemu+ssh://root@10.0.0.9:2222/system', file),
    "ssh-keygen -f /home/me/.ssh/known_hosts -R '[10.0.0.9]:2222'",
  );
  assert.equal(forgetKeyLine('', file), null);
  assert.equal(forgetKeyLine('qemu:///system', file), null);
});
