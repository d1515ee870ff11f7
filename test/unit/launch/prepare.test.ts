import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile, mkdir, readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';

interface Prepare {
  alone: (root: string, say: (line: string) => void, work: () => Promise<void>) => Promise<void>;
}

/** Plain JavaScript without types, as it runs before anything is installed. */
const { alone } = (await import(
  new URL('../../../main/launch/prepare.mjs', import.meta.url).href
)) as Prepare;

async function checkout(t: TestContext): Promise<string> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'virtlane-checkout-'));
  t.after(() => rm(root, { recursive: true }));
  return root;
}

describe('one process at a time prepares a checkout', () => {
  it('the second waits, and says so', async (t) => {
    const root = await checkout(t);
    const order: string[] = [];
    let release: () => void = () => undefined;
    const first = alone(
      root,
      () => undefined,
      async () => {
        order.push('first begins');
        await new Promise<void>((resolve) => (release = resolve));
        order.push('first ends');
      },
    );
    const second = alone(
      root,
      () => {
        order.push('second waits');
        release();
      },
      async () => void order.push('second'),
    );
    await Promise.all([first, second]);
    assert.deepEqual(order, ['first begins', 'second waits', 'first ends', 'second']);
    assert.deepEqual(await readdir(path.join(root, 'build')), [], 'no lock is left');
  });

  it('a lock that a dead process left is taken over', async (t) => {
    const root = await checkout(t);
    await mkdir(path.join(root, 'build'));
    // no process has this number: the kernel's largest is below
    await writeFile(path.join(root, 'build', '.lock'), '2147483646');
    let worked = false;
    await alone(
      root,
      () => undefined,
      async () => void (worked = true),
    );
    assert.equal(worked, true);
  });

  it('work that fails leaves no lock', async (t) => {
    const root = await checkout(t);
    await assert.rejects(
      alone(
        root,
        () => undefined,
        () => Promise.reject(new Error('no')),
      ),
      /no/,
    );
    assert.deepEqual(await readdir(path.join(root, 'build')), []);
  });
});
