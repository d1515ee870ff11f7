import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { param } from '../../../drivers/libvirt/typed-params.ts';
import { fakeClient, record, settled, unsupported } from './fake.ts';
import { busyHost, cpuOf, lab, OPTIONS } from './hub-lab.ts';

test('a libvirt that does not know NOWAIT is asked without it', async (t) => {
  const { clock, hub, watch } = lab(t);
  const calls: number[] = [];
  const host = fakeClient({
    connectGetAllDomainStats: async ({ flags }) => {
      calls.push(flags);
      if (flags !== 1) throw new LibvirtError({ code: 'VIR_ERR_INVALID_ARG', message: 'unsupported flags' });
      return { retStats: [record({ number: 1, id: 1, cpuSec: 0 })] };
    },
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(2000);
  assert.deepEqual(calls, [1 + 2 ** 29, 1, 1]);
  assert.equal(cpuOf(ticks.at(-1)), 0);
});

const XML = `<domain><devices><disk><source file='/d'/><target dev='vda'/></disk><disk device='cdrom'><target dev='sda'/></disk>
  <interface type='network'><target dev='vnet0'/></interface></devices></domain>`;

test('a driver without the call is asked machine by machine, and only for what it has', async (t) => {
  const { clock, hub, watch } = lab(t);
  const counts = { bulk: 0, xml: 0, memory: 0 };
  const atOnce = { now: 0, most: 0 };
  const machines = Array.from(
    { length: 12 },
    (_, index) => record({ number: index, id: index, cpuSec: 0 }).dom,
  );
  const host = fakeClient({
    connectGetAllDomainStats: () => ((counts.bulk += 1), Promise.reject(unsupported())),
    connectListAllDomains: async () => ({ domains: machines, ret: machines.length }),
    domainGetInfo: async () => {
      atOnce.most = Math.max(atOnce.most, (atOnce.now += 1));
      await settled();
      atOnce.now -= 1;
      return {
        state: 1,
        maxMem: 2048n,
        memory: 1024n,
        nrVirtCpu: 1,
        cpuTime: BigInt(Math.round(clock.monotonic() * 1e6)),
      };
    },
    domainMemoryStats: () => (
      (counts.memory += 1),
      fakeClient({}).remote.domainMemoryStats({ dom: machines[0] ?? assert.fail(), maxStats: 0, flags: 0 })
    ),
    domainGetXmlDesc: async () => ((counts.xml += 1), { xml: XML }),
    domainBlockStatsFlags: async ({ path, nparams }) => ({
      params:
        nparams === 0 ? [] : [param('rd_bytes', 'llong', BigInt(path === 'vda' ? clock.monotonic() : 0))],
      nparams: 1,
    }),
    domainInterfaceStats: async () => ({
      rxBytes: BigInt(clock.monotonic()),
      rxPackets: 0n,
      rxErrs: 0n,
      rxDrop: 0n,
      txBytes: -1n,
      txPackets: 0n,
      txErrs: 0n,
      txDrop: 0n,
    }),
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  for (let round = 0; round < 6; round += 1) {
    for (let turn = 0; turn < 40; turn += 1) await settled();
    await clock.advance(1000);
  }
  for (let turn = 0; turn < 40; turn += 1) await settled();
  assert.equal(counts.bulk, 2);
  assert.equal(counts.xml, 12);
  assert.ok(counts.memory <= 5);
  assert.equal(atOnce.most, 4);
  const figures = ticks.at(-1)?.domains[0];
  assert.deepEqual(
    [
      ticks.at(-1)?.domains.length,
      figures?.cpu,
      figures?.memoryTotalKiB,
      figures?.diskReadBytes,
      figures?.netInBytes,
      figures?.netOutBytes,
    ],
    [12, 100, 1024, 1000, 1000, null],
  );
});

test('a driver that tells nothing but states by the call is asked machine by machine', async (t) => {
  const { clock, hub, watch } = lab(t);
  const { dom } = record({ number: 1, id: 1, cpuSec: 0 });
  const host = fakeClient({
    connectGetAllDomainStats: async () => ({ retStats: [{ dom, params: [param('state.state', 'int', 1)] }] }),
    connectListAllDomains: async () => ({ domains: [dom], ret: 1 }),
    domainGetInfo: async () => ({ state: 1, maxMem: 8n, memory: 4n, nrVirtCpu: 2, cpuTime: 0n }),
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(2000);
  assert.equal(ticks.at(-1)?.domains[0]?.memoryTotalKiB, 4);
});

test('the host itself is read in the same tick, after one question for the number of its figures', async (t) => {
  const { clock, hub, watch } = lab(t);
  const asked: number[] = [];
  const host = busyHost(clock, {
    nodeGetCpuStats: async ({ nparams }) => {
      asked.push(nparams);
      const half = BigInt(Math.round(clock.monotonic() * 1e6));
      return nparams === 0
        ? { params: [], nparams: 2 }
        : {
            params: [
              { field: 'user', value: half },
              { field: 'idle', value: half * 3n },
            ],
            nparams: 2,
          };
    },
  });
  hub.hostConnected('a', host, OPTIONS);
  const { ticks } = watch({ intervalMs: 2000 });
  await clock.advance(4000);
  assert.deepEqual(asked, [0, 2, 2, 2]);
  assert.deepEqual(
    ticks.map((tick) => tick.figures?.cpu),
    [null, 25, 25],
  );
});

test('a balloon that is silent gets a period, once, when it is allowed', async (t) => {
  for (const allowed of [true, false]) {
    const { clock, hub, watch } = lab(t);
    const periods: number[] = [];
    const host = busyHost(clock, {
      domainSetMemoryStatsPeriod: async ({ period, flags }) => {
        periods.push(period, flags);
      },
    });
    hub.hostConnected('a', host, { hypervisor: 'QEMU', setBalloonPeriod: allowed });
    watch({ intervalMs: 2000 });
    await clock.advance(10_000);
    assert.deepEqual(periods, allowed ? [5, 1] : []);
  }
});

test('a host that refuses is asked at longer intervals, and told of', async (t) => {
  const { clock, hub, errors, watch } = lab(t);
  let asked = 0;
  const denied = new LibvirtError({ code: 'VIR_ERR_OPERATION_DENIED', message: 'read-only' });
  hub.hostConnected(
    'a',
    fakeClient({ connectGetAllDomainStats: () => ((asked += 1), Promise.reject(denied)) }),
    OPTIONS,
  );
  watch({ intervalMs: 1000 });
  await clock.advance(120_000);
  assert.ok(asked >= 6 && asked <= 12, `${asked}`);
  assert.equal(errors[0], denied);
});
