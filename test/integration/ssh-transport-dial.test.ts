import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { connectTcp, dialTcp } from '../../drivers/transport/dial-tcp.ts';
import { names } from '../../drivers/transport/lookup.ts';
import { dialUnix } from '../../drivers/transport/dial-unix.ts';

const unix = { skip: process.platform === 'win32' ? 'no unix sockets' : false };

describe('dialling a TCP port', () => {
  let server: Server;
  let port: number;
  before(async () => {
    server = createServer((socket) => socket.pipe(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => server.close());

  test('connects without Nagle’s delay', async () => {
    const socket = await connectTcp({ host: '127.0.0.1', port });
    // Node has no getter; the flag stands under a symbol of its own.
    const symbol = Object.getOwnPropertySymbols(socket).find(
      ({ description }) => description === 'kSetNoDelay',
    );
    assert.ok(symbol);
    assert.equal((socket as unknown as Record<symbol, unknown>)[symbol], true);
    socket.destroy();
  });

  test('a signal cancels', async () => {
    await assert.rejects(dialTcp({ host: '127.0.0.1', port })({ signal: AbortSignal.abort() }), {
      code: 'CANCELLED',
    });
  });

  test('REFUSED and DNS name the host', async () => {
    await assert.rejects(dialTcp({ host: '127.0.0.1', port: 1 })(), {
      code: 'REFUSED',
      host: '127.0.0.1',
      port: 1,
    });
    await assert.rejects(dialTcp({ host: 'no-such.invalid', port: 1 })(), {
      code: 'DNS',
      message: 'The name no-such.invalid has no address',
    });
  });

  /** The sentence of a time limit that is over before the connection, which takes a turn of the event loop, can be there. */
  async function timeLimit(host: string): Promise<string> {
    // timers come first after the phase of setImmediate, and sockets after them
    await new Promise((resolve) => setImmediate(resolve));
    const dialled = connectTcp({ host, port, timeoutMs: 1 });
    const end = performance.now() + 5;
    while (performance.now() < end);
    return dialled.then(
      () => assert.fail('it is connected'),
      (error: Error) => error.message,
    );
  }

  function lookUp(t: TestContext, answers: boolean): void {
    const address = { address: '127.0.0.1', family: 4 };
    const lookup: typeof names.lookup = (_name, _options, done) => void (answers && done(null, [address]));
    t.mock.method(names, 'lookup', lookup);
  }

  test('a host that does not answer is told from a name that nobody answers for', async (t) => {
    const silent = (host: string): string => `${host}:${port} does not answer: no connection within 0.001 s`;
    assert.equal(await timeLimit('127.0.0.1'), silent('127.0.0.1'));
    lookUp(t, true);
    assert.equal(await timeLimit('kvm.example'), silent('kvm.example'));
    lookUp(t, false);
    assert.equal(
      await timeLimit('kvm.example'),
      'The name kvm.example could not be looked up within 0.001 s',
    );
  });

  test('a port that is none is BAD_CONFIG', async () => {
    for (const wrong of [0, 65_536, 1.5]) {
      await assert.rejects(dialTcp({ host: '127.0.0.1', port: wrong })(), { code: 'BAD_CONFIG' });
    }
  });
});

describe('dialling a unix socket', unix, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'virtlane-dial-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('connects and carries bytes', async () => {
    const where = path.join(folder, 'echo');
    const server = createServer((socket) => socket.pipe(socket));
    server.listen(where);
    await once(server, 'listening');
    const stream = await dialUnix(where)();
    stream.write('hello');
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    assert.equal(chunk.toString(), 'hello');
    stream.destroy();
    server.close();
  });

  test('a missing socket, and a file that is none, are NO_SUCH_SOCKET', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    for (const where of [path.join(folder, 'missing'), file]) {
      await assert.rejects(dialUnix(where)(), { code: 'NO_SUCH_SOCKET', path: where });
    }
  });
});
