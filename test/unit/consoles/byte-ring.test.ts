import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ByteRing } from '../../../main/consoles/byte-ring.ts';

suite('the newest bytes', () => {
  test('come out as they came in, whatever the pieces', () => {
    const max = 10_000;
    const ring = new ByteRing(max);
    let waiting: number[] = [];
    let next = 0;
    // Sizes without a common rhythm, so that the end of the memory is met at every offset. More comes than is taken, and now and then
    // more at once than there is room for.
    for (let round = 1; round < 2000; round += 1) {
      const size = round % 100 === 0 ? 12_345 : (round * 7919) % 1700;
      const chunk = Uint8Array.from({ length: size }, () => next++ % 251);
      const all = [...waiting, ...chunk];
      assert.equal(ring.push(chunk), Math.max(0, all.length - max));
      waiting = all.slice(-max);
      const taken = ring.take((round * 104_729) % 1600);
      assert.deepEqual([...taken], waiting.splice(0, taken.length));
      assert.equal(ring.length, waiting.length);
    }
    assert.deepEqual([...ring.take(max)], waiting);
    assert.equal(ring.take(max).length, 0);
  });

  test('are copies: what is done to a piece afterwards does not matter', () => {
    const ring = new ByteRing(10);
    const chunk = Buffer.from('abc');
    ring.push(chunk);
    chunk.fill('x');
    const taken = ring.take(2);
    ring.push(Buffer.from('defghijkl'));
    assert.equal(taken.toString(), 'ab');
    assert.equal(ring.take(10).toString(), 'cdefghijkl');
  });

  test('nothing waits after clear', () => {
    const ring = new ByteRing(10);
    ring.push(Buffer.from('abc'));
    ring.clear();
    assert.equal(ring.take(10).length, 0);
    ring.push(Buffer.from('d'));
    assert.equal(ring.take(10).toString(), 'd');
  });
});
