import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';

interface Terminal {
  onEnter: (
    input: PassThrough & { isTTY?: boolean },
    act: () => void,
    isForeground?: () => boolean,
  ) => boolean;
}

/** Plain JavaScript without types, as it runs before anything is installed. */
const source = new URL('../../../main/launch/terminal.mjs', import.meta.url).href;
const { onEnter } = (await import(source)) as Terminal;

/** What was typed, and how often it acted; `read`: whether anybody reads it at all. */
async function typed(
  text: string,
  place: { isTTY?: boolean; foreground: boolean },
): Promise<{ offered: boolean; acts: number; read: boolean }> {
  const input: PassThrough & { isTTY?: boolean } = new PassThrough();
  if (place.isTTY !== undefined) input.isTTY = place.isTTY;
  let acts = 0;
  const offered = onEnter(
    input,
    () => (acts += 1),
    () => place.foreground,
  );
  input.write(text);
  await new Promise(setImmediate);
  return { offered, acts, read: input.listenerCount('data') > 0 };
}

describe('Enter in the terminal of npm start', () => {
  it('acts on Enter and on nothing else', async () => {
    assert.deepEqual(await typed('\n', { isTTY: true, foreground: true }), {
      offered: true,
      acts: 1,
      read: true,
    });
    assert.equal((await typed('q', { isTTY: true, foreground: true })).acts, 0);
  });

  it('is not offered, nor read, where the input is no terminal', async () => {
    assert.deepEqual(await typed('\n', { foreground: true }), { offered: false, acts: 0, read: false });
  });

  it('is not read in the background, where reading would stop the process', async () => {
    assert.deepEqual(await typed('\n', { isTTY: true, foreground: false }), {
      offered: false,
      acts: 0,
      read: false,
    });
  });
});
