import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { CLOSE, RECEIVE } from '../../main/jobs/direct/host-scripts.ts';
import { uninterrupted, untilOver } from '../../main/jobs/source/source-host.ts';
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
  const tag = path.basename(folder);
  const running = spawn('sh', ['-c', 'sleep 30; :', 'virtlane-waited', tag], {
    stdio: 'ignore',
    detached: true,
  });
  const [program = '', ...args] = untilOver('virtlane-waited', tag);
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

const VOLUME_BYTES = 1_000_000;

/** What the source's key starts on the host, given frames by somebody else. */
async function received(
  context: TestContext,
  frames: string,
  { aimed = true, path: other, before }: { aimed?: boolean; path?: string; before?: string } = {},
) {
  const folder = await mkdtemp(path.join(tmpdir(), 'virtlane-receive-'));
  context.after(() => rm(folder, { recursive: true }));
  const at = (name: string): string => path.join(folder, name);
  const full = Buffer.alloc(VOLUME_BYTES, 'v');
  await writeFile(at('image'), full);
  await writeFile(at('neighbour'), full);
  await writeFile(at('receive'), RECEIVE);
  const { dev, ino } = await stat(at('image'));
  const named = `${dev}:${ino}\n${VOLUME_BYTES}\n${other === undefined ? at('image') : at(other)}\n`;
  if (aimed) await writeFile(at('volume'), named);
  const receive = async (given: string): Promise<{ status: number; said: string }> => {
    const child = spawn('sh', [at('receive'), 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    let heard = '';
    child.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
    // It may end before it has read all.
    child.stdin.on('error', () => undefined);
    child.stdin.end(given);
    const [ended] = (await once(child, 'close')) as [number];
    return { status: ended, said: heard };
  };
  if (before !== undefined) await receive(before);
  const { status, said } = await receive(frames);
  assert.deepEqual(await readFile(at('neighbour')), full, 'another file was written to');
  return {
    status,
    said,
    files: await readdir(folder),
    volume: (await readFile(at('image'))).toString('latin1'),
  };
}

test('what receives on a host writes what belongs there, and answers', async (context) => {
  const { status, said, volume } = await received(context, '10 3\nabcend\n0 0\n999998 2\nyzend\n1000000 0\n');
  assert.deepEqual([status, said], [0, 'ok 0\nok 1000000\n']);
  assert.equal(volume.length, VOLUME_BYTES);
  assert.equal(volume.slice(8, 15), 'vvabcvv');
  assert.equal(volume.slice(-4), 'vvyz');
});

const NOT_WRITTEN = [
  ['behind the end', '999999 2\nxxend\n'],
  ['far behind the end', '4000000 5\nxxxxxend\n'],
  ['with zeros in front, which a shell takes for octal', '0000003000000 5\nxxxxxend\n'],
  ['of a length with zeros in front', '0 03777777\nxxxxxend\n'],
  ['at a number that no shell can add to', '9223372036854775807 5\nxxxxxend\n'],
  ['of a length that no shell can add to', '5 9223372036854775807\nxxxxxend\n'],
  ['at a negative place', '-5 5\nxxxxxend\n'],
  ['by another base', '0x10 5\nxxxxxend\n'],
  ['with more than two numbers', '0 5 /etc/passwd\nxxxxxend\n'],
  ['as a command', '$(id) 5\nxxxxxend\n'],
  ['with one number', '5\n'],
] as const;
for (const [what, frames] of NOT_WRITTEN)
  test(`a frame ${what} ends what receives, and is not written`, async (context) => {
    const { status, said, volume } = await received(context, `${frames}0 0\n`);
    assert.deepEqual([status, said], [1, '']);
    assert.equal(volume, 'v'.repeat(VOLUME_BYTES));
  });

test('a frame that is not whole ends it: nothing behind it is written or confirmed', async (context) => {
  for (const frames of ['0 5\nxxxxx\n0 0\n', '0 5\nxx', '0 5\nxxxxxxxend\n0 0\n']) {
    const { status, said, volume } = await received(context, frames);
    assert.deepEqual([status, said], [1, '']);
    assert.equal(volume.slice(5), 'v'.repeat(VOLUME_BYTES - 5));
  }
});

test('where no volume is named, or another file has its place, nothing is written', async (context) => {
  assert.equal((await received(context, '0 5\nxxxxxend\n', { aimed: false })).status, 1);
  assert.equal((await received(context, '0 5\nxxxxxend\n', { path: 'neighbour' })).status, 1);
});

test('zeros are there also where an earlier one, which was lost, has written something else', async (context) => {
  const frames = (bytes: string): string => `0 131072\n${bytes.repeat(131072)}end\n131072 0\n`;
  const { said, volume } = await received(context, frames('\0'), { before: frames('x') });
  assert.equal(said, 'ok 131072\n');
  assert.equal(volume.slice(0, 131073), `${'\0'.repeat(131072)}v`);
});

test('a volume that is gone is not made again', async (context) => {
  const { status, files } = await received(context, '0 5\nxxxxxend\n', { path: 'gone' });
  assert.notEqual(status, 0);
  assert.ok(!files.includes('gone'), files.join());
});

test('two jobs that take their lines out of one file at once leave neither', async (context) => {
  const slow = await programs(context, { mv: 'sleep 0.5; exec /bin/mv "$@"' }, []);
  const keys = path.join(slow, 'home/.ssh/authorized_keys');
  await mkdir(path.dirname(keys), { recursive: true });
  await writeFile(keys, 'own\nlineA virtlane-a\nlineB virtlane-b\n');
  const env = { ...process.env, PATH: `${slow}:${process.env['PATH'] ?? ''}` };
  const close = (tag: string) => {
    const args = ['replaced', keys, `${keys}.${tag}`, '00', tag, `${slow}/none`, `${slow}/${tag}.lease`, ''];
    return spawn('sh', ['-c', CLOSE, 'sh', ...args], { stdio: 'ignore', env });
  };
  const ends = await Promise.all(['virtlane-a', 'virtlane-b'].map((tag) => once(close(tag), 'close')));
  assert.deepEqual(
    ends.map(([status]) => status as number),
    [0, 0],
  );
  assert.equal(await readFile(keys, 'utf8'), 'own\n');
});
