import fs from 'node:fs';
import path from 'node:path';
import type { ElectronApi, Menu } from './api.ts';
import { answerPaths } from './choose-path.ts';
import { CoreHost } from './core-host.ts';
import { SecretStore } from './secrets.ts';
import { serveBundle } from './serve-bundle.ts';
import { openWindow, restrictPermissions } from './window.ts';

/** Where the shell runs. */
export interface ShellPlace {
  /** `build/`: what the compiler and vite wrote. */
  readonly build: string;
  readonly assets: string;
  /** Settings, accepted host keys, the log: the same folder as of the command line. Electron's own files are in `electron` below it. */
  readonly dataDir: string;
  readonly platform: NodeJS.Platform;
}

/**
 * Brings the application up: one instance for each data folder, one core, one window. Resolves when the window is on its way.
 * @throws when the data folder cannot be made
 */
export async function runShell(api: ElectronApi, place: ShellPlace, argv: readonly string[]): Promise<void> {
  const { app } = api;
  // the lock is one of this folder: an instance with other data is another one
  const profile = path.join(place.dataDir, 'electron');
  fs.mkdirSync(profile, { recursive: true, mode: 0o700 });
  app.setPath('userData', profile);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  await app.whenReady();
  serveBundle(api, path.join(place.build, 'renderer'));
  restrictPermissions(api);
  api.Menu.setApplicationMenu(menuOf(api, place.platform));
  const { dataDir } = place;
  const core = new CoreHost(api, {
    entry: path.join(place.build, 'electron', 'core', 'main.js'),
    args: [dataDir, app.getVersion(), ...(argv.includes('--demo') ? ['--demo'] : [])],
    secrets: new SecretStore(api.safeStorage, path.join(dataDir, 'secrets.json')),
  });
  core.listen(api.ipcMain);
  answerPaths(api);

  const open = (): void => {
    openWindow(api, {
      preload: path.join(place.build, 'electron', 'preload', 'preload.cjs'),
      icon: path.join(place.assets, 'icon.png'),
    });
  };
  open();
  app.on('second-instance', () => {
    const [window] = api.BrowserWindow.getAllWindows();
    if (window === undefined) return open();
    if (window.isMinimized()) window.restore();
    return window.focus();
  });
  app.on('activate', () => {
    if (api.BrowserWindow.getAllWindows().length === 0) open();
  });
  app.on('window-all-closed', () => {
    if (place.platform !== 'darwin') app.quit();
  });
  quitAfterCore(app, core);
}

/** Holds the end of the application back until the core has closed its hosts. */
function quitAfterCore(app: ElectronApi['app'], core: CoreHost): void {
  let closed = false;
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    void core.stop().finally(() => {
      closed = true;
      app.quit();
    });
  });
}

/** macOS takes copy, paste, hide and quit from the menu alone; elsewhere there is none, so that its keys are the guest's. */
function menuOf({ Menu }: Pick<ElectronApi, 'Menu'>, platform: NodeJS.Platform): Menu | null {
  if (platform !== 'darwin') return null;
  return Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]);
}
