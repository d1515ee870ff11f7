import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';

interface CoreProcess {
  messagesOf: (child: EventEmitter, ended: Promise<unknown>) => () => Promise<unknown>;
  coreEnvironment: (env: Record<string, string>) => Record<string, string>;
  startCore: (
    root: string,
    options: { port: number | null; demo: boolean },
  ) => Promise<{ ended: Promise<unknown>; close(): Promise<void> }>;
  describeFailure: (failure: { code?: string; message: string }, port: number | null) => string;
}

/** Plain JavaScript without types, as it runs before anything is installed. */
const source = new URL('../../../main/launch/core-process.mjs', import.meta.url).href;
const { coreEnvironment, describeFailure, messagesOf, startCore } = (await import(source)) as CoreProcess;

describe('the core as a child of npm start', () => {
  it('has more threads than Node would give it, unless the person says how many', () => {
    assert.deepEqual(coreEnvironment({ HOME: '/h' }), { HOME: '/h', UV_THREADPOOL_SIZE: '64' });
    assert.equal(coreEnvironment({ UV_THREADPOOL_SIZE: '8' })['UV_THREADPOOL_SIZE'], '8');
  });

  it('each who asks gets an answer of their own, in the order of asking', async () => {
    const child = new EventEmitter();
    const next = messagesOf(child, new Promise(() => undefined));
    const asked = [next(), next(), next()];
    for (const word of ['a', 'b', 'c']) child.emit('message', word);
    assert.deepEqual(await Promise.all(asked), ['a', 'b', 'c']);
  });

  it('who asks a core that has ended is told how', async () => {
    await assert.rejects(messagesOf(new EventEmitter(), Promise.resolve(3))(), /ended at once \(3\)/);
  });

  it('a port that is in use is named, with what to do', () => {
    assert.equal(
      describeFailure({ code: 'EADDRINUSE', message: 'listen EADDRINUSE: address already in use' }, 8090),
      'Port 8090 of 127.0.0.1 is in use by another program. Choose another one, or leave --port out.',
    );
  });

  it('a port that is for root is named; any other error keeps its words', () => {
    assert.match(describeFailure({ code: 'EACCES', message: 'x' }, 80), /may not listen on port 80/);
    assert.equal(
      describeFailure({ code: 'EACCES', message: 'no right to open /d' }, null),
      'no right to open /d',
    );
    assert.equal(describeFailure({ message: 'broken' }, 80), 'broken');
  });

  it('one that hangs when it is told to end is ended after 10 s', async (context) => {
    const root = await mkdtemp(path.join(os.tmpdir(), 'virtlane-core-'));
    context.after(() => rm(root, { recursive: true }));
    const folder = path.join(root, 'build', 'main', 'launch');
    await mkdir(folder, { recursive: true });
    // It hears nobody, and ends by itself long after the test, should nothing end it.
    await writeFile(
      path.join(folder, 'serve.js'),
      "process.send({ url: 'http://127.0.0.1:1/' }); setTimeout(() => {}, 30_000);",
    );
    const core = await startCore(root, { port: 0, demo: false });
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let over = false;
    const closing = core.close().then(() => (over = true));
    context.mock.timers.tick(9_999);
    await new Promise(setImmediate);
    assert.equal(over, false);
    const started = performance.now();
    context.mock.timers.tick(1);
    await closing;
    assert.ok(performance.now() - started < 20_000, 'it did not end by itself');
  });
});
