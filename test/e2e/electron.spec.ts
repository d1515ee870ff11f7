import { mkdtemp, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { _electron, expect, test, type ElectronApplication, type Page } from '@playwright/test';

/** The desktop application as it is started by `npm start`, on the demo fleet. Needs Electron's binary, which npm does not install. */
const root = path.resolve(import.meta.dirname, '../..');

interface Launch {
  electronBinary: (root: string) => string | null;
  hasDisplay: () => boolean;
}
const load = async (name: string): Promise<Partial<Launch>> =>
  (await import(new URL(`../../main/launch/${name}.mjs`, import.meta.url).href)) as Partial<Launch>;
const { electronBinary } = await load('electron');
const { hasDisplay } = await load('app-window');

const binary = electronBinary?.(root) ?? null;
const reason =
  binary === null
    ? 'Electron’s binary is not in node_modules/electron/dist (npm start fetches it where it can)'
    : hasDisplay?.() === true
      ? null
      : 'there is no display';

test.describe('Electron', () => {
  if (reason !== null) console.log(`!!! SKIPPED: test/e2e/electron.spec.ts, because ${reason} !!!`);
  test.skip(reason !== null, reason ?? '');

  let folder = '';
  let app: ElectronApplication;
  let page: Page;
  // it refuses to run as root with its sandbox on
  const args = [root, '--demo', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  const environment = (data: string): Record<string, string> => {
    const { SSH_AUTH_SOCK: _agent, ...env } = process.env;
    return { ...(env as Record<string, string>), HOME: folder, VIRTLANE_DATA_DIR: path.join(folder, data) };
  };
  const launch = (data: string): Promise<ElectronApplication> =>
    _electron.launch({ executablePath: binary ?? '', args, env: environment(data) });

  test.beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'virtlane-electron-'));
    app = await launch('one');
    page = await app.firstWindow();
  });
  test.afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('shows the machines of the demo fleet', async () => {
    await expect(page.getByText('db-primary').first()).toBeVisible();
    expect(page.url()).toMatch(/^virtlane:\/\/app\/index\.html/);
  });

  test('the page has nothing of Node', async () => {
    const types = await page.evaluate(() =>
      ['process', 'require', 'module', 'Buffer', 'electron'].map(
        (name) => typeof Reflect.get(globalThis, name),
      ),
    );
    expect(types).toEqual(Array.from({ length: 5 }, () => 'undefined'));
  });

  test('the page opens no window and goes nowhere else', async () => {
    expect(await page.evaluate(() => window.open('about:blank') === null)).toBe(true);
    await page.evaluate(() => location.assign('file:///etc/passwd'));
    await expect(page.getByText('db-primary').first()).toBeVisible();
    expect(page.url()).toMatch(/^virtlane:\/\/app\//);
    expect(app.windows()).toHaveLength(1);
  });

  test('a second start with the same data ends; with other data it is another application', async () => {
    const second = spawn(binary ?? '', args, { env: environment('one'), stdio: 'ignore' });
    expect(await once(second, 'exit')).toEqual([0, null]);
    const other = await launch('two');
    await expect((await other.firstWindow()).getByText('db-primary').first()).toBeVisible();
    await other.close();
  });
});
