import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { memoryPair } from '../../../drivers/transport/memory.ts';

async function collect(stream: Duplex): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}

describe('a pipe in memory', () => {
  test('carries any bytes in order, whatever the pieces, and ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50_000 }), { maxLength: 20 }), async (pieces) => {
        const [left, right] = memoryPair();
        for (const piece of pieces) left.write(piece);
        left.end();
        right.end();
        left.resume();
        assert.ok((await collect(right)).equals(Buffer.concat(pieces)));
      }),
      { numRuns: 50 },
    );
  });

  test('never delivers inside the writer’s own call', async () => {
    const [left, right] = memoryPair();
    let inside = true;
    right.on('data', () => assert.equal(inside, false));
    left.write('x');
    inside = false;
    await once(right, 'data');
    left.destroy();
  });

  test('a reader that does not read holds the writer', async () => {
    const [left, right] = memoryPair();
    let written = 0;
    const chunk = Buffer.alloc(16 * 1024);
    for (let n = 0; n < 100; n++) left.write(chunk, () => written++);
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(written < 10, `${written} of 100 writes went through`);
    right.resume();
    left.end();
    await once(right, 'end');
    assert.equal(written, 100);
  });

  test('destroying one end ends the other, after what was written', async () => {
    const [left, right] = memoryPair();
    left.write('last words');
    await new Promise((resolve) => left.write('', resolve));
    left.destroy();
    assert.equal((await collect(right)).toString(), 'last words');
    await new Promise((resolve) => (right.closed ? resolve(undefined) : right.once('close', resolve)));
  });

  test('writing to an end whose peer was destroyed fails', async () => {
    const [left, right] = memoryPair();
    right.destroy();
    await once(right, 'close');
    left.on('error', () => undefined);
    const error = await new Promise((resolve) => left.write('x', resolve));
    assert.ok(error instanceof Error);
  });
});

test('what a write was called back for is there for the reader, even when the writer is destroyed at once', async () => {
  const [near, far] = memoryPair(1 << 18);
  let got = 0;
  far.on('data', (chunk: Buffer) => (got += chunk.length));
  const closed = once(far, 'close');
  for (let at = 0; at < 5; at += 1) await new Promise((resolve) => near.write(Buffer.alloc(1000), resolve));
  near.destroy();
  await closed;
  assert.equal(got, 5000);
});
