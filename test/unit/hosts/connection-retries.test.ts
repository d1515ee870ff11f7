import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, unreachable } from './bench.ts';
import { settle } from './fake-clock.ts';

test('at the start of the program an unreachable host is tried again, slower each time', async () => {
  const bench = new Bench();
  bench.login = unreachable;
  await bench.connect('start');
  assert.equal(bench.host.state, 'away');
  const delays: number[] = [];
  for (let i = 0; i < 7; i += 1) {
    const delay = (bench.host.nextAttempt ?? 0) - bench.clock.now();
    delays.push(delay);
    await bench.clock.advance(delay);
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  bench.login = () => Promise.resolve();
  await bench.clock.advance(30_000);
  assert.equal(bench.host.state, 'connected');
  assert.equal(bench.host.failure, null);
  await bench.connection.disconnect();
});

test('a host that cuts every connection is asked more and more slowly', async () => {
  const bench = new Bench();
  await bench.connect();
  const delays: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    bench.links.at(-1)?.lose();
    await settle();
    const delay = (bench.host.nextAttempt ?? 0) - bench.clock.now();
    delays.push(delay);
    await bench.clock.advance(delay);
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000]);
  await bench.clock.advance(10_000);
  bench.links.at(-1)?.lose();
  await settle();
  assert.equal(bench.host.nextAttempt, bench.clock.now() + 1000);
  await bench.connection.disconnect();
});

test('a host that was long away, came back and blips is tried again at once', async () => {
  const bench = new Bench();
  bench.login = unreachable;
  await bench.connect('start');
  await bench.clock.advance(300_000);
  bench.login = () => Promise.resolve();
  await bench.clock.advance(30_000);
  assert.equal(bench.host.state, 'connected');
  bench.links.at(-1)?.lose();
  await settle();
  assert.equal(bench.host.nextAttempt, bench.clock.now() + 1000);
  await bench.connection.disconnect();
});

test('a host that somebody looks at is tried every 8 s; who begins to look does not wait longer', async () => {
  const bench = new Bench();
  bench.login = unreachable;
  await bench.connect('start');
  await bench.clock.advance(62_000);
  assert.equal(bench.host.nextAttempt, bench.clock.now() + 29_000);
  bench.watched = true;
  bench.connection.hurry();
  assert.equal(bench.host.nextAttempt, bench.clock.now() + 8000);
  await bench.clock.advance(8000);
  assert.equal(bench.host.nextAttempt, bench.clock.now() + 8000);
  await bench.connection.disconnect();
  assert.equal(bench.clock.pending, 0);
});

test('when the computer wakes a lost host is tried at once', async () => {
  const bench = new Bench();
  bench.login = unreachable;
  await bench.connect('start');
  await bench.clock.advance(62_000);
  const before = bench.requests.length;
  bench.clock.sleep(10_000);
  // the wait looks at the clock every two seconds, and the last look was a second ago
  await bench.clock.advance(1000);
  assert.equal(bench.requests.length, before + 1);
  assert.equal(bench.host.nextAttempt, bench.clock.now() + 1000);
  await bench.connection.disconnect();
});
