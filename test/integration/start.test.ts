import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { until } from '../support/wait.ts';

const root = path.resolve(import.meta.dirname, '../..');
/** Where a process's children and environment can be read. */
const needsProc = { skip: process.platform === 'linux' ? false : 'needs /proc' };
const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)\/#token=[\w-]{43}/;

interface Started {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly output: () => string;
}

suite('npm start, with a browser', () => {
  let dir = '';
  const children: ChildProcess[] = [];
  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-start-'));
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(dir, { recursive: true });
  });

  function start(...args: string[]): Started {
    let output = '';
    const child = spawn(process.execPath, [path.join(root, 'main/launch/start.mjs'), '--no-open', ...args], {
      env: { ...process.env, VIRTLANE_DATA_DIR: dir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return { child, output: () => output };
  }

  async function portOf(started: Started): Promise<number> {
    return Number((await until(() => ADDRESS.exec(started.output()), 'the address'))[1]);
  }

  /** Resolves when nobody serves on the port any more. */
  async function freed(port: number): Promise<void> {
    await until(
      () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          () => false,
          () => true,
        ),
      'the port to be free',
    );
  }

  test('prints an address that works, once; without a terminal Enter is not offered', async () => {
    const started = start();
    const [address, port] = await until(() => ADDRESS.exec(started.output()), 'the address');
    const token = new URL(address).hash.slice('#token='.length);
    const redeem = async (): Promise<number> => {
      const response = await fetch(`http://127.0.0.1:${port}/session`, {
        method: 'POST',
        headers: { origin: `http://127.0.0.1:${port}` },
        body: JSON.stringify({ token }),
      });
      return response.status;
    };
    assert.ok((await redeem()) < 300);
    assert.equal(await redeem(), 401);
    assert.doesNotMatch(started.output(), /Enter/);
    started.child.kill('SIGINT');
    assert.deepEqual(await once(started.child, 'exit'), [0, null]);
    await freed(Number(port));
  });

  test('the core has threads enough for names that nobody answers for', needsProc, async () => {
    const started = start();
    const port = await portOf(started);
    const pid = await childOf(started.child);
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    assert.match(environment, /(^|\0)UV_THREADPOOL_SIZE=64\0/);
    started.child.kill('SIGTERM');
    assert.deepEqual(await once(started.child, 'exit'), [0, null]);
    await freed(port);
  });

  test('the core ends when npm start is killed', async () => {
    const started = start();
    const port = await portOf(started);
    started.child.kill('SIGKILL');
    await freed(port);
  });

  test('a core that ends by itself ends npm start, with a word', needsProc, async () => {
    const started = start();
    await portOf(started);
    process.kill(await childOf(started.child), 'SIGKILL');
    assert.deepEqual(await once(started.child, 'exit'), [1, null]);
    assert.match(started.output(), /Virtlane's core ended by itself \(SIGKILL\)\./);
  });

  test('a port that is in use is named', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { child, output } = start('--port', String(port));
    assert.deepEqual(await once(child, 'close'), [1, null]);
    assert.equal(
      output(),
      `Virtlane did not start. Port ${port} of 127.0.0.1 is in use by another program. Choose another one, or leave --port out.\n`,
    );
    other.close();
  });

  test('a port that is none is wrong use', async () => {
    const { child, output } = start('--port', 'abc');
    assert.deepEqual(await once(child, 'close'), [2, null]);
    assert.match(output(), /^--port abc: a port is a number from 1 to 65535/);
  });

  test('the port of last time is taken again, and another one while it is in use', async () => {
    const first = start();
    const port = await portOf(first);
    const second = start();
    assert.notEqual(await portOf(second), port);
    for (const { child } of [first, second]) {
      child.kill('SIGINT');
      await once(child, 'exit');
    }
    const third = start();
    assert.equal(await portOf(third), port);
    third.child.kill('SIGINT');
    await once(third.child, 'exit');
  });
});

/** The process that a process has started. */
async function childOf(parent: ChildProcess): Promise<number> {
  const list = `/proc/${parent.pid}/task/${parent.pid}/children`;
  return Number(await until(() => readFile(list, 'utf8').then((text) => text.trim()), 'a child'));
}
