import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { Keepalive, KEEPALIVE_PROGRAM } from '../../../drivers/rpc/keepalive.ts';
import { connect, settle } from './peer.ts';

function watch(context: TestContext): { keepalive: Keepalive; log: (string | number)[]; tick: () => void } {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const log: (string | number)[] = [];
  const keepalive = new Keepalive(
    { intervalMs: 5_000, count: 2 },
    () => log.push('ping'),
    (silentMs) => log.push(silentMs),
  );
  return { keepalive, log, tick: () => context.mock.timers.tick(5_000) };
}

test('silence is asked about as often as was allowed, then the link is dead', (context) => {
  const { log, tick } = watch(context);
  for (let turn = 0; turn < 6; turn++) tick();
  assert.deepEqual(log, ['ping', 'ping', 15_000]);
});

test('any packet starts the count again', (context) => {
  const { keepalive, log, tick } = watch(context);
  for (let turn = 0; turn < 3; turn++) tick();
  keepalive.heard();
  for (let turn = 0; turn < 3; turn++) tick();
  assert.deepEqual(log, ['ping', 'ping', 'ping', 'ping']);
});

test('a link that speaks is not asked', (context) => {
  const { keepalive, log, tick } = watch(context);
  for (let turn = 0; turn < 6; turn++) {
    keepalive.heard();
    tick();
  }
  assert.deepEqual(log, []);
});

test('nothing happens after it was stopped', (context) => {
  const { keepalive, log, tick } = watch(context);
  tick();
  keepalive.stop();
  for (let turn = 0; turn < 6; turn++) tick();
  assert.deepEqual(log, []);
});

test('a connection sends pings and ends, saying why, when none is answered', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { connection, peer } = connect();
  connection.startKeepalive({ intervalMs: 1_000, count: 3 });
  for (let turn = 0; turn < 5; turn++) {
    context.mock.timers.tick(1_000);
    await settle();
  }
  const reason = await connection.closed;
  assert.equal(reason.code, 'LINK_CLOSED');
  assert.match(reason.message, /no sign of life from the host for 4 s/);
  assert.deepEqual(
    peer.frames.map((frame) => [frame.program, frame.procedure, frame.serial]),
    Array.from({ length: 3 }, () => [KEEPALIVE_PROGRAM, 1, 0]),
  );
});
