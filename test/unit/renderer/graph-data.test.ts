import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActivityEvent } from '../../../main/contract/activity.ts';
import type { DiskFigures, DomainDetailFigures, DomainFigures } from '../../../main/contract/figures.ts';
import { deviceNames } from '../../../renderer/views/machine/graphs/graph-kinds.ts';
import { markedEvents, markWord } from '../../../renderer/views/machine/graphs/marks.ts';
import { tickValues } from '../../../renderer/views/machine/graphs/tick-values.ts';

const figures: DomainFigures = {
  uuid: 'u',
  cpu: 12,
  memoryUsedKiB: 100,
  memoryTotalKiB: 200,
  diskReadBytes: 1,
  diskWriteBytes: 2,
  netInBytes: 3,
  netOutBytes: 4,
};

function disk(target: string, more: Partial<DiskFigures>): DiskFigures {
  return {
    target,
    readBytes: null,
    writeBytes: null,
    readRequests: null,
    writeRequests: null,
    flushRequests: null,
    readLatencyMs: null,
    writeLatencyMs: null,
    capacityBytes: null,
    allocationBytes: null,
    ...more,
  };
}

function detailOf(disks: DiskFigures[]): DomainDetailFigures {
  const memory = {
    totalKiB: null,
    usedKiB: null,
    availableKiB: null,
    cacheKiB: 7,
    rssKiB: null,
    swapInBytes: null,
    swapOutBytes: null,
    majorFaults: null,
    minorFaults: null,
  };
  return { uuid: 'u', vcpus: [1, null], steal: 0.5, memory, disks, nics: [] };
}

test('figures without details have the names of the history', () => {
  assert.deepEqual(Object.keys(tickValues(figures, null)), [
    'cpu',
    'memory.used',
    'memory.total',
    'disk.read',
    'disk.write',
    'net.in',
    'net.out',
  ]);
});

test('a mean latency counts each disk by its requests', () => {
  const detail = detailOf([
    disk('vda', { readLatencyMs: 1, readRequests: 90 }),
    disk('vdb', { readLatencyMs: 11, readRequests: 10 }),
    disk('vdc', { readLatencyMs: 500, readRequests: 0 }),
  ]);
  assert.equal(tickValues(figures, detail)['disk.readLatency'], 2);
});

test('what no disk told is no nought', () => {
  const values = tickValues(figures, detailOf([disk('vda', {})]));
  assert.equal(values['disk.readRequests'], null);
  assert.equal(values['disk.writeLatency'], null);
});

test('devices are found by their columns', () => {
  const columns = Object.keys(tickValues(figures, detailOf([disk('vda', {}), disk('sda', {})])));
  assert.deepEqual(deviceNames(columns, 'disk'), ['vda', 'sda']);
  assert.deepEqual(deviceNames(columns, 'vcpu'), ['0', '1']);
  assert.deepEqual(deviceNames(columns, 'nic'), []);
});

function event(time: number, name: string, uuid = 'u'): ActivityEvent {
  return {
    id: `${time}`,
    time,
    host: 'h',
    uuid,
    name: 'web',
    kind: 'lifecycle',
    event: name,
    detail: '',
    severity: 'info',
  };
}

test('only events of this machine that change its graphs are marked, oldest first', () => {
  const events = [
    event(5000, 'stopped'),
    event(1000, 'started'),
    event(2000, 'defined'),
    event(3000, 'started', 'v'),
  ];
  assert.deepEqual(
    markedEvents(events, { host: 'h', uuid: 'u' }).map(({ event: name }) => name),
    ['started', 'stopped'],
  );
});

test('the same event told twice within a moment is one mark', () => {
  const events = [event(1000, 'resumed'), event(1200, 'resumed'), event(9000, 'resumed')];
  assert.equal(markedEvents(events, { host: 'h', uuid: 'u' }).length, 2);
});

test('a force off is one mark, and says so', () => {
  const events = [
    { ...event(1000, 'shutdown'), detail: 'finished' },
    { ...event(1050, 'stopped'), detail: 'destroyed' },
  ];
  assert.deepEqual(markedEvents(events, { host: 'h', uuid: 'u' }).map(markWord), ['destroyed']);
});

test('a detail that tells more than the event is the word', () => {
  assert.equal(markWord({ event: 'started', detail: 'migrated' }), 'migrated');
  assert.equal(markWord({ event: 'started', detail: 'booted' }), 'started');
});
