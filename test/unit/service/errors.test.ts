import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ORPCError } from '@orpc/server';
import { BadInput, contractErrorOf, failing } from '../../../main/service/errors.ts';

test('a failure that is known travels as it is', () => {
  const error = contractErrorOf(new BadInput('Type a host.'), 'host.add', () => assert.fail('not a fault'));
  assert.equal(error.code, 'FAILED');
  assert.deepEqual(error.data, { code: 'BAD_INPUT', message: 'Type a host.' });
});

test('input that the schema refuses says where, not what was sent', () => {
  const issues = [{ path: ['answer', 'values', 0], message: 'Too long' }];
  const refused = new ORPCError('BAD_REQUEST', { data: { issues } });
  const { data } = contractErrorOf(refused, 'host.answer', () => assert.fail('not a fault'));
  assert.equal(data.code, 'BAD_INPUT');
  assert.equal(data.detail, 'answer.values.0: Too long');
});

test('an error that nobody expected goes to the log and not to the caller', () => {
  const faults: unknown[] = [];
  const { data } = contractErrorOf(new Error('secret'), 'domain.start', (error) => faults.push(error));
  assert.deepEqual(data, { code: 'INTERNAL', message: 'domain.start did not work.' });
  assert.equal(faults.length, 1);
});

test('what a handler fails with has its sentence', async () => {
  const faults: unknown[] = [];
  const work = failing(
    { message: 'web-01 was not started on kvm-a.', onFault: (error) => faults.push(error) },
    () => Promise.reject(new RangeError('x')),
  );
  await assert.rejects(work, { message: 'web-01 was not started on kvm-a.' });
  assert.equal(faults.length, 1);
});
