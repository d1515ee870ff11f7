import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_TURNS, Turns } from '../../../main/jobs/migrate/turns.ts';

const NEVER = new AbortController().signal;

test('so many leave a host at a time, and the next one goes when one of them is over', async () => {
  const turns = new Turns(2);
  const waited: string[] = [];
  const take = (...hosts: string[]) => turns.take(hosts, NEVER, () => waited.push(hosts.join('>')));
  const [first] = [await take('a'), await take('a')];
  const third = take('a');
  // Another host's are not kept back.
  await take('b');
  const both = take('a', 'b');
  assert.deepEqual(waited, ['a', 'a>b']);
  let isNext = false;
  void both.then(() => (isNext = true));
  first();
  const over = await third;
  assert.equal(isNext, false);
  over();
  await both;
  assert.equal(isNext, true);
});

test('a turn is given back once, however often that is said', async () => {
  const turns = new Turns(1);
  const over = await turns.take(['a'], NEVER, () => undefined);
  over();
  const second = await turns.take(['a'], NEVER, () => assert.fail('it waits'));
  over();
  let waits = false;
  const third = turns.take(['a'], NEVER, () => (waits = true));
  assert.equal(waits, true);
  second();
  await third;
});

test('who is cancelled while it waits takes no turn', async () => {
  const turns = new Turns(1);
  const over = await turns.take(['a'], NEVER, () => undefined);
  const cancel = new AbortController();
  const second = turns.take(['a'], cancel.signal, () => undefined);
  cancel.abort();
  await assert.rejects(second, /abort/i);
  over();
  await turns.take(['a'], NEVER, () => assert.fail('it waits'));
});

test('libvirtd has calls left for what ends a move', () => {
  // max_workers of libvirtd.conf
  assert.ok(MOST_TURNS < 20);
});
