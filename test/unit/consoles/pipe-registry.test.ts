import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { PipeRegistry } from '../../../main/consoles/pipe-registry.ts';

suite('pipes on offer', () => {
  test('a token is fetched once', () => {
    const pipes = new PipeRegistry();
    const [, duplex] = memoryPair();
    const { token, expiresInMs } = pipes.offer(duplex);
    assert.ok(token.length >= 32 && expiresInMs === 30_000);
    assert.equal(pipes.take(token), duplex);
    assert.equal(pipes.take(token), null);
    assert.equal(pipes.take(''), null);
  });

  test('what nobody fetches is destroyed', async () => {
    const pipes = new PipeRegistry({ expiresInMs: 5 });
    const [, duplex] = memoryPair();
    const { token } = pipes.offer(duplex);
    const holdOpen = setInterval(() => undefined, 1000);
    await once(duplex, 'close');
    clearInterval(holdOpen);
    assert.equal(pipes.take(token), null);
  });

  test('no more than so many wait: the oldest goes', () => {
    const pipes = new PipeRegistry({ maxOffers: 2 });
    const duplexes = [memoryPair()[0], memoryPair()[0], memoryPair()[0]];
    for (const duplex of duplexes) pipes.offer(duplex);
    assert.deepEqual(
      duplexes.map(({ destroyed }) => destroyed),
      [true, false, false],
    );
    assert.equal(pipes.size, 2);
    pipes.close();
    assert.equal(pipes.size, 0);
  });

  test('an offer that breaks while it waits harms nothing', async () => {
    const pipes = new PipeRegistry();
    const [, duplex] = memoryPair();
    const { token } = pipes.offer(duplex);
    duplex.destroy(new Error('cut'));
    await new Promise((resolve) => duplex.once('close', resolve));
    assert.equal(pipes.take(token)?.errored?.message, 'cut');
  });

  test('what waits of one thing is withdrawn; what was fetched stays', () => {
    const pipes = new PipeRegistry();
    const [fetched, waits, other] = [memoryPair()[0], memoryPair()[0], memoryPair()[0]];
    pipes.take(pipes.offer(fetched, 'line').token);
    const { token } = pipes.offer(waits, 'line');
    pipes.offer(other, 'other line');
    pipes.withdrawAll('line');
    assert.deepEqual([fetched.destroyed, waits.destroyed, other.destroyed], [false, true, false]);
    assert.equal(pipes.take(token), null);
    pipes.close();
  });
});
