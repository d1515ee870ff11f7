import os from 'node:os';
import type { MessageEvent, ParentPort } from 'electron';
import { connectInMemory } from '../../main/bridge/connection.ts';
import { serveMessagePort, servePipePort } from '../../main/bridge/serve-port.ts';
import { createCore, type Core } from '../../main/service/core.ts';
import { demoJobsDir } from '../../main/settings/data-dir.ts';
import { RemoteSecrets } from './remote-secrets.ts';

interface Request {
  readonly type: 'rpc' | 'pipe' | 'close';
  readonly token?: string;
}

/** The utility process: the core, with ports handed in by the application's main process. */
async function main(
  parent: ParentPort,
  [dataDir = '', version = '', ...flags]: readonly string[],
): Promise<void> {
  const secrets = new RemoteSecrets(parent);
  // requests may come before the core is up: they wait for it in order
  const { promise: started, resolve } = withResolvers<Core>();
  parent.on('message', (event: MessageEvent) => {
    if (!secrets.take(event.data)) void started.then((core) => serve(core, event));
  });
  await secrets.ready();
  // The demo fleet alone: saved hosts are neither connected nor shown, so that nothing real is taken for a part of it.
  const demo = flags.includes('--demo');
  const home = os.homedir();
  const core = await createCore({
    dataDir,
    shell: 'electron',
    version,
    home,
    secrets,
    transient: demo,
    ...(demo ? { jobsDir: demoJobsDir(dataDir) } : {}),
  });
  if (demo) {
    const connection = connectInMemory(core);
    await connection.client.host.openDemo().finally(() => connection.close());
  }
  resolve(core);
}

async function serve(core: Core, event: MessageEvent): Promise<void> {
  const request = event.data as Request;
  const [port] = event.ports;
  if (request.type === 'rpc' && port !== undefined) serveMessagePort(core, port);
  if (request.type === 'pipe' && port !== undefined) await servePipePort(core, port, request.token ?? '');
  if (request.type === 'close') {
    await core.close();
    process.exit(0);
  }
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((take) => {
    resolve = take;
  });
  return { promise, resolve };
}

await main(process.parentPort, process.argv.slice(2));
