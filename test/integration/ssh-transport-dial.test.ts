import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connectTcp, dialTcp } from '../../drivers/transport/dial-tcp.ts';
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
