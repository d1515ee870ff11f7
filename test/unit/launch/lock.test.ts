import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { until } from '../../support/wait.ts';

interface Lock {
  takeLock: (file: string, onWait?: () => void) => Promise<() => void>;
  startOf: (pid: number, platform?: string) => string | null;
}

/** Plain JavaScript without types, as it runs before anything is installed. */
const source = new URL('../../../main/launch/lock.mjs', import.meta.url).href;
const { takeLock, startOf } = (await import(source)) as Lock;

/** No process has this number: the kernel's largest is below. */
const NOBODY = 2_147_483_646;

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-lock-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

/** The name of the lock that somebody who waits takes in order to remove the dead one at `file`. */
async function removerOf(file: string): Promise<string> {
  const names: string[] = [];
  const watcher = watch(path.dirname(file), (_event, name) => names.push(String(name)));
  await takeAtOnce(file);
  const remover = await until(() => names.find((name) => /^lock\.[0-9a-f]{12}$/.test(name)), 'a remover');
  watcher.close();
  return path.join(path.dirname(file), remover);
}

/** Takes the lock without waiting for anybody; fails when it would have to wait. */
async function takeAtOnce(file: string): Promise<void> {
  const giveBack = await takeLock(file, () => assert.fail('the lock counts as held'));
  giveBack();
}

/** Resolves when the lock counts as held: somebody waits for it. Afterwards the lock is given up and the waiter gets it. */
async function waits(file: string): Promise<void> {
  let taken: Promise<() => void> = Promise.resolve(() => undefined);
  await new Promise<void>((resolve) => {
    taken = takeLock(file, resolve);
  });
  await rm(file);
  (await taken)();
}

describe('a lock between processes', () => {
  it('names its owner from the first moment, and leaves nothing behind', async (t) => {
    const dir = await folder(t);
    const file = path.join(dir, 'lock');
    const giveBack = await takeLock(file);
    assert.match(await readFile(file, 'utf8'), new RegExp(`^${process.pid} \\w{12} `));
    giveBack();
    assert.deepEqual(await readdir(dir), []);
  });

  it('of a process that is gone is taken over', async (t) => {
    const file = path.join(await folder(t), 'lock');
    await writeFile(file, `${NOBODY} abcdef 1`);
    await takeAtOnce(file);
    await writeFile(file, String(NOBODY)); // as older versions wrote it
    await takeAtOnce(file);
  });

  it('of a process whose number another one has by now is taken over', async (t) => {
    if (startOf(process.pid) === null) return t.skip('this system does not tell when a process began');
    const file = path.join(await folder(t), 'lock');
    await writeFile(file, `${process.pid} abcdef 1`);
    return takeAtOnce(file);
  });

  it('of a process that runs is waited for', async (t) => {
    const file = path.join(await folder(t), 'lock');
    await writeFile(file, `${process.pid} abcdef ${startOf(process.pid) ?? ''}`);
    await waits(file);
  });

  it('of a container or another computer counts as held while its owner touches it, and no longer', async (t) => {
    const file = path.join(await folder(t), 'lock');
    await writeFile(file, `${NOBODY} abcdef @elsewhere 1`);
    await waits(file);
    await writeFile(file, `${NOBODY} abcdef @elsewhere 1`);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(file, longAgo, longAgo);
    await takeAtOnce(file);
  });

  it('is touched as long as it is held', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const file = path.join(await folder(t), 'lock');
    const giveBack = await takeLock(file);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(file, longAgo, longAgo);
    t.mock.timers.tick(5000);
    assert.ok((await stat(file)).mtimeMs > longAgo.getTime() + 30_000);
    giveBack();
  });

  it('that somebody else has by now is not given back', async (t) => {
    const file = path.join(await folder(t), 'lock');
    const giveBack = await takeLock(file);
    await rm(file);
    const other = await takeLock(file);
    giveBack();
    await stat(file);
    other();
    await assert.rejects(stat(file), { code: 'ENOENT' });
  });

  it('that is empty is being written, and is given up when nobody goes on writing', async (t) => {
    const file = path.join(await folder(t), 'lock');
    await writeFile(file, '');
    await waits(file);
    await writeFile(file, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(file, longAgo, longAgo);
    await takeAtOnce(file);
  });

  it('of a process that died while it removed a dead one’s is removed as well', async (t) => {
    const dir = await folder(t);
    const file = path.join(dir, 'lock');
    const when = new Date(1_700_000_000_000);
    const leaveDead = async (): Promise<void> => {
      await writeFile(file, `${NOBODY} abcdef 1`);
      await utimes(file, when, when);
    };
    await leaveDead();
    const remover = await removerOf(file);
    await leaveDead();
    await writeFile(remover, `${NOBODY} fedcba 1`);
    await takeAtOnce(file);
    assert.deepEqual(await readdir(dir), []);
  });

  it('never has two owners, however many find it dead at once', async (t) => {
    const dir = await folder(t);
    const file = path.join(dir, 'lock');
    await writeFile(file, `${NOBODY} abcdef 1`);
    // each takes the lock several times; "in" and "out" of two of them must not be mixed
    const program = `
      import fs from 'node:fs';
      import { takeLock } from ${JSON.stringify(source)};
      const [file, log] = process.argv.slice(1);
      for (let turn = 0; turn < 5; turn++) {
        const giveBack = await takeLock(file);
        fs.appendFileSync(log, process.pid + ' in\\n');
        await new Promise((resolve) => setTimeout(resolve, 2));
        fs.appendFileSync(log, process.pid + ' out\\n');
        giveBack();
      }`;
    const log = path.join(dir, 'log');
    const codes = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', program, file, log], {
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        const [code] = (await once(child, 'exit')) as [number | null];
        return code;
      }),
    );
    assert.deepEqual(codes, [0, 0, 0, 0, 0, 0]);
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    assert.equal(lines.length, 60);
    for (let at = 0; at < lines.length; at += 2) {
      const [pid] = (lines[at] ?? '').split(' ');
      assert.deepEqual(lines.slice(at, at + 2), [`${pid} in`, `${pid} out`]);
    }
    assert.deepEqual(await readdir(dir), ['log']);
  });

  it('of a process that was killed is free', async (t) => {
    const file = path.join(await folder(t), 'lock');
    const program = `
      import { takeLock } from ${JSON.stringify(source)};
      await takeLock(process.argv[1]);
      console.log('taken');
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(createInterface(child.stdout), 'line');
    const taken = takeLock(file, () => child.kill('SIGKILL'));
    (await taken)();
  });
});
