import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { downSample, type Row } from '../../../main/stats/down-sample.ts';
import { CHUNK_ROWS, SeriesRing } from '../../../main/stats/ring-buffer.ts';
import { Timeline } from '../../../main/stats/timeline.ts';
import { MINUTE_MS, Track } from '../../../main/stats/track.ts';

const steps = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 400, size: 'max' });

test('a ring gives back its last rows, and knows which ticks had none', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 700 }), (gaps, capacity) => {
      const ring = new SeriesRing(2, () => capacity);
      const rows = new Map<number, number>();
      let tick = 7;
      for (const gap of gaps) {
        tick += gap;
        rows.set(tick, tick * 2);
        ring.push(tick, [tick * 2, NaN]);
      }
      const buffer = new Float64Array(2);
      assert.ok(ring.end - ring.start < capacity + 2 * CHUNK_ROWS);
      assert.ok(ring.trimmed || ring.start === 7 + (gaps[0] ?? 0));
      for (let at = ring.start; at < ring.end; at += 1) {
        const found = ring.read(at, buffer);
        assert.equal(found, rows.has(at));
        if (found) assert.deepEqual([buffer[0], buffer[1]], [at * 2, NaN]);
      }
    }),
  );
});

test('a ring keeps at least its capacity once it is full', () => {
  const ring = new SeriesRing(1, () => 300);
  for (let tick = 0; tick < 5000; tick += 1) ring.push(tick, [tick]);
  assert.ok(ring.end - ring.start >= 300);
  assert.ok(ring.bytes <= (300 + 2 * CHUNK_ROWS) * 5);
});

test('a ring whose capacity shrinks gives memory back', () => {
  let capacity = 1200;
  const ring = new SeriesRing(1, () => capacity);
  for (let tick = 0; tick < 1300; tick += 1) ring.push(tick, [tick]);
  const before = ring.bytes;
  capacity = 240;
  for (let tick = 1300; tick < 1500; tick += 1) ring.push(tick, [tick]);
  assert.ok(ring.bytes < before / 2);
});

test('a ring that nobody writes takes no memory', () => {
  assert.equal(new SeriesRing(7, () => 3600).bytes, 0);
});

test('a tick that is not after the last is refused', () => {
  const ring = new SeriesRing(1, () => 10);
  ring.push(5, [1]);
  assert.throws(() => ring.push(5, [1]), RangeError);
});

test('a timeline finds the first tick at or after a time', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 50 }), fc.nat(9000), (gaps, capacity, from) => {
      const timeline = new Timeline(capacity);
      const times: number[] = [];
      let time = 0;
      for (const gap of gaps) times[timeline.push((time += gap))] = time;
      const kept = [...times.keys()].slice(-capacity);
      assert.equal(
        timeline.firstSince(from),
        kept.find((tick) => (times[tick] ?? 0) >= from) ?? times.length,
      );
    }),
  );
});

test('minutes are means of what was known in them', () => {
  const track = new Track(2, () => 100);
  track.add(0, 0, [10, NaN]);
  track.add(1, 30_000, [20, 4]);
  track.add(2, MINUTE_MS, [100, 100]);
  const buffer = new Float64Array(2);
  assert.equal(track.readMinute(0, buffer), true);
  assert.deepEqual([...buffer], [15, 4]);
  assert.equal(track.readMinute(1, buffer), true);
  assert.deepEqual([...buffer], [100, 100]);
  assert.equal(track.readMinute(2, buffer), false);
});

test('a minute in which a figure was never known is not known', () => {
  const track = new Track(1, () => 100);
  track.add(0, 0, [NaN]);
  const buffer = new Float64Array(1);
  track.readMinute(0, buffer);
  assert.equal(Number.isNaN(buffer[0]), true);
});

const row = fc.option(fc.tuple(fc.float({ noNaN: true }), fc.float({ noNaN: true })), { freq: 8 });

test('down-sampling keeps within its limit, in order, with the peaks of every column', () => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 500, size: 'max' }),
      fc.integer({ min: 10, max: 100 }),
      (values, maxPoints) => {
        const rows: Row[] = values.map((pair, index) => ({ time: index * 10, values: pair }));
        const out = downSample(rows, maxPoints);
        assert.ok(out.length <= maxPoints);
        for (const [index, point] of out.entries())
          assert.ok(index === 0 || point.time > (out[index - 1]?.time ?? 0));
        for (const column of [0, 1]) {
          const all = (list: readonly Row[]): number[] =>
            list.flatMap((point) => point.values?.[column] ?? []);
          if (all(rows).length === 0) continue;
          assert.equal(Math.max(...all(out)), Math.max(...all(rows)));
          assert.equal(Math.min(...all(out)), Math.min(...all(rows)));
        }
      },
    ),
  );
});

test('down-sampling keeps a gap', () => {
  const rows: Row[] = Array.from({ length: 1000 }, (_, index) => ({
    time: index,
    values: index >= 400 && index < 600 ? null : [1],
  }));
  const out = downSample(rows, 100);
  assert.ok(out.some((point) => point.values === null && point.time >= 400 && point.time < 600));
  assert.equal(
    out.every((point) => point.values !== null || (point.time >= 400 && point.time < 600)),
    true,
  );
});
