import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearSystems } from '../../../main/cli/near-systems.ts';

test('a system that is not known leads to those that may have been meant', () => {
  assert.deepEqual(nearSystems('debian12'), []);
  assert.deepEqual(nearSystems('debain12'), ['debian12']);
  assert.ok(nearSystems('debian99').includes('debian12'));
  assert.ok(nearSystems('Debian99').includes('debian12'));
  assert.ok(nearSystems('debain99').includes('debian12'));
  assert.deepEqual(nearSystems('templeos'), []);
});
