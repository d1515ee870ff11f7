import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { uninterrupted, untilOver } from '../../main/jobs/p2v/live/source-host.ts';
import { until } from '../support/wait.ts';

// What runs on a source by itself, as a shell does it.

for (const detached of [false, true])
  test(`a program that is not interrupted is waited for, ${detached ? 'also where it leads its group, as where sudo gives it a terminal' : 'as it is'}`, async () => {
    const [program = '', ...args] = uninterrupted(['sh', '-c', 'sleep 0.3; exit 5']);
    const [status] = (await once(spawn(program, args, { detached, stdio: 'ignore' }), 'close')) as [number];
    assert.equal(status, 5);
  });

/** A folder of programs, as a machine has them. */
async function programs(
  context: TestContext,
  scripts: Readonly<Record<string, string>>,
  links: readonly string[],
) {
  const folder = await mkdtemp(path.join(tmpdir(), 'virtlane-programs-'));
  context.after(() => rm(folder, { recursive: true }));
  for (const [name, script] of Object.entries(scripts))
    await writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  for (const name of links) {
    const found = ['/usr/bin', '/bin'].find((each) => existsSync(path.join(each, name)));
    await symlink(path.join(found ?? assert.fail(name), name), path.join(folder, name));
  }
  return folder;
}

test('where systemd can part it from its login, it does, and its end is the program’s', async (context) => {
  const folder = await programs(
    context,
    { 'systemd-run': 'echo "$*" >>"$LOG"; while [ "$1" != -- ]; do shift; done; shift; exec "$@"' },
    ['sh', 'setsid', 'true', 'sleep'],
  );
  const log = path.join(folder, 'log');
  const [program = '', ...args] = uninterrupted(['sh', '-c', 'sleep 0.1; exit 5']);
  const child = spawn(program, args, { stdio: 'ignore', env: { PATH: folder, LOG: log } });
  const [status] = (await once(child, 'close')) as [number];
  assert.equal(status, 5);
  assert.deepEqual((await readFile(log, 'utf8')).trim().split('\n'), [
    '--quiet --scope -- true',
    '--quiet --scope -- setsid sh -c sleep 0.1; exit 5',
  ]);
});

test('a program that goes on by itself is waited for, also on a machine without pgrep', async (context) => {
  const folder = await programs(context, {}, ['sh', 'tr', 'grep', 'sleep']);
  const word = `virtlane-${path.basename(folder)}`;
  const running = spawn('sh', ['-c', 'sleep 30; :', 'sh', word], { stdio: 'ignore', detached: true });
  const [program = '', ...args] = untilOver(`[v]${word.slice(1)}`);
  const waiting = spawn(program, args, { stdio: 'ignore', env: { PATH: folder } });
  let isOver = false;
  const over = once(waiting, 'close').then(([status]) => {
    isOver = true;
    return status as number;
  });
  // Until it has looked once, and sleeps.
  await until(
    async () => (await readFile(`/proc/${waiting.pid}/task/${waiting.pid}/children`, 'utf8')) !== '',
    'it looks',
  );
  assert.ok(!isOver, 'it did not wait');
  process.kill(-(running.pid ?? assert.fail()), 'SIGKILL');
  assert.equal(await over, 0);
});
