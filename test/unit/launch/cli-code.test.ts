import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

interface CliCode {
  loadCode: (file: string) => {
    exports: unknown;
    script: { cachedDataRejected?: boolean; createCachedData: () => Buffer };
    cacheFile: string;
  };
}

/** Plain JavaScript without types, as it runs before anything is installed. */
const source = new URL('../../../main/launch/cli-code.mjs', import.meta.url).href;
const { loadCode } = (await import(source)) as CliCode;

test('what V8 compiled is used for the same code, and not for another of the same length', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-code-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'code.cjs');
  await writeFile(file, "module.exports = 'before';");
  const first = loadCode(file);
  await writeFile(first.cacheFile, first.script.createCachedData());
  assert.equal(loadCode(file).script.cachedDataRejected, false);
  await writeFile(file, "module.exports = 'after.';");
  assert.equal(loadCode(file).exports, 'after.');
});
