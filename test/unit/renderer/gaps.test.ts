import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../../../renderer/charts/frame.ts';
import { gapsSince, gapsToFigures, withUnwatched } from '../../../renderer/charts/gaps.ts';

test('a gap reaches to the first figure after it, as a rate begins one sample late', () => {
  const gaps = [{ from: 0, to: 1000, reason: 'notWatched' as const }];
  const frame: Frame = { times: [1000, 3000], columns: { cpu: [null, 5], memory: [7, 7] }, gaps };
  assert.equal(gapsToFigures(frame, ['cpu'])[0]?.to, 3000);
  assert.equal(gapsToFigures(frame, ['cpu', 'memory'])[0]?.to, 1000);
});

test('a gap does not reach to figures that begin much later for reasons of their own', () => {
  const gaps = [{ from: 0, to: 1000, reason: 'notWatched' as const }];
  const frame: Frame = {
    times: [1000, 3000, 5000, 7000],
    columns: { memory: [null, null, null, 7] },
    gaps,
  };
  assert.deepEqual(gapsToFigures(frame, ['memory']), gaps);
});

test('before a device was watched there is one gap that says so', () => {
  const away = { from: 5000, to: 9000, reason: 'away' as const };
  const before = { from: 0, to: 3000, reason: 'notWatched' as const };
  assert.deepEqual(gapsSince([before, away], 4000), [{ from: 0, to: 4000, reason: 'notKept' }, away]);
});

const seconds = (...list: number[]): number[] => list.map((one) => one * 1000);

test('what was not asked for while other figures were is not watched, and joins the gap before it', () => {
  const frame: Frame = {
    times: seconds(2, 4, 6, 8, 10),
    columns: { cpu: [1, 1, 1, 1, 1], requests: [null, null, null, 5, 6] },
    gaps: [{ from: 0, to: 2000, reason: 'notWatched' }],
  };
  assert.deepEqual(withUnwatched(frame, ['requests']), [{ from: 0, to: 8000, reason: 'notWatched' }]);
});

test('a gap with another reason keeps it', () => {
  const away = { from: 4000, to: 12_000, reason: 'away' as const };
  const frame: Frame = {
    times: seconds(2, 4, 5, 12, 14, 16, 18),
    columns: { requests: [5, 5, null, null, null, null, 5] },
    gaps: [away],
  };
  assert.deepEqual(withUnwatched(frame, ['requests']), [
    away,
    { from: 12_000, to: 18_000, reason: 'notWatched' },
  ]);
});

test('columns without a single figure, and a late sample, make no gap', () => {
  const frame: Frame = {
    times: seconds(2, 4, 6, 8, 10),
    columns: { never: [null, null, null, null, null], late: [1, null, null, 1, 1] },
    gaps: [],
  };
  assert.deepEqual(withUnwatched(frame, ['never']), []);
  assert.deepEqual(withUnwatched(frame, ['late']), []);
});
