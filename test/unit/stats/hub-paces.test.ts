import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuidOf } from './fake.ts';
import { busyHost, cpuOf, lab, OPTIONS, timesOf, workingHost } from './hub-lab.ts';

const details = [{ host: 'a', uuid: uuidOf(1) }];

test('one who looks at a slower pace gets the mean over its own interval', async (t) => {
  const { clock, hub, watch } = lab(t);
  // The machine works in one second of five, the one before a slow tick, and reads only then.
  const work = (second: number): boolean => second % 5 === 4;
  hub.hostConnected('a', workingHost(clock, work), OPTIONS);
  const fast = watch({ intervalMs: 1000 });
  const slow = watch({ intervalMs: 5000, details });
  await clock.advance(20_000);
  assert.deepEqual(
    fast.ticks.slice(1).map(cpuOf),
    [0, 0, 0, 0, 50, 0, 0, 0, 0, 50].concat([0, 0, 0, 0, 50, 0, 0, 0, 0, 50]),
  );
  assert.deepEqual(slow.ticks.map(cpuOf), [null, 10, 10, 10, 10]);
  assert.deepEqual(
    slow.ticks.map((tick) => tick.domains[0]?.diskReadBytes),
    [null, 200, 200, 200, 200],
  );
  assert.deepEqual(
    slow.ticks.map((tick) => tick.details[0]?.disks[0]?.readBytes),
    [null, 200, 200, 200, 200],
  );
  assert.deepEqual(fast.ticks.at(-1)?.details, []);
});

test('every pace is kept beside a faster one', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  watch({ intervalMs: 1000 });
  for (const intervalMs of [2000, 5000, 10_000] as const) {
    const { ticks, stop } = watch({ intervalMs });
    await clock.advance(60_000);
    await stop();
    const steps = timesOf(ticks)
      .slice(1)
      .map((time, index) => time - (timesOf(ticks)[index] ?? 0));
    assert.deepEqual(new Set(steps), new Set([intervalMs]));
    assert.ok(steps.length >= 60_000 / intervalMs - 1);
  }
});

test('the mean goes on when the faster one leaves', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected(
    'a',
    workingHost(clock, (second) => second % 5 === 1),
    OPTIONS,
  );
  const fast = watch({ intervalMs: 1000 });
  const slow = watch({ intervalMs: 5000 });
  await clock.advance(7000);
  await fast.stop();
  await clock.advance(13_000);
  assert.deepEqual(slow.ticks.map(cpuOf), [null, 10, 10, 10, 10]);
});

test('a computer that slept within a slow interval: the mean is of the time since', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  watch({ intervalMs: 1000 });
  const slow = watch({ intervalMs: 10_000 });
  await clock.advance(3000);
  clock.wallOffset += 4000;
  await clock.advance(20_000);
  assert.deepEqual(slow.ticks.map(cpuOf), [null, 50, 50]);
});

test('a machine that was started anew, and a disk that gave way to another, make no spike at a slow pace', async (t) => {
  const { clock, hub, watch } = lab(t);
  const host = workingHost(clock, () => true);
  hub.hostConnected('a', host, OPTIONS);
  watch({ intervalMs: 1000 });
  const slow = watch({ intervalMs: 5000 });
  await clock.advance(7000);
  host.machine.readBytes += 1e9;
  hub.domainChanged('a', uuidOf(1), true);
  await clock.advance(5000);
  host.machine.cpuSec += 1e6;
  host.machine.id += 1;
  await clock.advance(8000);
  assert.deepEqual(slow.ticks.map(cpuOf), [null, 50, 50, null, 50]);
  assert.deepEqual(
    slow.ticks.map((tick) => tick.domains[0]?.diskReadBytes),
    [null, 1000, null, null, 1000],
  );
});
