import { mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { connectInMemory } from '../bridge/connection.ts';
import { serveHttp, type HttpServing } from '../bridge/serve-http.ts';
import { createCore } from '../service/core.ts';
import { dataDir, demoJobsDir } from '../settings/data-dir.ts';

export interface BrowserModeOptions {
  /** 0: a free port; null: that of the last time if it is free, else any. */
  readonly port: number | null;
  /** The demo fleet alone: saved hosts are neither connected nor shown, so that nothing real is taken for a part of it. */
  readonly demo: boolean;
  /** The checkout, or the installed application. */
  readonly root: string;
  /** Origins of a development server whose pages may connect too. */
  readonly devOrigins?: readonly string[];
}

export interface BrowserMode {
  /** Good for one browser, once. */
  readonly url: string;
  /** Another such address. */
  openUrl(): string;
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
  const core = await createCore({
    dataDir: dir,
    shell: 'browser',
    version,
    home,
    transient: options.demo,
    ...(options.demo ? { jobsDir: demoJobsDir(dir) } : {}),
  });
  const serve = (port: number): Promise<HttpServing> =>
    serveHttp(core, {
      port,
      rendererDir: path.join(options.root, 'build', 'renderer'),
      devOrigins: options.devOrigins ?? [],
    });
  const server = await (options.port === null ? serveAgain(dir, serve) : serve(options.port)).catch(
    async (error: unknown) => {
      await core.close();
      throw error;
    },
  );
  if (options.demo) await openDemo(core);
  return {
    url: server.url,
    openUrl: () => server.openUrl(),
    dataDir: dir,
    close: async () => {
      await server.close();
      await core.close();
    },
  };
}

/**
 * Serves on the port of the last time if it is free, else on any: what a browser keeps for a page (sizes, columns, theme) belongs to its
 * port too.
 */
async function serveAgain(dir: string, serve: (port: number) => Promise<HttpServing>): Promise<HttpServing> {
  const file = path.join(dir, 'port');
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch(() => undefined);
  const last = Number(await readFile(file, 'utf8').catch(() => '0'));
  const known = Number.isInteger(last) && last >= 1024 && last <= 65_535;
  const server = known ? await serve(last).catch(() => serve(0)) : await serve(0);
  // the port only helps: without it everything works
  if (!known) await writeFile(file, `${server.port}\n`, { mode: 0o600 }).catch(() => undefined);
  return server;
}

async function openDemo(core: Parameters<typeof connectInMemory>[0]): Promise<void> {
  const connection = connectInMemory(core);
  try {
    await connection.client.host.openDemo();
  } finally {
    connection.close();
  }
}
