import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { connectInMemory } from '../bridge/connection.ts';
import { serveHttp } from '../bridge/serve-http.ts';
import { createCore } from '../service/core.ts';
import { dataDir } from '../settings/data-dir.ts';

export interface BrowserModeOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Open the demo fleet at once. */
  readonly demo: boolean;
  /** The checkout, or the installed application. */
  readonly root: string;
  /** Origins of a development server whose pages may connect too. */
  readonly devOrigins?: readonly string[];
}

export interface BrowserMode {
  /** Good for one browser, once. */
  readonly url: string;
  readonly dataDir: string;
  close(): Promise<void>;
}

/** The whole application without Electron: the core, and a loopback server for the window. */
export async function startBrowserMode(options: BrowserModeOptions): Promise<BrowserMode> {
  const { version } = JSON.parse(await readFile(path.join(options.root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const home = os.homedir();
  const dir = dataDir({ env: process.env, platform: process.platform, home });
  const core = await createCore({ dataDir: dir, shell: 'browser', version, home });
  const server = await serveHttp(core, {
    port: options.port,
    rendererDir: path.join(options.root, 'build', 'renderer'),
    devOrigins: options.devOrigins ?? [],
  }).catch(async (error: unknown) => {
    await core.close();
    throw error;
  });
  if (options.demo) await openDemo(core);
  return {
    url: server.url,
    dataDir: dir,
    close: async () => {
      await server.close();
      await core.close();
    },
  };
}

async function openDemo(core: Parameters<typeof connectInMemory>[0]): Promise<void> {
  const connection = connectInMemory(core);
  try {
    await connection.client.host.openDemo();
  } finally {
    connection.close();
  }
}
