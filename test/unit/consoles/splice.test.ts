import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { splice } from '../../../main/consoles/splice.ts';
import { endless, readOn, standsStill } from '../../support/endless.ts';

const PIECE = 64 * 1024;
const GREETING = { say: Buffer.from('RFB 003.008\n'), skip: 0 };

suite('a stream whose first words were exchanged already', () => {
  test('a server that never stops is held while the viewer does not read, and goes on when it does', async (context) => {
    const { stream, said } = endless(PIECE);
    const viewer = splice(stream, [GREETING]);
    context.after(() => viewer.destroy());
    // As a pipe without credit: it hears that there is something and reads nothing.
    viewer.on('readable', () => undefined);
    const held = await standsStill(said, 16 * PIECE);
    assert.ok(held < 8 * PIECE, `${held} bytes wait`);
    await readOn(viewer, 64 * PIECE);
  });

  test('a viewer that nobody has fetched yet holds the server too', async (context) => {
    const { stream, said } = endless(PIECE);
    const viewer = splice(stream, [GREETING]);
    context.after(() => viewer.destroy());
    const held = await standsStill(said, 16 * PIECE);
    assert.ok(held < 8 * PIECE, `${held} bytes wait`);
  });

  test('the end is told while the viewer owes its version, and with all that came before it', async () => {
    const [far, near] = memoryPair();
    const viewer = splice(near, [
      { say: Buffer.from('version'), skip: 7 },
      { say: Buffer.from('types'), skip: 0 },
    ]);
    far.end('picture');
    let text = '';
    viewer.on('data', (chunk: Buffer) => (text += chunk.toString()));
    viewer.write('VERSION');
    await once(viewer, 'end');
    assert.equal(text, 'versiontypespicture');

    const [gone, left] = memoryPair();
    const waiting = splice(left, [{ say: Buffer.from('version'), skip: 7 }]);
    gone.end();
    waiting.resume();
    await once(waiting, 'end');
  });
});
