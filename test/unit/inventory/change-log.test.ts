import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChangeLog } from '../../../main/inventory/change-log.ts';

const items = (log: ChangeLog<string>, seq: number): string[] | null =>
  log.since(seq)?.map(({ item }) => item) ?? null;

test('a reader gets what came after its number, in order', () => {
  const log = new ChangeLog<string>(100, 10);
  log.append('a');
  const seq = log.append('b');
  log.append('c');
  assert.equal(seq, 102);
  assert.deepEqual(items(log, 100), ['a', 'b', 'c']);
  assert.deepEqual(items(log, 102), ['c']);
  assert.deepEqual(items(log, 103), []);
});

test('numbers of another run are not known', () => {
  const log = new ChangeLog<string>(100, 10);
  log.append('a');
  assert.equal(items(log, 99), null);
  assert.equal(items(log, 102), null);
  assert.equal(items(log, -1), null);
});

test('what is kept stays within the bound, and readers before it are told', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 50 }), fc.nat(60), (weights, back) => {
      const log = new ChangeLog<number>(0, 30);
      for (const [i, weight] of weights.entries()) log.append(i, weight);
      const seq = Math.max(0, log.seq - back);
      const found = log.since(seq);
      if (found !== null) {
        assert.deepEqual(
          found.map((entry) => entry.item),
          weights.map((_, i) => i).slice(seq),
        );
        const kept = found.reduce((sum, { item }) => sum + (weights[item] ?? 0), 0);
        assert.ok(kept <= 30 || found.length === 1);
      }
    }),
  );
});

test('waiting ends with a change or with the signal, and leaves nothing behind', async () => {
  const log = new ChangeLog<string>(0, 10);
  const abort = new AbortController();
  const first = log.changedSince(0, abort.signal);
  log.append('a');
  await first;
  const second = log.changedSince(1, abort.signal);
  assert.equal(log.waiting, 1);
  abort.abort();
  await second;
  assert.equal(log.waiting, 0);
});
