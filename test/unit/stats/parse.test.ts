import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { param } from '../../../drivers/libvirt/typed-params.ts';
import { decodeBody, XdrError } from '../../../drivers/xdr/xdr.ts';
import { BalloonWatch, guestMemory } from '../../../main/stats/balloon.ts';
import { domainDetailFigures, domainFigures, machineSums, pair } from '../../../main/stats/domain-figures.ts';
import { hostFigures } from '../../../main/stats/host-figures.ts';
import { BulkReplyDecoder } from '../../../main/stats/parse-bulk.ts';
import { NO_MEMORY, type DomainSample, type MemorySample } from '../../../main/stats/sample.ts';
import { bulkReply, record } from './fake.ts';

const decoder = new BulkReplyDecoder();

function parseBulkRecord(of: ReturnType<typeof record>): DomainSample {
  const [first] = decodeBody(decoder, bulkReply([of]));
  assert.ok(first);
  return first;
}

const sample = (cpuSec: number, extra: ReturnType<typeof param>[] = [], id = 3): DomainSample =>
  parseBulkRecord(record({ number: 1, id, cpuSec, extra }));
const rates = (before: DomainSample, after: DomainSample, seconds = 2) =>
  pair(before, after, { seconds, guestLive: true });

test('the figures of a record', () => {
  const parsed = sample(7, [
    param('vcpu.0.state', 'int', 1),
    param('vcpu.0.time', 'ullong', 5n),
    param('vcpu.0.delay', 'ullong', 6n),
    param('vcpu.2.state', 'int', 0),
    param('net.count', 'uint', 1),
    param('net.0.name', 'string', 'vnet4'),
    param('net.0.rx.bytes', 'ullong', 2n ** 60n),
    param('net.0.tx.drop', 'ullong', 9n),
    param('block.0.rd.times', 'ullong', 11n),
    param('block.0.errors', 'llong', -1n),
    param('balloon.last-update', 'ullong', 1700n),
  ]);
  assert.equal(parsed.uuid, '00000000-0000-0000-0000-000000000001');
  assert.deepEqual([parsed.cpuTimeNs, parsed.vcpuCount, parsed.state], [7e9, 2, 1]);
  assert.deepEqual(parsed.vcpus, [
    { online: true, timeNs: 5, delayNs: 6 },
    null,
    { online: false, timeNs: null, delayNs: null },
  ]);
  assert.deepEqual(
    [parsed.nics[0]?.name, parsed.nics[0]?.inBytes, parsed.nics[0]?.outDrops],
    ['vnet4', 2 ** 60, 9],
  );
  assert.equal(parsed.disks[0]?.readTimeNs, 11);
  assert.equal(parsed.memory.lastUpdateSec, 1700);
});

test('the layers under a disk are not counted again', () => {
  const parsed = sample(0, [
    param('block.1.name', 'string', 'vda'),
    param('block.1.backingIndex', 'uint', 4),
    param('block.1.rd.bytes', 'ullong', 999n),
    param('block.2.name', 'string', 'vdb'),
  ]);
  assert.deepEqual(
    parsed.disks.map((disk) => [disk.name, disk.readBytes]),
    [
      ['vda', 0],
      ['vdb', null],
    ],
  );
});

test('any fields are read without harm', () => {
  const text = fc.string().map((of) => of.replaceAll('\0', '.'));
  const name = fc.oneof(
    text,
    fc
      .tuple(
        fc.constantFrom('block', 'net', 'vcpu'),
        fc.nat(99_999),
        fc.constantFrom('name', 'time', 'rd.bytes', ''),
      )
      .map((parts) => parts.join('.')),
  );
  const value = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: -1n }).map((of) => ({ type: 'llong' as const, value: of })),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((of) => ({ type: 'ullong' as const, value: of })),
    text.map((of) => ({ type: 'string' as const, value: of })),
    fc.double().map((of) => ({ type: 'double' as const, value: of })),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ field: name, value }), { size: 'max', maxLength: 200 }), (extra) => {
      const parsed = sample(0, extra);
      domainDetailFigures(rates(sample(0), parsed));
      assert.ok(parsed.vcpus.length <= 4096);
    }),
  );
});

test('any bytes at all give samples or a named error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        decodeBody(decoder, bytes);
      } catch (error) {
        assert.ok(error instanceof XdrError);
      }
    }),
  );
});

test('a machine keeps nothing of the one before it in the reply', () => {
  const extra = [param('block.1.name', 'string', 'vdb'), param('vcpu.3.time', 'ullong', 1n)];
  const [rich, poor] = decodeBody(
    decoder,
    bulkReply([
      record({ number: 1, id: 1, cpuSec: 1, readBytes: 5, extra }),
      { ...record({ number: 2, id: 2, cpuSec: 0 }), params: [] },
    ]),
  );
  assert.equal(rich?.disks.length, 2);
  assert.deepEqual(poor, {
    uuid: '00000000-0000-0000-0000-000000000002',
    name: 'vm-2',
    id: 2,
    state: null,
    vcpuCount: null,
    cpuTimeNs: null,
    vcpus: [],
    memory: NO_MEMORY,
    disks: [],
    nics: [],
  });
});

test('a label of another type is no name; an unknown type is refused', () => {
  assert.deepEqual(sample(0, [param('block.1.name', 'int', 1)]).disks.length, 1);
  const body = bulkReply([{ ...record({ number: 1, id: 1, cpuSec: 0 }), params: [param('x', 'int', 0)] }]);
  body[body.length - 5] = 9;
  assert.throws(() => decodeBody(decoder, body), { name: 'XdrError', code: 'BAD_VALUE' });
});

test('CPU is of all vCPUs; a read rate is of all disks', () => {
  const before = sample(10);
  const after = parseBulkRecord(record({ number: 1, id: 3, cpuSec: 12, readBytes: 4096 }));
  const figures = domainFigures(rates(before, after));
  assert.equal(figures.cpu, 50);
  assert.equal(figures.diskReadBytes, 2048);
  assert.equal(figures.diskWriteBytes, null);
  assert.equal(figures.netInBytes, null);
});

test('another run has no rates, even when its counters are beyond those before', () => {
  assert.equal(domainFigures(rates(sample(10, [], 3), sample(12, [], 4))).cpu, null);
});

test('a CPU time that went back takes all rates of the tick', () => {
  const before = parseBulkRecord(record({ number: 1, id: 3, cpuSec: 12, readBytes: 1 }));
  const after = parseBulkRecord(record({ number: 1, id: 3, cpuSec: 1, readBytes: 1_000_000 }));
  assert.equal(domainFigures(rates(before, after)).diskReadBytes, null);
});

test('a paused machine stands at nothing, and shows no spike when it goes on', () => {
  assert.equal(domainFigures(rates(sample(10), sample(10))).cpu, 0);
  assert.equal(domainFigures(rates(sample(10), sample(11))).cpu, 25);
});

test('a disk that was plugged in has no rate, and leaves the others theirs', () => {
  const plugged = [param('block.1.name', 'string', 'vdb'), param('block.1.rd.bytes', 'ullong', 1_000_000n)];
  const after = parseBulkRecord(record({ number: 1, id: 3, cpuSec: 1, readBytes: 200, extra: plugged }));
  const figures = rates(sample(0), after);
  assert.equal(domainFigures(figures).diskReadBytes, 100);
  assert.deepEqual(
    domainDetailFigures(figures).disks.map((disk) => disk.readBytes),
    [100, null],
  );
});

test('each vCPU, and what the host took from them', () => {
  const vcpus = (time: bigint, delay: bigint): ReturnType<typeof param>[] => [
    param('vcpu.0.state', 'int', 1),
    param('vcpu.0.time', 'ullong', time),
    param('vcpu.0.delay', 'ullong', delay),
    param('vcpu.1.state', 'int', 0),
  ];
  const detail = domainDetailFigures(
    rates(sample(0, vcpus(0n, 0n)), sample(0, vcpus(1_000_000_000n, 200_000_000n))),
  );
  assert.deepEqual(detail.vcpus, [50, null]);
  assert.equal(detail.steal, 10);
});

test('latency is the mean over the requests of all disks', () => {
  const disk = (time: bigint, requests: bigint): ReturnType<typeof param>[] => [
    param('block.0.rd.times', 'ullong', time),
    param('block.0.rd.reqs', 'ullong', requests),
  ];
  const sums = machineSums(rates(sample(0, disk(0n, 0n)), sample(0, disk(8_000_000n, 4n))));
  assert.deepEqual([sums.readLatencyMs, sums.readRequests, sums.writeLatencyMs], [2, 2, null]);
});

const memory = (fields: Partial<MemorySample>): MemorySample => ({ ...NO_MEMORY, ...fields });

test('used memory is without the caches', () => {
  assert.deepEqual(
    guestMemory(memory({ availableKiB: 1000, unusedKiB: 300, usableKiB: 650, cachesKiB: 400 })),
    { usedKiB: 300, cacheKiB: 400, freeKiB: 300 },
  );
  assert.equal(guestMemory(memory({ availableKiB: 1000, usableKiB: 600 })).usedKiB, 400);
  assert.equal(guestMemory(memory({ availableKiB: 1000 })).usedKiB, null);
});

test('a guest that fell silent is not live', () => {
  const watch = new BalloonWatch();
  const told = (lastUpdateSec: number | null): DomainSample => ({
    ...sample(0),
    memory: memory({ availableKiB: 1, lastUpdateSec }),
  });
  const wall = 1_700_000_000_000;
  assert.equal(watch.isLive(told(1_700_000_000), { now: 0, wall }), true);
  assert.equal(watch.isLive(told(1_700_000_000), { now: 60_000, wall }), true);
  assert.equal(watch.isLive(told(1_700_000_000), { now: 100_000, wall }), false);
  assert.equal(watch.isLive(told(1_700_000_099), { now: 101_000, wall }), true);
  assert.equal(watch.isLive(told(0), { now: 102_000, wall }), false);
  assert.equal(watch.isLive(told(null), { now: 103_000, wall }), true);
});

test('figures of a guest that told long ago are not live at first sight', () => {
  const old = { ...sample(0), memory: memory({ availableKiB: 1, lastUpdateSec: 1_600_000_000 }) };
  assert.equal(new BalloonWatch().isLive(old, { now: 0, wall: 1_700_000_000_000 }), false);
});

test('the host is measured by its own counters', () => {
  const host = (kernel: number, user: number, idle: number, iowait: number) => ({
    cpu: new Map(Object.entries({ kernel, user, idle, iowait })),
    memory: new Map(Object.entries({ total: 1000, free: 100, buffers: 50, cached: 250 })),
  });
  assert.deepEqual(hostFigures(host(0, 0, 0, 0), host(10, 30, 50, 10)), {
    cpu: 40,
    cpuUser: 30,
    cpuSystem: 10,
    cpuWait: 10,
    memoryUsedKiB: 600,
    memoryTotalKiB: 1000,
    memoryCacheKiB: 300,
  });
  assert.equal(hostFigures(null, host(1, 1, 1, 1))?.cpu, null);
  assert.equal(hostFigures(host(9, 9, 9, 9), host(1, 1, 1, 1))?.cpu, null);
  assert.equal(hostFigures(null, { cpu: null, memory: null }), null);
});
