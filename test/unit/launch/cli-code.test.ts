import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';

interface CliCode {
  loadCode: (file: string) => {
    exports: unknown;
    script: { cachedDataRejected?: boolean; createCachedData: () => Buffer };
    cacheFile: string;
  };
  loadFresh: (file: string, stamp: () => string | null, ensure: () => Promise<void>) => Promise<unknown>;
}

/** Plain JavaScript without types, as it runs before anything is installed. */
const source = new URL('../../../main/launch/cli-code.mjs', import.meta.url).href;
const { loadCode, loadFresh } = (await import(source)) as CliCode;

async function newFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-code-'));
  t.after(() => rm(folder, { recursive: true }));
  return path.join(folder, 'code.cjs');
}

test('what V8 compiled is used for the same code, and not for another of the same length', async (t) => {
  const file = await newFile(t);
  await writeFile(file, "module.exports = 'before';");
  const first = loadCode(file);
  await writeFile(first.cacheFile, first.script.createCachedData());
  assert.equal(loadCode(file).script.cachedDataRejected, false);
  await writeFile(file, "module.exports = 'after.';");
  assert.equal(loadCode(file).exports, 'after.');
});

test('the code is loaded before it is looked whether it is stale, and once where it is not', async (t) => {
  const file = await newFile(t);
  const order: string[] = [];
  Object.defineProperty(globalThis, 'virtlaneLoaded', {
    value: () => order.push('loaded'),
    configurable: true,
  });
  t.after(() => Reflect.deleteProperty(globalThis, 'virtlaneLoaded'));
  await writeFile(file, "virtlaneLoaded(); module.exports = 'fresh';");
  const exports = await loadFresh(
    file,
    () => 'sources',
    () => Promise.resolve(void order.push('looked')),
  );
  assert.equal(exports, 'fresh');
  assert.deepEqual(order, ['loaded', 'looked']);
});

for (const [was, code] of [
  ['stale', "module.exports = 'old';"],
  ['being written', 'module.exports = {'],
  ['missing', null],
] as const)
  test(`code that was ${was} is not what runs: what was built since does`, async (t) => {
    const file = await newFile(t);
    if (code !== null) await writeFile(file, code);
    let sources: string | null = code === null ? null : 'before';
    const build = async (): Promise<void> => {
      await writeFile(file, "module.exports = 'new';");
      sources = 'now';
    };
    assert.equal(await loadFresh(file, () => sources, build), 'new');
  });
