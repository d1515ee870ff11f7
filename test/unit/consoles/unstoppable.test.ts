import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { suite, test } from 'node:test';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { unstoppable } from '../../../main/consoles/unstoppable.ts';
import { until } from '../../support/wait.ts';

const gap = (bytes: number): string => `<${bytes}>`;

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.toString('latin1');
  return text;
}

suite('a stream that is always read', () => {
  test('what is read in time comes whole, both ways', async () => {
    const [far, near] = memoryPair();
    const viewer = unstoppable(near, { gap });
    viewer.write('up');
    assert.equal(String((await once(far, 'data'))[0]), 'up');
    far.write('down ');
    far.end('again');
    assert.equal(await textOf(viewer), 'down again');
  });

  test('a viewer that does not read holds nobody up, costs a bounded memory and then sees the newest', async () => {
    const [far, near] = memoryPair();
    const viewer = unstoppable(near, { gap, maxWaitingBytes: 100_000 });
    const line = (number: number): string => `${String(number).padStart(9, '0')}\n`.repeat(100);
    for (let number = 0; number < 3000; number += 1)
      await new Promise<void>((resolve, reject) =>
        far.write(line(number), (error) => (error ? reject(error) : resolve())),
      );
    far.end();
    await until(() => near.readableEnded, 'all was taken from the host');
    const text = await textOf(viewer);
    assert.match(text, /<\d+>/);
    assert.ok(text.length < 250_000, `${text.length} bytes waited`);
    const left = Number(/<(\d+)>/.exec(text)?.[1]);
    assert.equal(text.replace(/<\d+>/, '').length + left, 3000 * 1000, 'each byte is there or counted');
    assert.ok(text.endsWith(line(2999)));
  });

  test('packets of one byte that nobody reads are not kept one by one', async () => {
    const packets = 200_000;
    const host = new Duplex({ read: () => undefined });
    const viewer = unstoppable(host, { gap, maxWaitingBytes: 150_000 });
    viewer.read(0);
    for (let number = 0; number < packets; number += 1) {
      host.push(Buffer.from([number % 251]));
      if (number % 100 === 0) await new Promise(setImmediate);
    }
    host.push(null);
    await until(() => host.readableEnded, 'all was taken from the host');
    const pieces: Buffer[] = [];
    viewer.on('data', (piece: Buffer) => pieces.push(piece));
    await once(viewer, 'end');
    assert.ok(pieces.length < 20, `${pieces.length} pieces`);
    const newest = Buffer.concat(pieces).subarray(-150_000);
    assert.ok(newest.equals(Buffer.from(newest.map((_, at) => (packets - 150_000 + at) % 251))));
  });

  test('closing the viewer frees the host, and an error of the host is told', async () => {
    const [far, near] = memoryPair();
    far.resume();
    unstoppable(near, { gap }).destroy();
    await once(far, 'close');
    const [, broken] = memoryPair();
    const viewer = unstoppable(broken, { gap });
    broken.destroy(new Error('taken'));
    const [error] = (await once(viewer, 'error')) as [Error];
    assert.equal(error.message, 'taken');
  });
});
