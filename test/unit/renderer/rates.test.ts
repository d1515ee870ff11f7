import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillsAnew } from '../../../renderer/views/networks/rates.ts';

const rates = (averageKiB: number | null) => ({
  inbound: averageKiB === null ? null : { averageKiBps: averageKiB, peakKiBps: null, burstKiB: null },
  outbound: null,
});

test('fields that nobody touched follow the network; those with a change of one’s own stay as they are', () => {
  const [base, now, mine] = [rates(100), rates(200), rates(300)];
  assert.equal(fillsAnew({ base, now, wanted: base }), true);
  assert.equal(fillsAnew({ base, now, wanted: mine }), false);
  assert.equal(fillsAnew({ base, now: base, wanted: mine }), false);
});

test('what was saved is what the next change is based on', () => {
  const [base, mine] = [rates(null), rates(300)];
  assert.equal(fillsAnew({ base, now: mine, wanted: mine }), true);
  assert.equal(fillsAnew({ base: mine, now: mine, wanted: mine }), false);
});
