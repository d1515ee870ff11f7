import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mends } from '../../../renderer/state/activity.ts';
import { reasonOf } from '../../../renderer/views/frame/job-reason.ts';

const failure = {
  code: 'LIBVIRT',
  message: 'net-1 was not migrated to b. net-1 is on a as before.',
  detail: 'Postcopy is not supported\nmore',
} as const;

test('the line of a move that failed says where the machine is and why; of another job why', () => {
  assert.equal(
    reasonOf({ kind: 'migrate', state: 'failed', failure }),
    'net-1 was not migrated to b. net-1 is on a as before. Postcopy is not supported',
  );
  assert.equal(reasonOf({ kind: 'clone', state: 'failed', failure }), 'Postcopy is not supported');
  assert.equal(reasonOf({ kind: 'migrate', state: 'cancelled', failure }), failure.message);
  assert.equal(reasonOf({ kind: 'migrate', state: 'done', failure: null }), null);
});

test('a failure is over when the same was done for the machine since', () => {
  const failed = { kind: 'migrate', uuid: 'u', state: 'failed', startedAt: 5 } as const;
  const done = { ...failed, state: 'done', startedAt: 9 } as const;
  assert.equal(mends(done, failed), true);
  assert.equal(mends({ ...done, state: 'running' }, failed), false);
  assert.equal(mends({ ...done, uuid: 'other' }, failed), false);
  assert.equal(mends({ ...done, kind: 'save' }, failed), false);
  assert.equal(mends({ ...done, startedAt: 1 }, failed), false);
  assert.equal(mends({ ...done, uuid: null }, { ...failed, uuid: null }), false);
});
