import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  NOTHING,
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  usedOfTotal,
} from '../../../renderer/ui/format.ts';

test('bytes have IEC units and at most three digits before the point', () => {
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(1023), '1023 B');
  assert.equal(formatBytes(1024), '1 KiB');
  assert.equal(formatBytes(1536), '1.5 KiB');
  assert.equal(formatBytes(84 * 2 ** 20), '84 MiB');
  assert.equal(formatBytes(123.4 * 2 ** 30), '123 GiB');
  assert.equal(formatBytes(5n * 2n ** 40n), '5 TiB');
});

test('a value just under the next unit is shown in the next unit', () => {
  assert.equal(formatBytes(1024 * 1024 - 1), '1.0 MiB');
});

test('what is not known is a dash', () => {
  for (const text of [formatBytes(null), formatRate(null), formatPercent(null), formatCount(null)])
    assert.equal(text, NOTHING);
});

test('used memory is shown in the unit of the total', () => {
  assert.deepEqual(usedOfTotal(300 * 1024, 8 * 1024 * 1024), { used: '0.3', total: '8', unit: 'GiB' });
  assert.deepEqual(usedOfTotal(99.94 * 1024, 128 * 1024), { used: '99.9', total: '128', unit: 'MiB' });
  assert.deepEqual(usedOfTotal(99.96 * 1024, 128 * 1024), { used: '100', total: '128', unit: 'MiB' });
});

test('a duration names its largest unit alone', () => {
  assert.equal(formatDuration(-5), '0 s');
  assert.equal(formatDuration(59_000), '59 s');
  assert.equal(formatDuration(4 * 60_000 + 59_000), '4 min');
  assert.equal(formatDuration(41 * 86_400_000), '41 d');
});

test('counts group their thousands with a space', () => {
  assert.equal(formatCount(1240.4), '1 240');
});
