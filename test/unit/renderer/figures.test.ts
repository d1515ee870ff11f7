import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainDetailFigures, DomainFigures, StatsTick } from '../../../main/contract/figures.ts';
import { FiguresStore, SPARK_POINTS } from '../../../renderer/state/figures.ts';

function figures(uuid: string, cpu: number | null): DomainFigures {
  return {
    uuid,
    cpu,
    memoryUsedKiB: null,
    memoryTotalKiB: null,
    diskReadBytes: 1,
    diskWriteBytes: 2,
    netInBytes: null,
    netOutBytes: null,
  };
}

function detail(uuid: string): DomainDetailFigures {
  return {
    uuid,
    vcpus: [],
    steal: null,
    memory: {
      totalKiB: null,
      usedKiB: null,
      availableKiB: null,
      cacheKiB: null,
      rssKiB: null,
      swapInBytes: null,
      swapOutBytes: null,
      majorFaults: null,
      minorFaults: null,
    },
    disks: [],
    nics: [],
  };
}

function tick(time: number, domains: DomainFigures[], details: DomainDetailFigures[] = []): StatsTick {
  return { host: 'a', time, intervalMs: 2000, figures: null, domains, details };
}

test('samples are kept to the length of a small graph, gaps among them', () => {
  const store = new FiguresStore();
  for (let n = 1; n <= SPARK_POINTS + 5; n += 1) store.apply(tick(n, [figures('1', n % 7 === 0 ? null : n)]));
  const samples = store.samples('a/1', 'cpu');
  assert.equal(samples.length, SPARK_POINTS);
  assert.equal(samples.at(-1), SPARK_POINTS + 5);
  assert.ok(samples.includes(null));
  assert.deepEqual(store.samples('a/1', 'disk').at(-1), 3);
});

test('the same tick by two subscriptions counts once, and its details are taken from either', () => {
  const store = new FiguresStore();
  store.apply(tick(1, [figures('1', 5)]));
  store.apply(tick(1, [figures('1', 5)], [detail('1')]));
  assert.equal(store.samples('a/1', 'cpu').length, 1);
  assert.notEqual(store.detail('a/1'), null);
  store.apply(tick(1, [figures('1', 5)]));
  assert.notEqual(store.detail('a/1'), null);
});

test('an older tick changes nothing', () => {
  const store = new FiguresStore();
  store.apply(tick(5, [figures('1', 50)]));
  store.apply(tick(4, [figures('1', 40)]));
  assert.equal(store.figures('a/1')?.cpu, 50);
});

test('a machine that a tick leaves out has no figures, and its graph stays', () => {
  const store = new FiguresStore();
  store.apply(tick(1, [figures('1', 5), figures('2', 6)]));
  let woken = 0;
  store.watch('a/2', () => (woken += 1));
  store.apply(tick(2, [figures('1', 5)]));
  assert.equal(store.figures('a/2'), null);
  assert.equal(store.samples('a/2', 'cpu').length, 1);
  assert.equal(woken, 1);
});

test('a host that is away has no figures', () => {
  const store = new FiguresStore();
  store.apply(tick(1, [figures('1', 5)]));
  store.hostAway('a');
  assert.equal(store.figures('a/1'), null);
});

test('what a row draws is the same object until the next tick', () => {
  const store = new FiguresStore();
  store.apply(tick(1, [figures('1', 5)]));
  const before = store.live('a/1');
  assert.equal(store.live('a/1'), before);
  store.apply(tick(2, [figures('1', 6)]));
  assert.notEqual(store.live('a/1'), before);
});

test('listeners of ticks hear figures and details together', () => {
  const store = new FiguresStore();
  const heard: (number | null)[] = [];
  const stop = store.onTick('a/1', (told) => heard.push(told.detail === null ? null : told.figures.cpu));
  store.apply(tick(1, [figures('1', 5)], [detail('1')]));
  stop();
  store.apply(tick(2, [figures('1', 6)], [detail('1')]));
  assert.deepEqual(heard, [5]);
});
