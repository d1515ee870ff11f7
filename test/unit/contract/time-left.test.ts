import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeLeft } from '../../../main/contract/time-left.ts';

test('time left: seconds for two minutes, then minutes, hours with minutes, days', () => {
  const told = [-1, 0.2, 119, 121, 3600, 5940, 5941, 7200, 359_999, 360_000].map(timeLeft);
  assert.deepEqual(told, [
    '0 s',
    '1 s',
    '119 s',
    '3 min',
    '60 min',
    '99 min',
    '1 h 40 min',
    '2 h 0 min',
    '100 h 0 min',
    '5 d',
  ]);
});
