import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import { suite, test } from 'node:test';
import { isDefinedError } from '@orpc/client';
import { ackedChannel, ackingChannel } from '../../../main/bridge/acked-channel.ts';
import { connectInMemory } from '../../../main/bridge/connection.ts';
import { portChannel } from '../../../main/bridge/port-channel.ts';
import { BridgeError, rpcClient } from '../../../main/bridge/rpc-client.ts';
import { serveMessagePort } from '../../../main/bridge/serve-port.ts';
import { RPC_ACK_STEP_CHARS } from '../../../main/contract/pipe.ts';
import { until } from '../../support/wait.ts';
import { INFO, standIn } from './stand-in.ts';

suite('the contract over a message port', () => {
  test('a call answers', async () => {
    const connection = connectInMemory(standIn());
    assert.deepEqual(await connection.client.app.info(), INFO);
    connection.close();
  });

  test('a failure arrives typed, with its data', async () => {
    const connection = connectInMemory(standIn());
    const error: unknown = await connection.client.domain
      .start({ host: 'a', uuid: 'gone' })
      .catch((e: unknown) => e);
    assert.ok(error instanceof Error && isDefinedError(error));
    assert.deepEqual((error as unknown as { data: unknown }).data, {
      code: 'NOT_FOUND',
      message: 'There is no such machine.',
    });
    connection.close();
  });

  test('an unforeseen error becomes INTERNAL and keeps its words inside', async () => {
    const connection = connectInMemory(standIn());
    await assert.rejects(connection.client.domain.start({ host: 'a', uuid: 'bug' }), (error) => {
      assert.ok(isDefinedError(error as Error));
      assert.equal((error as { data: { code: string } }).data.code, 'INTERNAL');
      assert.doesNotMatch(JSON.stringify(error), /secret/);
      return true;
    });
    connection.close();
  });

  test('input that the schema refuses becomes BAD_INPUT and names the field', async () => {
    const core = standIn();
    const connection = connectInMemory(core);
    const bad = { host: 'a', uuid: 7 } as unknown as { host: string; uuid: string };
    await assert.rejects(connection.client.domain.start(bad), (error) => {
      const { data } = error as { data: { code: string; detail: string } };
      assert.equal(data.code, 'BAD_INPUT');
      assert.match(data.detail, /uuid/);
      return true;
    });
    assert.deepEqual(core.log, []);
    connection.close();
  });

  test('an aborted call aborts its handler', async () => {
    const core = standIn();
    const connection = connectInMemory(core);
    const abort = new AbortController();
    const call = connection.client.domain.start({ host: 'a', uuid: 'hang' }, { signal: abort.signal });
    await core.logged('start hang');
    abort.abort(new Error('mine'));
    await assert.rejects(call, /mine/);
    await core.logged('start aborted');
    connection.close();
  });

  test('a closed connection fails what waits, aborts it in the core, and fails new calls at once', async () => {
    const core = standIn();
    const connection = connectInMemory(core);
    const call = connection.client.domain.start({ host: 'a', uuid: 'hang' });
    await core.logged('start hang');
    connection.close();
    await assert.rejects(call, (error) => error instanceof BridgeError && error.code === 'CLOSED');
    await core.logged('start aborted');
    await assert.rejects(connection.client.app.info(), (error) => error instanceof BridgeError);
    await connection.closed;
  });

  test('a core that does not answer is a TIMEOUT', async () => {
    const core = standIn();
    const { port1, port2 } = new MessageChannel();
    serveMessagePort(core, port2);
    const client = rpcClient(portChannel(port1), 20);
    const holdOpen = setInterval(() => undefined, 1000);
    await assert.rejects(
      client.domain.start({ host: 'a', uuid: 'hang' }),
      (error) => error instanceof BridgeError && error.code === 'TIMEOUT',
    );
    clearInterval(holdOpen);
    await core.logged('start aborted');
    port1.close();
  });

  test('a subscription outlives the time limit of its call, and ends in the core when it is left', async (t) => {
    const core = standIn();
    const { port1, port2 } = new MessageChannel();
    serveMessagePort(core, port2);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const client = rpcClient(portChannel(port1), 1000);
    const messages = await client.inventory.watch({ sinceSeq: 100 });
    t.mock.timers.tick(2000);
    t.mock.timers.reset();
    for await (const message of messages) if (message.type === 'patch' && message.seq > 110) break;
    await core.logged('watch ended');
    port1.close();
  });

  test('a subscription that breaks in the core fails with INTERNAL', async () => {
    const connection = connectInMemory(standIn());
    const seen: number[] = [];
    await assert.rejects(
      async () => {
        for await (const message of await connection.client.inventory.watch({ sinceSeq: 10 }))
          seen.push(message.seq);
      },
      (error) => (error as { data: { code: string } }).data.code === 'INTERNAL',
    );
    assert.deepEqual(seen, [10, 11, 12]);
    connection.close();
  });

  test('a window that reads nothing makes the core wait, and not its memory grow', async () => {
    const core = standIn();
    const { port1, port2 } = new MessageChannel();
    serveMessagePort(core, port2);
    // Asks as a window does; what comes is counted and never acknowledged.
    let chars = 0;
    port1.on('message', (message: string) => (chars += message.length));
    const ask = rpcClient({
      isOpen: true,
      send: (message) => port1.postMessage(message),
      onMessage: () => undefined,
      onClose: () => undefined,
      close: () => undefined,
    });
    ask.inventory.watch({ sinceSeq: 100 }).catch(() => undefined);
    // Quiet for many turns in which it could go on (it counts up once a turn): it waits.
    let turns = 0;
    let before = -1;
    while (turns < 2000 && chars < 20 * RPC_ACK_STEP_CHARS) {
      turns = chars === before || chars === 0 ? turns + 1 : 0;
      before = chars;
      await new Promise(setImmediate);
    }
    assert.ok(chars >= 16 * RPC_ACK_STEP_CHARS, `${chars}: it goes on as far as it may`);
    assert.ok(chars < 17 * RPC_ACK_STEP_CHARS, `${chars}: no further`);
    port1.postMessage({ type: 'ack', chars });
    await until(() => chars > 17 * RPC_ACK_STEP_CHARS, 'it to go on once the window has read');
    port1.close();
    await core.logged('watch ended');
  });

  test('a window that reads is waited for until it has read, and no longer', async () => {
    const { port1, port2 } = new MessageChannel();
    const core = ackedChannel(portChannel(port2));
    core.onMessage(() => assert.fail('what was read is no message'));
    let read = 0;
    ackingChannel(portChannel(port1)).onMessage((message) => (read += String(message).length));
    for (let turn = 0; turn < 50; turn++) await core.send('x'.repeat(RPC_ACK_STEP_CHARS - 1));
    await until(() => read === 50 * (RPC_ACK_STEP_CHARS - 1), 'everything to be read');
    port1.close();
  });

  test('a window that is gone is not waited for', async () => {
    const { port1, port2 } = new MessageChannel();
    const core = ackedChannel(portChannel(port2));
    const sent = core.send('x'.repeat(20 * RPC_ACK_STEP_CHARS));
    port1.close();
    await sent;
    assert.equal(core.isOpen, false);
  });

  test('a window to which 64 MiB were sent that it has not read is given up', () => {
    let isOpen = true;
    const sent: unknown[] = [];
    const core = ackedChannel({
      get isOpen() {
        return isOpen;
      },
      send: (message) => void sent.push(message),
      onMessage: () => undefined,
      onClose: () => undefined,
      close: () => (isOpen = false),
    });
    const piece = 'x'.repeat(RPC_ACK_STEP_CHARS);
    // As a sender that does not wait, an answer to a call for example.
    for (let pieces = 0; pieces < 1024; pieces += 1) void core.send(piece);
    void core.send('.');
    assert.ok(core.isOpen, 'as much as it may');
    void core.send('.');
    assert.ok(!core.isOpen, 'no more');
    assert.equal(sent.length, 1025);
  });

  test('garbage on the port harms nothing', async () => {
    const core = standIn();
    const { port1, port2 } = new MessageChannel();
    serveMessagePort(core, port2);
    const garbage = [
      '{',
      'null',
      '7',
      '{"i":1}',
      '{"i":"1","p":{"u":"http://["}}',
      '{"i":"2","t":9}',
      7,
      null,
      undefined,
    ];
    for (const frame of [...garbage, { i: '1' }, new Uint8Array(3), new Map()]) port1.postMessage(frame);
    const client = rpcClient(portChannel(port1));
    assert.deepEqual(await client.app.info(), INFO);
    port1.close();
  });

  test('a value that cannot be posted closes the channel and throws nothing', async () => {
    const { port1 } = new MessageChannel();
    const channel = portChannel(port1);
    void channel.send((() => undefined) as unknown as string);
    assert.equal(channel.isOpen, false);
  });

  test('an Electron port, whose messages come in events, is served as well', async () => {
    const { port1, port2 } = new MessageChannel();
    let started = false;
    serveMessagePort(standIn(), {
      on: (event: 'message' | 'close', listener: (message?: unknown) => void) =>
        port2.on(event, (data: unknown) => listener(event === 'message' ? { data, ports: [] } : undefined)),
      postMessage: (message) => port2.postMessage(message),
      start: () => (started = true),
      close: () => port2.close(),
    });
    assert.deepEqual(await rpcClient(portChannel(port1)).app.info(), INFO);
    assert.ok(started);
    port1.close();
  });
});
