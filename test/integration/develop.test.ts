import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connectWebSocket, openSession } from '../../main/bridge/connection.ts';
import { until } from '../support/wait.ts';

const root = path.resolve(import.meta.dirname, '../..');
const electron = (await import(new URL('../../main/launch/electron.mjs', import.meta.url).href)) as {
  electronBinary: (root: string) => string | null;
};

suite('the commands of those who work on Virtlane', () => {
  let dir = '';
  let child: ChildProcess | null = null;
  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-develop-'));
  });
  after(async () => {
    child?.kill();
    await rm(dir, { recursive: true });
  });

  function run(script: string, args: string[], env: Record<string, string>): () => string {
    let output = '';
    child = spawn(process.execPath, [path.join(root, 'main/launch', script), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return () => output;
  }

  test('npm run dev serves the window from source, joined to a core from source', async () => {
    const port = await freePort();
    const output = run('dev.mjs', ['--demo', '--port', String(port)], { VIRTLANE_DATA_DIR: dir });
    const url = (await until(() => /http:\S+#token=\S+/.exec(output()), 'the address'))[0];
    assert.equal(new URL(url).port, String(port));
    const page = await until(() => fetch(url).then((response) => response.text()), 'vite');
    assert.match(page, /@vite\/client/);
    // through vite, as the page does
    const connection = await connectWebSocket(new URL(url).origin, { session: await openSession(url) });
    assert.equal((await connection.client.host.list()).length, 3);
    connection.close();
    child?.kill('SIGINT');
    await once(child ?? assert.fail(), 'exit');
    await until(
      () =>
        fetch(url).then(
          () => false,
          () => true,
        ),
      'vite to end',
    );
  });

  test('npm run dist says that there is no installer where Electron cannot be had', async (t) => {
    if (electron.electronBinary(root) !== null)
      return t.skip('Electron is here, so installers would be made');
    const output = run('dist.mjs', [], {
      ELECTRON_MIRROR: 'http://127.0.0.1:1/',
      electron_config_cache: path.join(dir, 'cache'),
    });
    assert.deepEqual(await once(child ?? assert.fail(), 'close'), [1, null]);
    assert.match(
      output(),
      /^No installer was made: Electron's binary cannot be had here \(it could not be downloaded\)\. Run this where .* or set ELECTRON_MIRROR\.\n$/m,
    );
  });
});

/** A free port whose successor is free too, as far as can be known. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
