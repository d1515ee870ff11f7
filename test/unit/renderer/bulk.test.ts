import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../main/contract/domain.ts';
import { actionFor, bulkItems, HostLanes } from '../../../renderer/views/machine/lifecycle/bulk.ts';
import { until } from '../../support/wait.ts';
import { machine as running } from './samples.ts';

const machine = (name: string, change: Partial<Domain> = {}): Domain =>
  running(name, { uuid: name, id: null, state: 'shutoff', reason: 'shutdown', ...change });

const off = machine('off');
const saved = machine('saved', { managedSave: true });
const on = machine('on', { id: 1, state: 'running' });
const paused = machine('paused', { id: 2, state: 'paused' });
const far = machine('far', { id: 3, state: 'running', host: 'away' });

test('each action counts the machines whose state allows it, and none of a host that is away', () => {
  const items = bulkItems([off, saved, on, paused, far], (host) => host === 'h');
  assert.deepEqual(
    items.map(({ action, domains }) => [action, domains.map(({ name }) => name)]),
    [
      ['start', ['off', 'saved']],
      ['resume', ['paused']],
      ['suspend', ['on']],
      ['shutdown', ['on']],
      ['destroy', ['on', 'paused']],
    ],
  );
});

test('what no machine allows is not offered', () => {
  assert.deepEqual(
    bulkItems([far], () => false),
    [],
  );
});

test('a saved machine among them is restored', () => {
  assert.deepEqual([actionFor('start', off), actionFor('start', saved)], ['start', 'restore']);
});

test('four requests of a host are under way at once, in order; another host does not wait for them', async () => {
  const lanes = new HostLanes();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const call = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const all = [1, 2, 3, 4, 5, 6, 7].map((n) => lanes.send('a', call(`a${n}`)));
  all.push(lanes.send('b', call('b1')));
  await until(() => begun.length === 5, '5 calls');
  assert.deepEqual(begun, ['a1', 'a2', 'a3', 'a4', 'b1']);
  ends[0]?.();
  await until(() => begun.length === 6, '6 calls');
  assert.equal(begun.at(-1), 'a5');
  for (let done = 1; done < 8; done += 1) {
    await until(() => ends.length > done, 'the next call');
    ends[done]?.();
  }
  await Promise.all(all);
  assert.equal(begun.at(-1), 'a7');
});

test('a call that fails makes room for the next, and tells its own caller', async () => {
  const lanes = new HostLanes();
  const all = Array.from({ length: 6 }, (_, n) =>
    lanes.send('a', () => (n === 0 ? Promise.reject(new Error('no')) : Promise.resolve(n))),
  );
  const results = await Promise.allSettled(all);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
});
