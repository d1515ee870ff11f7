import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';

type Say = (line: string) => void;

interface Prepare {
  alone: (root: string, say: Say, work: () => Promise<void>) => Promise<void>;
  ensureBuilt: (root: string, say: Say) => Promise<void>;
  ensureCoreBuilt: (root: string, say: Say) => Promise<void>;
  ensureInstalled: (root: string, say: Say) => Promise<void>;
  explain: (error: Error, root: string) => Error;
  nodeProblem: (version: string) => string | null;
  npmCommand: (place: {
    env: Record<string, string>;
    platform: string;
    execPath: string;
    exists: (file: string) => boolean;
  }) => string[];
}

/** Plain JavaScript without types, as it runs before anything is installed. */
const { alone, ensureBuilt, ensureCoreBuilt, ensureInstalled, explain, nodeProblem, npmCommand } =
  (await import(new URL('../../../main/launch/prepare.mjs', import.meta.url).href)) as Prepare;

const quiet: Say = () => undefined;

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
    let first: Promise<void> = Promise.resolve();
    await new Promise<void>((began) => {
      first = alone(root, quiet, async () => {
        order.push('first begins');
        began();
        await new Promise<void>((resolve) => (release = resolve));
        order.push('first ends');
      });
    });
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

  it('work that fails leaves no lock', async (t) => {
    const root = await checkout(t);
    await assert.rejects(
      alone(root, quiet, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.deepEqual(await readdir(path.join(root, 'build')), []);
  });
});

/** A checkout with a compiler, a bundler and an npm that only note that they were called; answers with what was called. */
async function standInTools(t: TestContext): Promise<{ root: string; called: () => Promise<string[]> }> {
  const root = await checkout(t);
  const log = path.join(root, 'called');
  const tool = async (name: string, file: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    const load = file.endsWith('.mjs') ? "import fs from 'node:fs';" : "const fs = require('node:fs');";
    const note = `${load} fs.appendFileSync(${JSON.stringify(log)}, ${JSON.stringify(`${name}\n`)});`;
    await writeFile(path.join(root, file), note);
  };
  await writeFile(path.join(root, 'package.json'), '{ "dependencies": { "zod": "1" } }');
  await writeFile(path.join(root, 'package-lock.json'), '{}');
  for (const dir of ['main', 'renderer', 'node_modules/zod'])
    await mkdir(path.join(root, dir), { recursive: true });
  await writeFile(path.join(root, 'node_modules/zod/package.json'), '{}');
  await writeFile(path.join(root, 'main/core.ts'), 'one');
  await writeFile(path.join(root, 'renderer/window.ts'), 'one');
  await tool('tsc', 'node_modules/typescript/bin/tsc');
  await tool('vite', 'node_modules/vite/bin/vite.js');
  await tool('warm-cli', 'main/launch/warm-cli.mjs');
  await tool('npm', 'npm-cli.js');
  const before = process.env['npm_execpath'];
  process.env['npm_execpath'] = path.join(root, 'npm-cli.js');
  t.after(() => {
    if (before === undefined) delete process.env['npm_execpath'];
    else process.env['npm_execpath'] = before;
  });
  return {
    root,
    called: async () => {
      const lines = await readFile(log, 'utf8').catch(() => '');
      await rm(log, { force: true });
      return lines.split('\n').filter((line) => line !== '');
    },
  };
}

describe('what is built and installed', () => {
  it('is built once, and again after a source has changed, came or went', async (t) => {
    const { root, called } = await standInTools(t);
    const build = (): Promise<string[]> => ensureBuilt(root, quiet).then(called);
    assert.deepEqual(await build(), ['tsc', 'vite']);
    assert.deepEqual(await build(), []);
    await writeFile(path.join(root, 'renderer/window.ts'), 'another');
    assert.deepEqual(await build(), ['tsc', 'vite']);
    // of the same size, by its time
    await utimes(path.join(root, 'main/core.ts'), 1, 1);
    assert.deepEqual(await build(), ['tsc', 'vite']);
    await writeFile(path.join(root, 'main/new.ts'), '');
    assert.deepEqual(await build(), ['tsc', 'vite']);
    await rm(path.join(root, 'main/new.ts'));
    assert.deepEqual(await build(), ['tsc', 'vite']);
    await writeFile(path.join(root, 'README.md'), 'no source');
    assert.deepEqual(await build(), []);
  });

  it('of the command line is built without the window, whose sources do not matter to it', async (t) => {
    const { root, called } = await standInTools(t);
    const build = (): Promise<string[]> => ensureCoreBuilt(root, quiet).then(called);
    assert.deepEqual(await build(), ['tsc', 'vite', 'warm-cli']);
    await writeFile(path.join(root, 'renderer/window.ts'), 'another');
    assert.deepEqual(await build(), []);
    await writeFile(path.join(root, 'main/core.ts'), 'another');
    assert.deepEqual(await build(), ['tsc', 'vite', 'warm-cli']);
  });

  it('a build that failed is tried again, and says what the compiler said', async (t) => {
    const { root, called } = await standInTools(t);
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const good = await readFile(tsc, 'utf8');
    await writeFile(tsc, 'console.log("main/core.ts(1,1): error TS1005"); process.exitCode = 2;');
    await assert.rejects(ensureBuilt(root, quiet), /error TS1005/);
    await writeFile(tsc, good);
    await ensureBuilt(root, quiet);
    assert.deepEqual(await called(), ['tsc', 'vite']);
  });

  it('is installed when the lock file changed, a package is missing, or nothing says it was', async (t) => {
    const { root, called } = await standInTools(t);
    const install = (): Promise<string[]> => ensureInstalled(root, quiet).then(called);
    assert.deepEqual(await install(), ['npm']);
    assert.deepEqual(await install(), []);
    await writeFile(path.join(root, 'package-lock.json'), '{ "lockfileVersion": 3 }');
    assert.deepEqual(await install(), ['npm']);
    await rm(path.join(root, 'node_modules/zod'), { recursive: true });
    assert.deepEqual(await install(), ['npm']);
  });

  it('npm that fails is tried three times, and its words are told', async (t) => {
    const { root } = await standInTools(t);
    const lines: string[] = [];
    await writeFile(
      path.join(root, 'npm-cli.js'),
      'console.error("npm error code EAI_AGAIN\\nnpm error request to https://registry failed"); process.exitCode = 1;',
    );
    await assert.rejects(
      ensureInstalled(root, (line) => lines.push(line)),
      /^Error: The packages could not be downloaded, because npm does not reach its registry\.[^]*request to https:\/\/registry failed/,
    );
    assert.deepEqual(lines, [
      'Installing packages…',
      'npm failed, attempt 1 of 3; trying again.',
      'npm failed, attempt 2 of 3; trying again.',
    ]);
  });

  it('no npm at all: says where it comes from, without a second attempt', async (t) => {
    const { root } = await standInTools(t);
    const lines: string[] = [];
    const { PATH, npm_execpath: own } = process.env;
    const { execPath } = process;
    process.env['PATH'] = root;
    delete process.env['npm_execpath'];
    process.execPath = path.join(root, 'node');
    try {
      await assert.rejects(
        ensureInstalled(root, (line) => lines.push(line)),
        /^Error: npm was not found\. It comes with Node/,
      );
    } finally {
      process.env['PATH'] = PATH;
      process.env['npm_execpath'] = own;
      process.execPath = execPath;
    }
    assert.deepEqual(lines, ['Installing packages…']);
  });
});

describe('what stands in the way of a start', () => {
  it('a Node that is too old is named', () => {
    assert.match(nodeProblem('18.20.4') ?? '', /needs Node 20\.19 or newer; this is 18\.20\.4/);
    assert.match(nodeProblem('20.18.9') ?? '', /20\.18\.9/);
    for (const good of ['20.19.0', '20.20.2', '22.0.0', '24.1.0-nightly'])
      assert.equal(nodeProblem(good), null);
  });

  it('a folder of somebody else is named', () => {
    const error = Object.assign(new Error('EACCES: permission denied, mkdir'), { code: 'EACCES' });
    assert.match(
      explain(error, '/opt/virtlane').message,
      /this user may not write to \/opt\/virtlane[^]*mkdir/,
    );
    const byNpm = new Error('npm ci failed:\nnpm error code EACCES\nnpm error path /opt');
    assert.match(explain(byNpm, '/opt/virtlane').message, /may not write to/);
  });

  it('a full disk is named; what nobody foresaw is passed on as it is', () => {
    assert.match(
      explain(new Error('npm ci failed:\nnpm ERR! code ENOSPC'), '/r').message,
      /disk of \/r is full/,
    );
    const other = new Error('tsc failed: cannot find ENOSPC');
    assert.equal(explain(other, '/r'), other);
  });

  it('npm is run as a script wherever it is one, so that no shell takes a path apart', () => {
    const windows = 'C:\\Program Files\\nodejs\\node.exe';
    const script = 'C:\\Program Files\\nodejs\\node_modules\\npm\\bin\\npm-cli.js';
    const at = (
      exists: string[],
      place: { platform: string; execPath: string; env?: Record<string, string> },
    ) => npmCommand({ env: {}, ...place, exists: (file) => exists.includes(file) });
    assert.deepEqual(at([script], { platform: 'win32', execPath: windows }), [windows, script]);
    const unix = '/opt/node/lib/node_modules/npm/bin/npm-cli.js';
    assert.deepEqual(at([unix], { platform: 'darwin', execPath: '/opt/node/bin/node' }), [
      '/opt/node/bin/node',
      unix,
    ]);
    assert.deepEqual(at([], { platform: 'linux', execPath: '/usr/bin/node' }), ['npm']);
    const running = { platform: 'linux', execPath: '/n', env: { npm_execpath: '/x/npm-cli.js' } };
    assert.deepEqual(at(['/x/npm-cli.js'], running), ['/n', '/x/npm-cli.js']);
    const pnpm = { platform: 'linux', execPath: '/n', env: { npm_execpath: '/x/pnpm.cjs' } };
    assert.deepEqual(at(['/x/pnpm.cjs'], pnpm), ['npm']);
  });
});
