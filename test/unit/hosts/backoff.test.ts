import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs, Retries } from '../../../main/hosts/backoff.ts';

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

/** The delay that follows, nobody looking. */
const next = (retries: Retries): number => retries.delayMs(0, false);

test('a host that was back is asked at once again, however long it was away before', () => {
  const retries = new Retries();
  for (let i = 0; i < 20; i += 1) retries.failed();
  assert.equal(next(retries), 30_000);
  retries.ended(3000);
  assert.equal(next(retries), 1000);
});

test('only short sessions in a row slow down', () => {
  const retries = new Retries();
  const delays = [1000, 1000, 1000, 10_000, 1000, 1000].map((livedMs) => {
    retries.ended(livedMs);
    return next(retries);
  });
  assert.deepEqual(delays, [1000, 2000, 4000, 1000, 1000, 2000]);
});

test('attempts that fail between short sessions do not speed up', () => {
  const retries = new Retries();
  for (let i = 0; i < 4; i += 1) retries.ended(0);
  assert.equal(next(retries), 8000);
  retries.failed();
  assert.equal(next(retries), 8000);
});

test('who looks waits 8 s at most', () => {
  const retries = new Retries();
  for (let i = 0; i < 20; i += 1) retries.failed();
  assert.equal(retries.delayMs(0, true), 8000);
  retries.forget();
  assert.equal(next(retries), 1000);
});
