import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toCsv } from '../../../renderer/charts/export.ts';
import {
  append,
  EMPTY_FRAME,
  join,
  lastIndex,
  lowerBound,
  nearest,
  peakOf,
  upperBound,
  windowOf,
  type Frame,
} from '../../../renderer/charts/frame.ts';
import { placeWords } from '../../../renderer/charts/mark-words.ts';
import { plotPaths } from '../../../renderer/charts/path.ts';
import { pixelAt, timeAt } from '../../../renderer/charts/plot.ts';
import { timeTicks } from '../../../renderer/charts/time-axis.ts';
import { bounds, isLive, toggleLive, whole, zoom } from '../../../renderer/charts/view-range.ts';

const tick = (time: number, values: Record<string, number | null>) => ({ time, intervalMs: 2000, values });

function frameOf(times: readonly number[], cpu: readonly (number | null)[]): Frame {
  return { times, columns: { cpu }, gaps: [] };
}

test('a column that begins late is empty before, and one that ends is empty after', () => {
  let frame = append(EMPTY_FRAME, tick(2000, { a: 1 }), 1e6);
  frame = append(frame, tick(4000, { b: 2 }), 1e6);
  assert.deepEqual(frame.columns, { a: [1, null], b: [null, 2] });
});

test('a sample that is not newer changes nothing', () => {
  const frame = append(EMPTY_FRAME, tick(2000, { a: 1 }), 1e6);
  assert.equal(append(frame, tick(2000, { a: 5 }), 1e6), frame);
});

test('what is older than it is kept goes', () => {
  let frame = EMPTY_FRAME;
  for (let time = 0; time <= 20_000; time += 2000) frame = append(frame, tick(time, { a: time }), 6000);
  assert.deepEqual(frame.times, [14_000, 16_000, 18_000, 20_000]);
  assert.deepEqual(frame.columns['a'], [14_000, 16_000, 18_000, 20_000]);
});

test('missing ticks leave a gap, late ones do not', () => {
  let frame = append(EMPTY_FRAME, tick(0, { a: 1 }), 1e6);
  frame = append(frame, tick(5000, { a: 1 }), 1e6);
  assert.deepEqual(frame.gaps, []);
  frame = append(frame, tick(30_000, { a: 1 }), 1e6);
  assert.deepEqual(frame.gaps, [{ from: 5000, to: 30_000, reason: 'away' }]);
});

test('history is joined with what came after it, once', () => {
  const past = frameOf([1000, 2000, 3000], [1, 2, 3]);
  const live = { times: [2500, 3000, 4000], columns: { cpu: [9, 9, 4], 'cpu@0': [7, 7, 8] }, gaps: [] };
  const joined = join(past, live);
  assert.deepEqual(joined.times, [1000, 2000, 3000, 4000]);
  assert.deepEqual(joined.columns, { cpu: [1, 2, 3, 4], 'cpu@0': [null, null, null, 8] });
});

test('a gap breaks the line with an empty point', () => {
  const frame = {
    ...frameOf([1000, 2000, 9000], [1, 2, 3]),
    gaps: [{ from: 2000, to: 9000, reason: 'away' as const }],
  };
  const seen = windowOf(frame, { from: 0, to: 10_000, maxPoints: 1000 });
  assert.deepEqual(seen.times, [1000, 2000, 2001, 9000]);
  assert.deepEqual(seen.columns['cpu'], [1, 2, null, 3]);
});

test('points are means of buckets on a fixed grid: moving the window on changes none', () => {
  const times = Array.from({ length: 300 }, (_, index) => index * 2000);
  const frame = frameOf(
    times,
    times.map((_, index) => (index * 37) % 100),
  );
  const first = windowOf(frame, { from: 0, to: 400_000, maxPoints: 50 });
  const second = windowOf(frame, { from: 6000, to: 406_000, maxPoints: 50 });
  const known = new Map(first.times.map((time, at) => [time, first.columns['cpu']?.[at]]));
  const shared = second.times.filter((time) => known.has(time) && time > 20_000 && time < 390_000);
  assert.ok(shared.length > 30);
  for (const time of shared)
    assert.equal(second.columns['cpu']?.[second.times.indexOf(time)], known.get(time));
});

test('a window holds no more points than asked for, but for its edges', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 500 }), fc.integer({ min: 1, max: 2000 }), (maxPoints, count) => {
      const times = Array.from({ length: count }, (_, index) => index * 1000);
      const frame = frameOf(
        times,
        times.map(() => 1),
      );
      const seen = windowOf(frame, { from: 0, to: count * 1000, maxPoints });
      assert.ok(seen.times.length <= maxPoints + 4, `${seen.times.length}`);
      assert.deepEqual(
        seen.times.toSorted((a, b) => a - b),
        seen.times,
      );
    }),
  );
});

test('an empty figure never becomes a nought', () => {
  const seen = windowOf(frameOf([0, 1000, 2000, 3000], [null, null, 4, null]), {
    from: 0,
    to: 4000,
    maxPoints: 2,
  });
  assert.deepEqual(seen.columns['cpu'], [null, 4]);
});

test('bounds and the nearest time', () => {
  const times = [10, 20, 20, 30];
  assert.deepEqual([lowerBound(times, 20), upperBound(times, 20), lowerBound(times, 99)], [1, 3, 4]);
  assert.deepEqual(
    [nearest(times, 0), nearest(times, 24), nearest(times, 26), nearest([], 1)],
    [0, 2, 3, -1],
  );
});

test('peak and last figure look over all columns', () => {
  const frame: Frame = { times: [1, 2, 3], columns: { a: [1, 9, null], b: [2, null, null] }, gaps: [] };
  assert.equal(peakOf(frame, ['a', 'b', 'none']), 9);
  assert.equal(lastIndex(frame, ['a', 'b']), 1);
  assert.equal(lastIndex(frame, ['none']), -1);
});

test('a pixel and its time lead to each other', () => {
  const range = { from: 1_000_000, to: 1_300_000 };
  assert.ok(Math.abs(timeAt(pixelAt(1_123_000, 560, range), 560, range) - 1_123_000) < 1);
  assert.equal(timeAt(-50, 560, range), range.from);
});

test('labels of the time axis are at round times of the local clock', () => {
  const from = Date.UTC(2026, 0, 1, 10, 3, 20);
  const ticks = timeTicks({ from, to: from + 3_600_000 }, 560, 5.5 * 3_600_000);
  assert.ok(ticks.length >= 3 && ticks.length <= 6);
  for (const time of ticks) assert.equal((time + 5.5 * 3_600_000) % 600_000, 0);
});

test('a label that the right end would cut is left out', () => {
  const to = Date.UTC(2026, 0, 1, 10, 0, 0);
  const range = { from: to - 3_600_000, to };
  assert.ok(!timeTicks(range, 560, 0).includes(to));
  for (const time of timeTicks(range, 560, 0)) assert.ok(pixelAt(time, 602, range) <= 602 - 24);
});

test('dragging looks back and stops the live view; too short a drag is a click', () => {
  const live = { range: '1h' as const, fixed: null };
  assert.equal(zoom(live, 1000, 1500), live);
  const back = zoom(live, 90_000, 20_000);
  assert.deepEqual(back.fixed, { from: 20_000, to: 90_000 });
  assert.equal(isLive(back), false);
  assert.equal(isLive(whole(back)), true);
});

test('stopping the live view keeps what is shown', () => {
  const stopped = toggleLive({ range: '5m', fixed: null }, 1_000_000);
  assert.deepEqual(bounds(stopped, 9_999_999), { from: 700_000, to: 1_000_000 });
});

test('CSV: ISO times, empty fields for gaps, quotes where needed', () => {
  const csv = toCsv({ times: [0, 2000], columns: { a: [1.23456, null] }, gaps: [] }, [
    { name: 'a', header: 'read, "MiB/s"' },
    { name: 'b', header: 'write' },
  ]);
  assert.equal(
    csv,
    'time,"read, ""MiB/s""",write\r\n1970-01-01T00:00:00.000Z,1.235,\r\n1970-01-01T00:00:02.000Z,,\r\n',
  );
});

test('a small graph has its newest value at the right and breaks at a gap', () => {
  const { line, area } = plotPaths([0, 10, null, 5], { width: 30, height: 12, max: 10, slots: 4 });
  assert.equal(line, 'M0 11L10 1M30 6h0');
  assert.equal(area, 'M0 11L10 1L10 12L0 12Z');
});

test('few values stand at the right', () => {
  const { line } = plotPaths([10, 10], { width: 30, height: 12, max: 10, slots: 4 });
  assert.equal(line, 'M20 1L30 1');
});

test('words of marks lie neither over each other nor over the edge', () => {
  const marks = [10, 20, 200, 290].map((at) => ({ at, word: 'paused' }));
  assert.deepEqual(placeWords(marks, 300), [null, 'right', 'right', 'left']);
});
