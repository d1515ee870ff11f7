import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure as schema } from '../../../main/contract/failure.ts';
import { virErrorNumber } from '../../../drivers/libvirt/constants/index.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { TRANSPORT_ERROR_CODES, TransportError } from '../../../drivers/transport/errors.ts';
import { BadInput, isExpected, toFailure } from '../../../main/hosts/failures.ts';

const context = { message: 'web-01 was not started on kvm-a.', host: { id: '1', name: 'kvm-a' } };

for (const [code, expected] of [
  ['VIR_ERR_OPERATION_INVALID', 'CONFLICT'],
  ['VIR_ERR_NO_DOMAIN', 'NOT_FOUND'],
  ['VIR_ERR_NO_SUPPORT', 'UNSUPPORTED'],
  ['VIR_ERR_ACCESS_DENIED', 'PERMISSION'],
  ['VIR_ERR_AUTH_UNAVAILABLE', 'PERMISSION'],
  ['VIR_ERR_OPERATION_ABORTED', 'CANCELLED'],
  ['VIR_ERR_INTERNAL_ERROR', 'LIBVIRT'],
] as const) {
  test(`${code} is ${expected}, with libvirt's own words`, () => {
    const error = new LibvirtError({ code, message: 'words', domain: 'VIR_FROM_QEMU' });
    const failure = toFailure(error, context);
    assert.equal(failure.code, expected);
    assert.equal(failure.message, context.message);
    assert.deepEqual(failure.libvirt, {
      code,
      codeNumber: virErrorNumber[code],
      domain: 'VIR_FROM_QEMU',
      level: 'error',
      message: 'words',
    });
    assert.deepEqual(schema.parse(failure), failure);
  });
}

for (const [code, expected] of [
  ['LINK_CLOSED', 'LINK_LOST'],
  ['TIMEOUT', 'TIMEOUT'],
  ['CANCELLED', 'CANCELLED'],
  ['PROTOCOL', 'LINK_LOST'],
] as const) {
  test(`a call that ends with ${code} is ${expected}`, () => {
    assert.equal(toFailure(new LinkError(code, 'why'), context).code, expected);
  });
}

for (const code of TRANSPORT_ERROR_CODES) {
  test(`${code} of a transport has a code and its words`, () => {
    const failure = toFailure(new TransportError(code, 'The sentence', { detail: 'the system' }), context);
    assert.notEqual(failure.code, 'INTERNAL');
    assert.equal(failure.detail, 'The sentence\nthe system');
    assert.deepEqual(schema.parse(failure), failure);
  });
}

test('a changed host key travels with both fingerprints', () => {
  const hostKey = { known: ['SHA256:a'], offered: 'SHA256:b', keyType: 'ssh-ed25519', knownIn: '/f:3' };
  assert.deepEqual(
    toFailure(new TransportError('HOST_KEY_CHANGED', 'x', { hostKey }), context).hostKey,
    hostKey,
  );
});

test('an error that nobody expected gives nothing of itself away', () => {
  const error = new Error('password=hunter2');
  assert.deepEqual(toFailure(error, context), { code: 'INTERNAL', ...context });
  assert.equal(isExpected(error), false);
});

test('a failure that is known already keeps its own sentence', () => {
  assert.equal(toFailure(new BadInput('Type a host.'), context).message, 'Type a host.');
});
