import assert from 'node:assert/strict';
import test from 'node:test';
import { RpcConnection } from '../../drivers/rpc/connection.ts';
import { FrameEncoder } from '../../drivers/rpc/frame.ts';
import { pingHeader } from '../../drivers/rpc/keepalive.ts';
import { memoryPair } from '../../drivers/transport/memory.ts';
import { empty } from '../../drivers/xdr/xdr.ts';
import { program, settle } from '../unit/rpc/peer.ts';

// One pong that waits to go out answers any number of pings.
test('a host that sends pings and never reads does not fill the memory with pongs', async () => {
  const [near, far] = memoryPair();
  const connection = new RpcConnection(near, { programs: [program], onEvent: () => undefined });
  const ping = new FrameEncoder().encode(pingHeader, empty, undefined);
  const flood = Buffer.concat(Array.from({ length: 10_000 }, () => ping));
  for (let round = 0; round < 20; round++) far.write(flood);
  await settle();
  await settle();
  assert.ok(near.writableLength <= 2 * near.writableHighWaterMark, `${near.writableLength} bytes wait`);
  assert.equal(connection.isOpen, true);
  connection.close();
});
