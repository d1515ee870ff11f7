import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from '../../../main/hosts/backoff.ts';

test('delays double up to 30 s', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => backoffMs(failures, 0)),
    [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000],
  );
});

test('chance takes up to a quarter', () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const full = backoffMs(failures, 0);
      const delay = backoffMs(failures, random);
      assert.ok(delay <= full && delay >= full * 0.75 - 1);
    }),
  );
});
