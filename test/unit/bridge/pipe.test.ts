import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { memoryPair } from '../../../drivers/transport/memory.ts';
import { Ending, type Channel, type ChannelMessage } from '../../../main/bridge/channel.ts';
import { connectInMemory } from '../../../main/bridge/connection.ts';
import { runPipe } from '../../../main/bridge/pipe.ts';
import { CREDIT_STEP_BYTES, INITIAL_CREDIT_BYTES, MAX_CHUNK_BYTES } from '../../../main/contract/pipe.ts';
import { standIn } from './stand-in.ts';

/** The viewer's end of a channel, played by the test. */
class Viewer {
  readonly got: ChannelMessage[] = [];
  readonly #ending = new Ending();
  #listener: (message: unknown) => void = () => undefined;
  #waiting: (() => void)[] = [];

  readonly channel: Channel = {
    isOpen: true,
    send: (message) => {
      this.got.push(message);
      for (const wake of this.#waiting.splice(0)) wake();
    },
    onMessage: (listener) => (this.#listener = listener),
    onClose: (listener) => this.#ending.onEnd(listener),
    close: () => this.#ending.end(),
  };

  get bytes(): number {
    return this.got.reduce((sum, message) => sum + (message instanceof Uint8Array ? message.length : 0), 0);
  }

  get closed(): boolean {
    return this.#ending.ended;
  }

  send(message: unknown): void {
    this.#listener(message);
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

suite('a byte pipe', () => {
  test('sends no more than the credit, in chunks of at most 64 KiB, and stops reading the host', async () => {
    const [host, core] = memoryPair();
    host.on('error', () => undefined);
    const viewer = new Viewer();
    void runPipe(core, viewer.channel);
    const flood = Buffer.alloc(100_000);
    let written = 0;
    const write = (): void => {
      if (written >= 4 * INITIAL_CREDIT_BYTES) return;
      written += flood.length;
      host.write(flood, write);
    };
    write();
    await viewer.until(() => viewer.bytes >= INITIAL_CREDIT_BYTES);
    await settle();
    assert.equal(viewer.bytes, INITIAL_CREDIT_BYTES);
    assert.ok(written < 2 * INITIAL_CREDIT_BYTES, `the host could still write: ${written}`);
    assert.ok(
      viewer.got.every((message) => !(message instanceof Uint8Array) || message.length <= MAX_CHUNK_BYTES),
    );
    viewer.send({ type: 'credit', bytes: 1000 });
    await viewer.until(() => viewer.bytes > INITIAL_CREDIT_BYTES);
    await settle();
    assert.equal(viewer.bytes, INITIAL_CREDIT_BYTES + 1000);
    viewer.send({ type: 'close', code: 'closed', reason: '' });
  });

  test('grants credit only as the host takes the bytes', async () => {
    const [host, core] = memoryPair();
    const viewer = new Viewer();
    void runPipe(core, viewer.channel);
    const chunk = new Uint8Array(MAX_CHUNK_BYTES);
    const chunks = CREDIT_STEP_BYTES / MAX_CHUNK_BYTES + 2;
    for (let sent = 0; sent < chunks; sent++) viewer.send(chunk);
    await settle();
    assert.deepEqual(viewer.got, []);
    host.resume();
    await viewer.until(() => viewer.got.length > 0);
    assert.deepEqual(viewer.got, [{ type: 'credit', bytes: CREDIT_STEP_BYTES }]);
    viewer.send('{"type":"close","code":"closed","reason":""}');
  });

  test('ends when the viewer sends more than it was granted', async () => {
    const [, core] = memoryPair();
    const viewer = new Viewer();
    const ended = runPipe(core, viewer.channel);
    for (let sent = 0; sent <= INITIAL_CREDIT_BYTES; sent += MAX_CHUNK_BYTES)
      viewer.send(new Uint8Array(MAX_CHUNK_BYTES));
    assert.equal((await ended).code, 'failed');
    assert.ok(core.destroyed);
  });

  for (const garbage of [
    '{',
    '{"type":"credit","bytes":-1}',
    '{"type":"credit","bytes":1e99}',
    7,
    null,
    { type: 'x' },
  ])
    test(`ends on a message that is none: ${JSON.stringify(garbage)}`, async () => {
      const [, core] = memoryPair();
      const viewer = new Viewer();
      const ended = runPipe(core, viewer.channel);
      viewer.send(garbage);
      assert.equal((await ended).code, 'failed');
      assert.ok(viewer.closed && core.destroyed);
    });

  test('tells the viewer that the host ended, after the last bytes', async () => {
    const [host, core] = memoryPair();
    const viewer = new Viewer();
    const ended = runPipe(core, viewer.channel);
    host.end(Buffer.from('bye'));
    assert.equal((await ended).code, 'ended');
    assert.deepEqual(
      viewer.got.map((message) => (message instanceof Uint8Array ? message.length : message)),
      [3, { type: 'close', code: 'ended', reason: 'The other end closed the connection.' }],
    );
    assert.ok(core.destroyed);
  });

  test('keeps the last bytes for the credit that is still to come', async () => {
    const [host, core] = memoryPair();
    const viewer = new Viewer();
    const ended = runPipe(core, viewer.channel);
    host.end(Buffer.alloc(INITIAL_CREDIT_BYTES + 10));
    await viewer.until(() => viewer.bytes === INITIAL_CREDIT_BYTES);
    await settle();
    assert.ok(!viewer.closed);
    viewer.send({ type: 'credit', bytes: 20 });
    await ended;
    assert.equal(viewer.bytes, INITIAL_CREDIT_BYTES + 10);
  });

  test('names the error of a broken link', async () => {
    const [, core] = memoryPair();
    const viewer = new Viewer();
    const ended = runPipe(core, viewer.channel, {
      describe: (error) => ({ code: 'taken', reason: `said: ${error.message}` }),
    });
    core.destroy(new Error('cut'));
    assert.deepEqual(await ended, { code: 'taken', reason: 'said: cut' });
  });

  test('a duplex that broke before the pipe began ends it at once', async () => {
    const [, core] = memoryPair();
    core.on('error', () => undefined);
    core.destroy(new Error('early'));
    await settle();
    const end = await runPipe(core, new Viewer().channel);
    assert.equal(end.code, 'lost');
  });

  test('frees the host when the viewer is gone without a word', async () => {
    const [host, core] = memoryPair();
    const viewer = new Viewer();
    void runPipe(core, viewer.channel);
    host.resume();
    viewer.channel.close();
    await once(host, 'end');
    assert.ok(core.destroyed);
  });
});

suite('a pipe by its token, both ends joined', () => {
  async function joined(): Promise<{ host: Duplex; viewer: Duplex; close: () => void }> {
    const core = standIn();
    const [host, offered] = memoryPair();
    const connection = connectInMemory(core);
    const { stream } = await connection.openPipe(core.pipes.offer(offered).token);
    return { host, viewer: stream, close: () => connection.close() };
  }

  test('8 MiB each way arrive whole', async () => {
    const { host, viewer, close } = await joined();
    const [down, up] = [randomBytes(8 << 20), randomBytes(8 << 20)];
    const read = async (stream: Duplex): Promise<Buffer> => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        if (chunks.reduce((sum, { length }) => sum + length, 0) >= down.length) break;
      }
      return Buffer.concat(chunks);
    };
    const [gotUp, gotDown] = [read(host), read(viewer)];
    host.write(down);
    viewer.write(up);
    assert.ok((await gotDown).equals(down));
    assert.ok((await gotUp).equals(up));
    close();
  });

  test('bytes before the viewer’s end still reach the host', async () => {
    const { host, viewer, close } = await joined();
    viewer.end(Buffer.from('exit\n'));
    assert.equal((await buffer(host)).toString(), 'exit\n');
    close();
  });

  test('a token works once; a wrong one is told so', async () => {
    const core = standIn();
    const connection = connectInMemory(core);
    const [, offered] = memoryPair();
    const { token } = core.pipes.offer(offered);
    const first = await connection.openPipe(token);
    const second = await connection.openPipe(token);
    assert.deepEqual(await second.ended, {
      code: 'failed',
      reason: 'This console is not on offer any more. Open it again.',
    });
    first.stream.destroy();
    assert.equal((await first.ended).code, 'ended');
    connection.close();
  });
});
