import assert from 'node:assert/strict';
import { test } from 'node:test';
import { param } from '../../../drivers/libvirt/typed-params.ts';
import { fakeClient, record, settled, uuidOf } from './fake.ts';
import { busyHost, cpuOf, lab, OPTIONS, timesOf } from './hub-lab.ts';

test('a host slower than the interval has one call at a time, and true rates', async (t) => {
  const { clock, hub, watch } = lab(t);
  const atOnce = { now: 0, most: 0 };
  const host = busyHost(clock, {
    connectGetAllDomainStats: async () => {
      atOnce.most = Math.max(atOnce.most, (atOnce.now += 1));
      await clock.sleep(1250);
      const retStats = [record({ number: 1, id: 1, cpuSec: clock.monotonic() / 1000 })];
      await clock.sleep(1250);
      atOnce.now -= 1;
      return { retStats };
    },
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 1000 });
  await clock.advance(30_500);
  assert.equal(atOnce.most, 1);
  assert.ok(ticks.length >= 9, `${ticks.length}`);
  assert.deepEqual(new Set(ticks.slice(1).map(cpuOf)), new Set([50]));
});

test('calls for figures have no time limit, so that a host that hangs is never asked a second time', async (t) => {
  const { clock, hub, watch } = lab(t);
  const limits: (number | undefined)[] = [];
  const host = busyHost(clock, {
    connectGetAllDomainStats: (_args, options) => {
      limits.push(options?.timeoutMs);
      return new Promise(() => undefined);
    },
  });
  hub.hostConnected('a', host, OPTIONS);
  watch({ intervalMs: 1000 });
  await clock.advance(600_000);
  assert.deepEqual(limits, [0]);
  assert.equal(hub.history({ host: 'a', range: '5m', maxPoints: 10 }).gaps.at(-1)?.reason, 'away');
});

test('machines whose period hangs take up one call, not one each', async (t) => {
  const { clock, hub, watch } = lab(t);
  let asked = 0;
  const host = busyHost(clock, {
    connectGetAllDomainStats: async () => ({
      retStats: Array.from({ length: 9 }, (_, number) => record({ number, id: number + 1, cpuSec: 0 })),
    }),
    domainSetMemoryStatsPeriod: () => ((asked += 1), new Promise(() => undefined)),
  });
  hub.hostConnected('a', host, { hypervisor: 'QEMU', setBalloonPeriod: true });
  watch({ intervalMs: 1000 });
  await clock.advance(60_000);
  assert.equal(asked, 1);
});

test('a new connection over a longer way has rates from its second answer', async (t) => {
  const { clock, hub, watch } = lab(t);
  let takesMs = 4;
  const calls = {
    connectGetAllDomainStats: async () => {
      await clock.sleep(takesMs / 2);
      const retStats = [record({ number: 1, id: 1, cpuSec: clock.monotonic() / 1000 })];
      await clock.sleep(takesMs / 2);
      return { retStats };
    },
  };
  hub.hostConnected('a', busyHost(clock, calls), OPTIONS);
  const { ticks } = watch({ intervalMs: 1000 });
  await clock.advance(10_000);
  hub.hostAway('a');
  ticks.length = 0;
  takesMs = 600;
  hub.hostConnected('a', busyHost(clock, calls), OPTIONS);
  await clock.advance(5000);
  assert.deepEqual(ticks.map(cpuOf).slice(0, 4), [null, 50, 50, 50]);
});

test('a disk that is changed while an answer is under way makes no spike', async (t) => {
  const { clock, hub, watch } = lab(t);
  let readBytes = 1000;
  const host = busyHost(clock, {
    connectGetAllDomainStats: async () => {
      const retStats = [record({ number: 1, id: 1, cpuSec: clock.monotonic() / 1000, readBytes })];
      await clock.sleep(100);
      return { retStats };
    },
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 1000 });
  await clock.advance(2050);
  // The answer of before is on its way.
  hub.domainChanged('a', uuidOf(1), true);
  readBytes = 9_000_000;
  await clock.advance(2000);
  assert.deepEqual(
    ticks.map((tick) => tick.domains[0]?.diskReadBytes),
    [null, 0, null, null],
  );
});

test('a computer whose clock was set forward and back still shows the last minutes only', async (t) => {
  const { clock, hub, watch } = lab(t);
  hub.hostConnected('a', busyHost(clock), OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(10_000);
  clock.wallOffset += 3_600_000;
  await clock.advance(10_000);
  clock.wallOffset -= 3_600_000;
  await clock.advance(600_000);
  const { times, gaps } = hub.history({ host: 'a', uuid: uuidOf(1), range: '5m', maxPoints: 4000 });
  const last = timesOf(ticks).at(-1) ?? 0;
  assert.equal(times.at(-1), last);
  assert.ok((times[0] ?? 0) >= last - 300_000);
  assert.deepEqual(gaps, []);
});

test('a machine keeps its rates and its history under a new name', async (t) => {
  const { clock, hub, watch } = lab(t);
  let name = 'before';
  const host = busyHost(clock, {
    connectGetAllDomainStats: async () => {
      const of = record({ number: 1, id: 1, cpuSec: clock.monotonic() / 1000 });
      return { retStats: [{ ...of, dom: { ...of.dom, name } }] };
    },
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(4000);
  name = 'after';
  await clock.advance(4000);
  assert.deepEqual(ticks.map(cpuOf), [null, 50, 50, 50, 50]);
});

test('a vCPU that is plugged in has no past, and takes nothing from the figures of the others', async (t) => {
  const { clock, hub, watch } = lab(t);
  let vcpus = 1;
  const start = clock.monotonic();
  const host = busyHost(clock, {
    connectGetAllDomainStats: async () => {
      const ran = BigInt(clock.monotonic() - start) * 1_000_000n;
      const extra = Array.from({ length: vcpus }, (_, index) => [
        param(`vcpu.${index}.state`, 'int', 1),
        param(`vcpu.${index}.time`, 'ullong', ran / 2n),
        param(`vcpu.${index}.delay`, 'ullong', ran / 10n),
      ]).flat();
      return { retStats: [record({ number: 1, id: 1, cpuSec: 0, vcpus, extra })] };
    },
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 1000, details: [{ host: 'a', uuid: uuidOf(1) }] });
  await clock.advance(1000);
  vcpus = 2;
  await clock.advance(1000);
  vcpus = 1;
  await clock.advance(1000);
  assert.deepEqual(
    ticks.map((tick) => [tick.details[0]?.vcpus, tick.details[0]?.steal]),
    [
      [[null], null],
      [[50], 10],
      [[50, null], 10],
      [[50], 10],
    ],
  );
});

test('machines that come and go all day do not fill the memory', async (t) => {
  const { clock, hub, watch } = lab(t);
  let round = 0;
  const host = fakeClient({
    connectGetAllDomainStats: async () => ({
      retStats: Array.from({ length: 100 }, (_, index) =>
        record({ number: index === 0 ? 0 : round * 1000 + index, id: 1, cpuSec: 0 }),
      ),
    }),
  });
  hub.hostConnected('a', host, OPTIONS);
  watch({ intervalMs: 10_000 });
  for (; round < 30; round += 1) await clock.advance(60_000);
  await settled();
  const machines = hub.sparklines({ points: 181, intervalMs: 10_000 });
  assert.ok(machines.length <= 500 + 2 * 100, `${machines.length} machines are kept`);
  // The one that was always there has all of its history.
  const always = machines.find(({ uuid }) => uuid === uuidOf(0))?.disk ?? [];
  assert.ok(always.slice(1).every((rate) => rate !== null));
});
