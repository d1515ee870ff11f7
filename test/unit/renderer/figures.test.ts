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
  for (let n = 1; n <= SPARK_POINTS + 5; n += 1)
    store.apply(tick(n * 2000, [figures('1', n % 7 === 0 ? null : n)]));
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
  store.apply(tick(2001, [figures('1', 5)]));
  assert.equal(store.figures('a/2'), null);
  assert.deepEqual(store.samples('a/2', 'cpu'), [6, null]);
  assert.ok(woken > 0);
});

test('a small graph has an axis of time: what is missing is a gap of its length', () => {
  const store = new FiguresStore();
  store.apply(tick(0, [figures('1', 1), figures('2', 1)]));
  store.apply(tick(2010, [figures('1', 2)]));
  store.apply(tick(3990, [figures('1', 3)]));
  store.apply(tick(6000, [figures('1', 4), figures('2', 4)]));
  assert.deepEqual(store.samples('a/2', 'cpu'), [1, null, null, 4]);
  store.apply(tick(14_000, [figures('1', 5)]));
  assert.deepEqual(store.samples('a/1', 'cpu'), [1, 2, 3, 4, null, null, null, 5]);
});

test('a small graph goes on while its host is away, and no tick is lost when one comes late', () => {
  const store = new FiguresStore();
  store.apply(tick(0, [figures('1', 1)]));
  store.hostAway('a');
  store.passTime(4000);
  assert.deepEqual(store.samples('a/1', 'cpu'), [1]);
  store.passTime(6000);
  assert.deepEqual(store.samples('a/1', 'cpu'), [1, null, null, null]);
  store.apply(tick(6500, [figures('1', 2)]));
  assert.deepEqual(store.samples('a/1', 'cpu'), [1, null, null, 2]);
  for (let now = 0; now < 200_000; now += 1000) store.passTime(now);
  assert.ok(store.samples('a/1', 'cpu').every((value) => value === null));
});

test('what was before goes on with the first tick; at another pace graphs begin anew', () => {
  const store = new FiguresStore();
  const series = { cpu: [1, null, 3], memory: [], disk: [], net: [] };
  store.seed([{ host: 'a', uuid: '1', ...series }], { time: 10_000, intervalMs: 2000 });
  store.apply(tick(12_500, [figures('1', 4)]));
  assert.deepEqual(store.samples('a/1', 'cpu'), [1, null, 3, 4]);
  store.apply({ ...tick(17_500, [figures('1', 5)]), intervalMs: 5000 });
  assert.deepEqual(store.samples('a/1', 'cpu'), [5]);
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
