import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClient, record, settled, uuidOf } from './fake.ts';
import { busyHost, cpuOf, lab, OPTIONS } from './hub-lab.ts';

test('nobody looking: no call and no timer', async (t) => {
  const { clock, hub } = lab(t);
  const host = busyHost(clock);
  hub.hostConnected('a', host, OPTIONS);
  await clock.advance(60_000);
  assert.equal(host.calls.length, 0);
  assert.equal(clock.timers, 0);
});

test('one call for each tick, with ACTIVE and NOWAIT, and rates from the second', async (t) => {
  const { clock, hub, watch } = lab(t);
  const host = busyHost(clock);
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(10_000);
  assert.equal(host.calls.length, 6);
  assert.equal(host.calls[0], 1 + 2 ** 29);
  assert.deepEqual(ticks.map(cpuOf), [null, 50, 50, 50, 50, 50]);
});

test('the last one who looks ends it', async (t) => {
  const { clock, hub, watch } = lab(t);
  const host = busyHost(clock);
  hub.hostConnected('a', host, OPTIONS);
  const [one, two] = [watch({ intervalMs: 2000 }), watch({ intervalMs: 2000 })];
  await clock.advance(4000);
  await one.stop();
  await clock.advance(4000);
  const before = host.calls.length;
  await two.stop();
  await clock.advance(20_000);
  assert.equal(host.calls.length, before);
  assert.equal(before, 5);
});

test('several who look share one sampler, each at its own pace', async (t) => {
  const { clock, hub, watch } = lab(t);
  const host = busyHost(clock);
  hub.hostConnected('a', host, OPTIONS);
  const [fast, slow] = [watch({ intervalMs: 1000 }), watch({ intervalMs: 5000 })];
  await clock.advance(20_000);
  assert.equal(host.calls.length, 21);
  assert.equal(fast.ticks.length, 21);
  assert.ok(slow.ticks.length >= 5 && slow.ticks.length <= 6, `${slow.ticks.length}`);
  await fast.stop();
  const before = host.calls.length;
  await clock.advance(20_000);
  assert.equal(host.calls.length - before, 4);
});

test('only the hosts that are asked for are sampled', async (t) => {
  const { clock, hub, watch } = lab(t);
  const [a, b] = [busyHost(clock), busyHost(clock)];
  hub.hostConnected('a', a, OPTIONS);
  hub.hostConnected('b', b, OPTIONS);
  watch({ intervalMs: 2000, hosts: ['b'] });
  await clock.advance(4000);
  assert.deepEqual([a.calls.length, b.calls.length > 0], [0, true]);
});

test('a host that does not answer is not asked again, and delays no other', async (t) => {
  const { clock, hub, watch } = lab(t);
  let asked = 0;
  const dead = fakeClient({ connectGetAllDomainStats: () => ((asked += 1), new Promise(() => undefined)) });
  hub.hostConnected('dead', dead, OPTIONS);
  hub.hostConnected('live', busyHost(clock), OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(20_000);
  assert.equal(asked, 1);
  assert.equal(ticks.filter((tick) => tick.host === 'live').length, 11);
});

test('a slow reader gets the newest tick of each host, not all of them', async (t) => {
  const { clock, hub } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  const reader = hub.watch({ intervalMs: 1000 });
  const first = reader.next();
  await clock.advance(0);
  await first;
  await clock.advance(50_000);
  const [next, then] = [await reader.next(), reader.next()];
  assert.ok(!next.done);
  assert.ok(clock.now() - next.value.time < 1000);
  await reader.return?.();
  assert.equal((await then).done, true);
});

test('late answers of the link show no spikes', async (t) => {
  const { clock, hub, watch } = lab(t);
  let count = 0;
  const host = fakeClient({
    connectGetAllDomainStats: async () => {
      const retStats = [record({ number: 1, id: 1, cpuSec: clock.monotonic() / 1000 })];
      count += 1;
      await clock.sleep(count % 4 === 0 ? 1500 : 5);
      return { retStats };
    },
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(60_000);
  const shown = ticks.map(cpuOf).filter((cpu) => cpu != null);
  assert.ok(shown.length > 15);
  for (const cpu of shown) assert.ok(cpu > 45 && cpu < 55, `${cpu}`);
});

test('a call that is under way when the link is lost is given up', async (t) => {
  const { clock, hub, watch } = lab(t);
  let given: AbortSignal | undefined;
  const host = fakeClient({
    connectGetAllDomainStats: (_args, options) => {
      given = options?.signal;
      return new Promise((_, reject) => given?.addEventListener('abort', () => reject(new Error('gone'))));
    },
  });
  hub.hostConnected('a', host, OPTIONS);
  watch({ intervalMs: 2000 });
  await clock.advance(100);
  hub.hostAway('a');
  await settled();
  assert.equal(given?.aborted, true);
});

test('details only of the machines that are asked for', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  const plain = watch({ intervalMs: 2000 });
  const close = watch({ intervalMs: 2000, details: [{ host: 'a', uuid: uuidOf(1) }] });
  await clock.advance(4000);
  assert.equal(plain.ticks.at(-1)?.details.length, 0);
  assert.deepEqual(
    close.ticks.at(-1)?.details.map((detail) => detail.disks.map((disk) => disk.readBytes)),
    [[0]],
  );
});

test('a disk that gave way to another of the same name makes no spike', async (t) => {
  const { clock, hub, watch } = lab(t);
  let readBytes = 1000;
  const host = busyHost(clock, {
    connectGetAllDomainStats: async () => ({
      retStats: [record({ number: 1, id: 1, cpuSec: clock.monotonic() / 1000, readBytes })],
    }),
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(2000);
  hub.domainChanged('a', uuidOf(1), true);
  readBytes = 9_000_000;
  await clock.advance(2000);
  readBytes += 2000;
  await clock.advance(2000);
  assert.deepEqual(
    ticks.map((tick) => tick.domains[0]?.diskReadBytes),
    [null, 0, null, 1000],
  );
  assert.equal(cpuOf(ticks[2]), 50);
});
