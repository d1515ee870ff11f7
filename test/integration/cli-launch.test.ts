import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const source = new URL('../../main/launch/cli-code.mjs', import.meta.url).href;
const { codeFile, loadCode } = (await import(source)) as {
  codeFile: (root: string) => string;
  loadCode: (file: string) => { script: { cachedDataRejected?: boolean } };
};

suite(
  'the command line as a checkout starts it: one file, with what V8 compiled of it',
  { timeout: 300_000 },
  () => {
    let dataDir: string;
    before(async () => (dataDir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-launch-'))));
    after(() => rm(dataDir, { recursive: true }));

    const virtlane = (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
      run(process.execPath, [path.join(ROOT, 'main/launch/cli.mjs'), ...args], {
        env: { ...process.env, VIRTLANE_DATA_DIR: dataDir },
      });

    test('it tells the version of package.json', async () => {
      const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
        version: string;
      };
      assert.equal((await virtlane('--version')).stdout, `${version}\n`);
    });

    test('it lists a demo host', async () => {
      const { stdout } = await virtlane('-c', 'demo:///kvm-a', 'list');
      assert.match(stdout, /^NAME +STATE/);
    });

    test('what was compiled is used by this Node', async () => {
      await virtlane('--version');
      const { script } = loadCode(codeFile(ROOT));
      assert.equal(script.cachedDataRejected, false);
    });
  },
);
