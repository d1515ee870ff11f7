import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { CLEAR } from '../../main/jobs/create/steps/host-fetch-scripts.ts';

const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

test('what a fetch left is ended and removed; programs that only have its name within their arguments go on', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-clear-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const work = path.join(folder, '.virtlane-fetch.token.a.iso');
  const run = (...args: string[]) => spawn('sh', ['-c', 'sleep 1000', 'sh', ...args], { detached: true });
  const own = [run(work, '5'), run('-o', `${work}/part`)];
  const others = [run(`${work}2`), run(`less ${work}/part`), run(folder)];
  t.after(() => {
    for (const { pid } of [...own, ...others]) if (pid !== undefined) endGroup(pid);
  });
  const gone = Promise.all(own.map(ended));
  execFileSync('sh', ['-c', `mkdir '${work}'; sleep .2`]);
  execFileSync('sh', ['-c', CLEAR, 'sh', 'remove'], { input: `${work}\n` });
  await gone;
  assert.equal(existsSync(work), false);
  for (const { pid, spawnargs } of others) assert.ok(isAlive(pid), spawnargs.join(' '));
});

/** One that was killed is a zombie, as long as nobody has asked for it. */
function isAlive(pid: number | undefined): boolean {
  const file = `/proc/${pid}/status`;
  return existsSync(file) && /^State:\s+[^Z]/m.test(readFileSync(file, 'utf8'));
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
