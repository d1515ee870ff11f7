import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPEED_POINTS, SpeedSeries } from '../../../main/jobs/speed-series.ts';

test('four points a second at first, and no more', () => {
  const series = new SpeedSeries();
  for (let now = 0; now <= 1000; now += 50) series.add(now, now);
  assert.deepEqual(series.values(), [0, 250, 500, 750, 1000]);
});

test('a long job keeps points of all of its time, evenly', () => {
  const series = new SpeedSeries();
  for (let now = 0; now < 3_600_000; now += 500) series.add(now, now);
  const values = series.values();
  assert.ok(values.length <= SPEED_POINTS && values.length >= SPEED_POINTS / 2, String(values.length));
  assert.equal(values[0], 0);
  const gaps = values.slice(1).map((value, at) => value - (values[at] ?? 0));
  assert.ok(Math.max(...gaps) <= 2 * Math.min(...gaps), gaps.join());
  assert.ok((values.at(-1) ?? 0) > 3_400_000);
});
