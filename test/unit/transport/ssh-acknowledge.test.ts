import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { suite, test } from 'node:test';
import type { ClientChannel } from 'ssh2';
import { PromptAcknowledgement } from '../../../drivers/transport/ssh-acknowledge.ts';

/** A channel as ssh2 keeps it, which has used up `used` bytes of its window. */
function channel(used: number, state = 'open') {
  const adjusted: [channel: number, bytes: number][] = [];
  const parts = {
    incoming: { window: 2_000_000 - used },
    outgoing: { id: 7, state },
    _client: {
      _protocol: { channelWindowAdjust: (id: number, bytes: number) => adjusted.push([id, bytes]) },
    },
  };
  return { parts, adjusted, acknowledgement: new PromptAcknowledgement(parts as unknown as ClientChannel) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

suite('acknowledging small packets at once', () => {
  test('the window that small packets of one turn used is given back in one packet', async () => {
    const { parts, adjusted, acknowledgement } = channel(150);
    acknowledgement.received(100);
    acknowledgement.received(50);
    await turn();
    assert.deepEqual(adjusted, [[7, 150]]);
    assert.equal(parts.incoming.window, 2_000_000);
  });

  test('what was given back is not given back again', async () => {
    const { parts, adjusted, acknowledgement } = channel(150);
    acknowledgement.received(100);
    await turn();
    acknowledgement.received(50);
    await turn();
    assert.deepEqual(adjusted, [
      [7, 100],
      [7, 50],
    ]);
    assert.equal(parts.incoming.window, 2_000_000);
  });

  test('what the reader writes in that turn does it already', async () => {
    const { adjusted, acknowledgement } = channel(100);
    acknowledgement.received(100);
    await Promise.resolve();
    acknowledgement.wrote();
    await turn();
    assert.deepEqual(adjusted, []);
  });

  test('an answer long after a write is acknowledged', async () => {
    const { adjusted, acknowledgement } = channel(100);
    acknowledgement.wrote();
    await turn();
    acknowledgement.received(100);
    await turn();
    assert.deepEqual(adjusted, [[7, 100]]);
  });

  test('full packets are not: Nagle does not hold them back', async () => {
    const { adjusted, acknowledgement } = channel(32_768);
    acknowledgement.received(32_768);
    await turn();
    assert.deepEqual(adjusted, []);
  });

  test('nothing is sent on a channel that closes', async () => {
    const { adjusted, acknowledgement } = channel(100, 'closing');
    acknowledgement.received(100);
    await turn();
    assert.deepEqual(adjusted, []);
  });

  test('ssh2 still has inside what this needs', () => {
    const load = createRequire(import.meta.url);
    const { Channel } = load('ssh2/lib/Channel.js') as { Channel: new (...args: unknown[]) => object };
    const Protocol = load('ssh2/lib/protocol/Protocol.js') as { prototype: Record<string, unknown> };
    const info = { type: 'direct', incoming: { window: 1 }, outgoing: { id: 1, state: 'open' } };
    const client = { _protocol: {} };
    const { incoming, outgoing, _client } = new Channel(client, info) as unknown as typeof info & {
      _client: unknown;
    };
    assert.deepEqual([incoming, outgoing, _client], [info.incoming, info.outgoing, client]);
    assert.equal(typeof Protocol.prototype['channelWindowAdjust'], 'function');
  });
});
