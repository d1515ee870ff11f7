import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  chooseUnit,
  fixedAxis,
  niceCeil,
  steppedAxis,
  tickLabel,
  valueLabel,
  type Axis,
} from '../../../renderer/charts/scale.ts';

const MIB = 1024 ** 2;

test('steps are 1, 2 and 5 times a power of ten', () => {
  assert.deepEqual(
    [0.3, 1, 1.1, 2, 3, 5.01, 99, 100, 730].map(niceCeil),
    [0.5, 1, 2, 2, 5, 10, 100, 100, 1000],
  );
});

test('a step is never under its value and never more than two and a half times over', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
      const step = niceCeil(value);
      assert.ok(step >= value * (1 - 1e-9) && step <= value * 2.5 * (1 + 1e-9), `${value} ${step}`);
    }),
  );
});

test('units are IEC, and a thousand of one is the next', () => {
  const names = [900, 1023, 5000, 1000 * 1024, 84 * MIB, 3000 * MIB].map(
    (v) => chooseUnit('bytesPerSecond', v).name,
  );
  assert.deepEqual(names, ['B/s', 'KiB/s', 'KiB/s', 'MiB/s', 'MiB/s', 'GiB/s']);
});

test('the three ticks are nothing, half and the top', () => {
  const axis = steppedAxis('bytesPerSecond', 84 * MIB, null);
  assert.equal(axis.unit, 'MiB/s');
  assert.deepEqual(
    axis.ticks.map((tick) => tickLabel(axis, tick)),
    ['0', '50', '100'],
  );
});

test('a scale grows at once', () => {
  const small = steppedAxis('perSecond', 90, null);
  assert.equal(steppedAxis('perSecond', 101, small).top, 200);
});

test('a scale does not breathe around a step', () => {
  let axis: Axis | null = null;
  const tops = [101, 99, 101, 90, 101, 95].map((peak) => (axis = steppedAxis('perSecond', peak, axis)).top);
  assert.deepEqual(tops, [200, 200, 200, 200, 200, 200]);
});

test('a scale shrinks when the peak is well under the smaller step', () => {
  const before = steppedAxis('perSecond', 180, null);
  assert.equal(steppedAxis('perSecond', 39, before).top, 50);
});

test('a scale shrinks over the border of a unit', () => {
  const before = steppedAxis('bytesPerSecond', 4 * MIB, null);
  const after = steppedAxis('bytesPerSecond', 30 * 1024, before);
  assert.deepEqual([after.unit, after.top], ['KiB/s', 50 * 1024]);
});

test('noise is not blown up to a mountain', () => {
  assert.equal(steppedAxis('bytesPerSecond', 20, null).top, 10 * 1024);
});

test('the last axis holds every value that came since it was made', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e10, noNaN: true }), { minLength: 1 }), (peaks) => {
      let axis: Axis | null = null;
      for (const peak of peaks) {
        axis = steppedAxis('bytesPerSecond', peak, axis);
        assert.ok(axis.top >= peak * (1 - 1e-9));
      }
    }),
  );
});

test('a known size is the top as it is', () => {
  const axis = fixedAxis('kib', 64 * MIB);
  assert.deepEqual([axis.unit, axis.ticks.map((tick) => tickLabel(axis, tick))], ['GiB', ['0', '32', '64']]);
  // There is room for so many digits beside the graph.
  const odd = fixedAxis('kib', 251.97 * 1024 ** 2);
  assert.deepEqual(
    odd.ticks.map((tick) => tickLabel(odd, tick)),
    ['0', '126', '252'],
  );
});

test('values have as many digits as the scale can tell apart', () => {
  const iops = steppedAxis('perSecond', 1900, null);
  assert.equal(valueLabel(iops, 1240.4), '1\u2009240');
  const rate = steppedAxis('bytesPerSecond', 31 * MIB, null);
  assert.equal(valueLabel(rate, 12.04 * MIB), '12.0');
  assert.equal(valueLabel(rate, null), '–');
});
