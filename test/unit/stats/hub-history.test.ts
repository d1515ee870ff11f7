import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatsTick } from '../../../main/contract/figures.ts';
import { fakeClient, record, uuidOf } from './fake.ts';
import { busyHost, cpuOf, lab, OPTIONS } from './hub-lab.ts';

test('a computer that slept has a gap and no spike', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(6000);
  // CLOCK_MONOTONIC stands still in sleep; here the host's counters do too.
  clock.wallOffset += 600_000;
  await clock.advance(6000);
  assert.deepEqual(ticks.map(cpuOf), [null, 50, 50, 50, null, 50, 50]);
  const gaps = hub.history({ host: 'a', range: '1h', maxPoints: 100 }).gaps;
  assert.deepEqual(
    gaps.map((gap) => gap.reason),
    ['notWatched', 'asleep'],
  );
  assert.ok((gaps[1]?.to ?? 0) - (gaps[1]?.from ?? 0) >= 600_000);
});

test('a link that was lost is a gap, and rates begin anew', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(4000);
  hub.hostAway('a');
  await clock.advance(60_000);
  const away = hub.history({ host: 'a', range: '5m', maxPoints: 100 }).gaps.at(-1);
  assert.deepEqual([away?.reason, away?.to], ['away', clock.now()]);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  await clock.advance(2000);
  assert.deepEqual(ticks.map(cpuOf), [null, 50, 50, null, 50]);
  const { times, series, gaps } = hub.history({ host: 'a', uuid: uuidOf(1), range: '5m', maxPoints: 100 });
  assert.deepEqual(
    gaps.map((gap) => gap.reason),
    ['notWatched', 'away'],
  );
  assert.deepEqual(series['cpu'], [null, 50, 50, null, null, 50]);
  assert.equal(times.length, 6);
});

test('a time when nobody looked is a gap', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  const one = watch({ intervalMs: 2000 });
  await clock.advance(4000);
  await one.stop();
  await clock.advance(60_000);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(4000);
  assert.deepEqual(ticks.map(cpuOf), [null, 50, 50]);
  const { gaps } = hub.history({ host: 'a', range: '5m', maxPoints: 100 });
  assert.deepEqual(
    gaps.map((gap) => gap.reason),
    ['notWatched', 'notWatched'],
  );
});

test('looking again at once goes on without a gap', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  const one = watch({ intervalMs: 2000 });
  await clock.advance(4000);
  await one.stop();
  await clock.advance(3000);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(2000);
  assert.equal(cpuOf(ticks[0]), 50);
  assert.equal(hub.history({ host: 'a', range: '5m', maxPoints: 100 }).gaps.length, 1);
});

test('a machine that stops has a gap, and begins anew', async (t) => {
  const { clock, hub, watch } = lab(t);
  let running = true;
  const host = fakeClient({
    connectGetAllDomainStats: async () => ({
      retStats: [
        record({ number: 2, id: 2, cpuSec: 0 }),
        ...(running ? [record({ number: 1, id: 1, cpuSec: clock.monotonic() / 1000 })] : []),
      ],
    }),
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(4000);
  running = false;
  hub.domainChanged('a', uuidOf(1), false);
  await clock.advance(4000);
  running = true;
  hub.domainChanged('a', uuidOf(1), true);
  await clock.advance(4000);
  const cpu = (tick: StatsTick): number | null | undefined =>
    tick.domains.find((figures) => figures.uuid === uuidOf(1))?.cpu;
  assert.deepEqual(ticks.map(cpu), [null, 50, 50, undefined, undefined, null, 50]);
  const { gaps, series } = hub.history({ host: 'a', uuid: uuidOf(1), range: '5m', maxPoints: 100 });
  assert.deepEqual(
    gaps.map((gap) => gap.reason),
    ['notWatched', 'notRunning'],
  );
  assert.deepEqual(series['cpu'], [null, 50, 50, null, null, null, 50]);
});

test('small graphs have the last samples', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  watch({ intervalMs: 2000 });
  await clock.advance(20_000);
  assert.deepEqual(hub.sparklines({ points: 3, intervalMs: 2000 }), [
    {
      host: 'a',
      uuid: uuidOf(1),
      cpu: [50, 50, 50],
      memory: [null, null, null],
      disk: [0, 0, 0],
      net: [null, null, null],
    },
  ]);
});

test('small graphs show the time in which nobody looked, and end now', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  const before = watch({ intervalMs: 2000 });
  await clock.advance(6000);
  await before.stop();
  await clock.advance(20_000);
  const cpu = (): readonly (number | null)[] | undefined =>
    hub.sparklines({ points: 14, intervalMs: 2000 })[0]?.cpu;
  const off = (count: number): null[] => Array.from({ length: count }, () => null);
  assert.deepEqual(cpu(), [null, 50, 50, 50, ...off(10)]);
  watch({ intervalMs: 2000 });
  await clock.advance(4000);
  assert.deepEqual(cpu()?.slice(2, 11), [...off(9)].with(0, null));
  assert.deepEqual(cpu()?.at(-1), 50);
});

test('a day is told in minutes, and an hour that is longer than what is kept begins with them', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  watch({ intervalMs: 1000 });
  await clock.advance(45 * 60_000);
  const day = hub.history({ host: 'a', uuid: uuidOf(1), range: '24h', maxPoints: 2000 });
  assert.ok(day.times.length >= 45 && day.times.length <= 48, `${day.times.length}`);
  const hour = hub.history({ host: 'a', uuid: uuidOf(1), range: '1h', maxPoints: 4000 });
  assert.ok(hour.times.length > 1800 && hour.times.length < 2100, `${hour.times.length}`);
  for (const result of [day, hour]) {
    assert.ok(result.times.every((time, index) => index === 0 || time >= (result.times[index - 1] ?? 0)));
    assert.deepEqual(new Set(result.series['cpu']), new Set([50]));
    assert.deepEqual(
      result.gaps.map((gap) => gap.reason),
      ['notWatched'],
    );
  }
});

test('times never go back when the clock of this computer is set back', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(4000);
  clock.wallOffset -= 3_600_000;
  await clock.advance(4000);
  const times = ticks.map((tick) => tick.time);
  assert.deepEqual(
    times.slice(1).map((time, index) => time - (times[index] ?? 0)),
    [2000, 2000, 2000, 2000],
  );
});

test('a host that is removed is forgotten', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  watch({ intervalMs: 2000 });
  await clock.advance(4000);
  hub.hostRemoved('a');
  await clock.advance(4000);
  assert.deepEqual(hub.sparklines({ points: 10, intervalMs: 2000 }), []);
  assert.deepEqual(hub.history({ host: 'a', range: '5m', maxPoints: 10 }).times.length <= 1, true);
});

test('history of 2,000 machines stays within its memory', async (t) => {
  const { clock, hub, watch } = lab(t);
  const machines = Array.from({ length: 2000 }, (_, index) =>
    record({ number: index, id: index, cpuSec: 1 }),
  );
  const host = fakeClient({ connectGetAllDomainStats: async () => ({ retStats: machines }) });
  hub.hostConnected('a', host, OPTIONS);
  watch({ intervalMs: 2000 });
  await clock.advance(10_000);
  const each = hub.historyBytes / 2000;
  // One chunk now; full, 9 of ticks (900 and one chunk) and 13 of minutes.
  assert.ok(each < 4000, `${each}`);
  assert.ok((each * (9 + 13) * 2000) / 2 ** 20 < 150);
});
