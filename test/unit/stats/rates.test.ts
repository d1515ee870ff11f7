import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { growth, meanLatencyMs, percentOfCpus, rate, sumKnown } from '../../../main/stats/rates.ts';
import { SampleClock, type Trip } from '../../../main/stats/sample-clock.ts';

test('a rate is growth over time', () => {
  assert.equal(rate(100, 300, 2), 100);
});

test('a counter that went back has no rate', () => {
  assert.equal(rate(300, 100, 2), null);
  assert.equal(growth(2 ** 64, 0), null);
});

test('no time, time that went back and unknown time have no rate', () => {
  for (const seconds of [0, -1, NaN]) assert.equal(rate(1, 2, seconds), null);
});

test('a counter that is not told has no rate', () => {
  assert.equal(rate(null, 5, 1), null);
  assert.equal(rate(5, undefined, 1), null);
});

test('percent of the vCPUs, never above 100', () => {
  assert.equal(percentOfCpus(0, 2e9, { seconds: 2, cpus: 2 }), 50);
  assert.equal(percentOfCpus(0, 4.4e9, { seconds: 2, cpus: 2 }), 100);
  assert.equal(percentOfCpus(0, 1e9, { seconds: 1, cpus: 0 }), null);
});

test('a latency needs requests', () => {
  assert.equal(meanLatencyMs(6e6, 3), 2);
  assert.equal(meanLatencyMs(6e6, 0), null);
});

test('a sum is of what is known', () => {
  assert.equal(sumKnown([1, null, 2]), 3);
  assert.equal(sumKnown([null]), null);
});

const trip = (sentAt: number, took = 10, wallLag = 0): Trip => ({
  sentAt,
  receivedAt: sentAt + took,
  wallSentAt: sentAt + wallLag,
  wallReceivedAt: sentAt + wallLag + took,
});

test('steady trips give rates over the time between their middles', () => {
  const clock = new SampleClock();
  assert.deepEqual(clock.judge(trip(0), 2000), { kind: 'first' });
  assert.deepEqual(clock.judge(trip(2000), 2000), { kind: 'rate', seconds: 2 });
});

test('a slow link that is always slow gives rates', () => {
  const clock = new SampleClock();
  clock.judge(trip(0, 9000), 2000);
  assert.deepEqual(clock.judge(trip(10_000, 9000), 2000), { kind: 'rate', seconds: 10 });
});

test('a late answer is left out, and the next rate is over both intervals', () => {
  const clock = new SampleClock();
  clock.judge(trip(0), 2000);
  assert.equal(clock.judge(trip(2000, 1500), 2000).kind, 'skip');
  assert.deepEqual(clock.judge(trip(4000), 2000), { kind: 'rate', seconds: 4 });
});

test('a first trip that proves to have been slow is replaced by a better one', () => {
  const clock = new SampleClock();
  clock.judge(trip(0, 1500), 2000);
  assert.equal(clock.judge(trip(2000), 2000).kind, 'first');
  assert.equal(clock.judge(trip(4000), 2000).kind, 'rate');
});

test('a link that never gets better has rates in the end', () => {
  const clock = new SampleClock();
  clock.judge(trip(0), 1000);
  const kinds = Array.from(
    { length: 10 },
    (_, index) => clock.judge(trip(1000 * (index + 1), 900), 1000).kind,
  );
  assert.ok(kinds.includes('rate'));
});

test('an answer that was away for many intervals tells nothing, and the next begins anew', () => {
  const clock = new SampleClock();
  clock.judge(trip(0), 2000);
  assert.equal(clock.judge(trip(2000, 20_000), 2000).kind, 'stalled');
  assert.equal(clock.judge(trip(24_000), 2000).kind, 'first');
});

test('a long time without asking is sleep', () => {
  const clock = new SampleClock();
  clock.judge(trip(0), 2000);
  assert.equal(clock.judge(trip(9000), 2000).kind, 'asleep');
  assert.equal(clock.judge(trip(11_000), 2000).kind, 'rate');
});

test('sleep is seen by the wall clock when the other stood still', () => {
  const clock = new SampleClock();
  clock.judge(trip(0), 2000);
  assert.equal(clock.judge(trip(2000, 10, 3_600_000), 2000).kind, 'asleep');
});

test('going over to a shorter interval is no sleep', () => {
  const clock = new SampleClock();
  clock.judge(trip(0), 10_000);
  assert.equal(clock.judge(trip(10_000), 1000).kind, 'rate');
});

test('a steady load under jitter never shows more than a quarter off', () => {
  const step = fc.record({ there: fc.nat(1800), back: fc.nat(1800) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) => {
      const clock = new SampleClock();
      clock.judge(trip(0, 2), 2000);
      let [base, at] = [1, 2000];
      for (const { there, back } of steps) {
        const taken = at + 1 + there;
        const verdict = clock.judge(trip(at, 2 + there + back), 2000);
        if (verdict.kind === 'rate' && verdict.seconds < 8) {
          const shown = (taken - base) / 1000 / verdict.seconds;
          assert.ok(shown > 0.75 && shown < 1.26, `${shown}`);
        }
        if (verdict.kind === 'rate' || verdict.kind === 'first' || verdict.kind === 'asleep') base = taken;
        at = Math.max(at + 2000, Math.ceil((at + 2 + there + back) / 2000) * 2000);
      }
    }),
  );
});
