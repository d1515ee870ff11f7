import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { WebSocket } from 'ws';
import { memoryPair } from '../../drivers/transport/memory.ts';
import { connectWebSocket, openSession } from '../../main/bridge/connection.ts';
import { serveHttp, type HttpServing } from '../../main/bridge/serve-http.ts';
import { socketProtocols } from '../../main/contract/pipe.ts';
import { INFO, standIn, type StandIn } from '../unit/bridge/stand-in.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}
interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

suite('browser mode on loopback', () => {
  let dir: string;
  let core: StandIn;
  let serving: HttpServing;

  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-http-'));
    await mkdir(path.join(dir, 'www/assets'), { recursive: true });
    await writeFile(path.join(dir, 'www/index.html'), '<!doctype html>hello');
    await writeFile(path.join(dir, 'www/assets/index-a1B2c3D4.js'), 'export {};');
    await writeFile(path.join(dir, 'secret.txt'), 'secret');
    await symlink(path.join(dir, 'secret.txt'), path.join(dir, 'www/link.txt'));
    core = standIn();
    serving = await serveHttp(core, { rendererDir: path.join(dir, 'www') });
  });
  after(async () => {
    await serving.close();
    await rm(dir, { recursive: true });
  });

  /** A request whose path and headers are sent as they stand. */
  function ask(target: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: serving.port, path: target, method, headers };
      const request = httpRequest(options, (response) => {
        const { statusCode = 0, headers: answered } = response;
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: statusCode, headers: answered, body: Buffer.concat(chunks).toString() }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  function post(token: string, origin = serving.origin): Promise<Answer> {
    return ask('/session', { method: 'POST', headers: { origin }, body: JSON.stringify({ token }) });
  }

  /** The HTTP status that refuses a WebSocket, or 101. `session` as a page sends it: null for none. */
  async function upgradeStatus(
    target: string,
    session: string | null,
    headers: Record<string, string>,
    port = serving.port,
  ): Promise<number> {
    const protocols = session === null ? [] : socketProtocols(session).filter((one) => one !== 'session.');
    const socket = new WebSocket(`ws://127.0.0.1:${port}${target}`, protocols, { headers });
    return new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        socket.terminate();
      });
      socket.on('open', () => {
        resolve(101);
        socket.terminate();
      });
      socket.on('error', () => undefined);
    });
  }

  test('listens on 127.0.0.1 only', async () => {
    const others = Object.values(os.networkInterfaces()).flatMap((list) => list ?? []);
    const other = others.find(({ internal, family }) => !internal && family === 'IPv4');
    if (other === undefined) return;
    const socket = connect(serving.port, other.address);
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
  });

  test('serves the window with a strict policy, never kept', async () => {
    const { status, headers, body } = await ask('/');
    assert.equal(status, 200);
    assert.equal(body, '<!doctype html>hello');
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-cache');
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; script-src 'self';/);
    assert.match(String(headers['content-security-policy']), new RegExp(`ws://127.0.0.1:${serving.port}`));
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
  });

  test('files with a hash in their name may be kept for ever', async () => {
    const { headers } = await ask('/assets/index-a1B2c3D4.js');
    assert.match(headers['cache-control'] ?? '', /immutable/);
    assert.match(headers['content-type'] ?? '', /javascript/);
  });

  const outside = ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..\\..\\secret.txt'];
  for (const bad of [...outside, '/link.txt', '/%', '/%00', '/assets', '/nothing.js', '//secret.txt'])
    test(`no way out of the folder: ${bad}`, async () => assert.equal((await ask(bad)).status, 404));

  test('another Host is refused (DNS rebinding)', async () => {
    assert.equal((await ask('/', { headers: { host: 'evil.example' } })).status, 421);
    assert.equal((await ask('/', { headers: { host: `localhost:${serving.port}` } })).status, 200);
  });

  test('other methods are refused', async () =>
    assert.equal((await ask('/', { method: 'PUT' })).status, 405));

  test('a token gives one session, and only to a page of this server', async () => {
    const token = new URL(serving.openUrl()).hash.slice('#token='.length);
    assert.equal((await post(token, 'http://evil.example')).status, 403);
    const first = await post(token);
    assert.equal(first.status, 200);
    assert.match(first.body, /^\{"session":"[\w-]{43}"\}$/);
    assert.equal(first.headers['cache-control'], 'no-store');
    assert.equal(first.headers['set-cookie'], undefined, 'a cookie would go to other ports too');
    assert.equal((await post(token)).status, 401);
  });

  for (const body of ['', '{', '7', '{"token":""}', '{"token":{}}', 'x'.repeat(5000)])
    test(`a body that holds no token gives none: ${body.slice(0, 20)}`, async () => {
      const answer = await ask('/session', { method: 'POST', headers: { origin: serving.origin }, body });
      assert.equal(answer.status, body.length > 1024 ? 413 : 401);
      assert.doesNotMatch(answer.body, /session/);
    });

  test('a WebSocket needs the session, this Origin and this Host', async () => {
    const session = await openSession(serving.openUrl());
    const { origin } = serving;
    assert.equal(await upgradeStatus('/rpc', session, { origin }), 101);
    assert.equal(await upgradeStatus('/rpc', null, { origin }), 401);
    assert.equal(await upgradeStatus('/rpc', 'x'.repeat(43), { origin }), 401);
    assert.equal(await upgradeStatus('/rpc', '', { origin }), 401);
    assert.equal(await upgradeStatus('/rpc', session, { origin: 'http://evil.example' }), 403);
    assert.equal(await upgradeStatus('/rpc', session, {}), 403);
    assert.equal(await upgradeStatus('/rpc', session, { origin, host: 'evil.example' }), 403);
    assert.equal(await upgradeStatus('/pipe?token=x', null, { origin }), 401);
    assert.equal(await upgradeStatus('/other', session, { origin }), 404);
  });

  test('a session is of one server: another one refuses it', async () => {
    const session = await openSession(serving.openUrl());
    const other = await serveHttp(core, { rendererDir: path.join(dir, 'www') });
    try {
      assert.equal(await upgradeStatus('/rpc', session, { origin: other.origin }, other.port), 401);
    } finally {
      await other.close();
    }
  });

  test('the answer chooses a subprotocol and does not repeat the session', async () => {
    const session = await openSession(serving.openUrl());
    const socket = new WebSocket(`ws://127.0.0.1:${serving.port}/rpc`, socketProtocols(session), {
      origin: serving.origin,
    });
    await once(socket, 'open');
    assert.equal(socket.protocol, 'virtlane');
    socket.terminate();
  });

  test('a path that is no URL harms nobody', async () => {
    const session = await openSession(serving.openUrl());
    const { origin } = serving;
    assert.equal(await upgradeStatus('//', session, { origin }), 400);
    assert.equal(await upgradeStatus('//', null, { origin: 'http://evil.example' }), 403);
    assert.equal((await ask('//')).status, 404);
  });

  test('two windows share one session', async () => {
    const session = await openSession(serving.openUrl());
    const open = () => connectWebSocket(serving.origin, { session });
    const [one, two] = await Promise.all([open(), open()]);
    assert.deepEqual(await one.client.app.info(), INFO);
    assert.deepEqual(await two.client.app.info(), INFO);
    one.close();
    two.close();
    await Promise.all([one.closed, two.closed]);
  });

  test('a closed window aborts what it asked for', async () => {
    const connection = await connectWebSocket(serving.origin, {
      session: await openSession(serving.openUrl()),
    });
    const call = connection.client.domain.start({ host: 'a', uuid: 'hang' });
    call.catch(() => undefined);
    await core.logged('start hang');
    connection.close();
    await core.logged('start aborted');
    await assert.rejects(call);
  });

  test('a frame that is too large ends its own connection only', async () => {
    const session = await openSession(serving.openUrl());
    const big = await connectWebSocket(serving.origin, { session });
    const other = await connectWebSocket(serving.origin, { session });
    await assert.rejects(big.client.domain.start({ host: 'a', uuid: 'x'.repeat(9 * 1024 * 1024) }));
    await big.closed;
    assert.deepEqual(await other.client.app.info(), INFO);
    other.close();
  });

  test('a console’s bytes go both ways, and its end is told with the reason', async () => {
    const connection = await connectWebSocket(serving.origin, {
      session: await openSession(serving.openUrl()),
    });
    const [host, offered] = memoryPair();
    host.write('RFB 003.008\n');
    const { stream, ended } = await connection.openPipe(core.pipes.offer(offered).token);
    const [greeting] = (await once(stream, 'data')) as [Buffer];
    assert.equal(greeting.toString(), 'RFB 003.008\n');
    stream.write('hello');
    const [typed] = (await once(host, 'data')) as [Buffer];
    assert.equal(typed.toString(), 'hello');
    host.end();
    assert.equal((await ended).code, 'ended');
    connection.close();
  });
});
