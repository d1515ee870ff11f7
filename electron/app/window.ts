import path from 'node:path';
import type { ElectronApi, Window } from './api.ts';
import { isOwnPage, START_URL } from './origin.ts';

/** What a page of ours may ask for: the console's full screen, its keys, and the clipboard. */
const PERMISSIONS: ReadonlySet<string> = new Set([
  'fullscreen',
  'keyboardLock',
  'clipboard-sanitized-write',
  'clipboard-read',
]);

export interface WindowOptions {
  /** Compiled preload script. */
  readonly preload: string;
  readonly icon: string;
}

/** Opens a window that holds the bundle and can do nothing else: sandboxed, isolated, without Node, going nowhere. */
export function openWindow(
  api: Pick<ElectronApi, 'BrowserWindow' | 'shell'>,
  options: WindowOptions,
): Window {
  const window = new api.BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 390,
    minHeight: 480,
    show: false,
    title: 'Virtlane',
    icon: path.resolve(options.icon),
    backgroundColor: '#0e1116',
    webPreferences: {
      preload: path.resolve(options.preload),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      spellcheck: false,
    },
  });
  const { webContents } = window;
  webContents.on('will-navigate', (event, url) => {
    if (!isOwnPage(url)) event.preventDefault();
  });
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  webContents.setWindowOpenHandler(({ url }) => {
    // a link of the help goes to the person's own browser; nothing else opens anything
    if (url.startsWith('https://')) void api.shell.openExternal(url);
    return { action: 'deny' };
  });
  // the console takes keys such as Ctrl W and F11 for the guest: no menu may take them first
  webContents.on('before-input-event', (_event, input) => webContents.setIgnoreMenuShortcuts(!input.meta));
  window.once('ready-to-show', () => window.show());
  void window.loadURL(START_URL);
  return window;
}

/** Refuses every permission that PERMISSIONS does not name, and all of them to foreign pages. */
export function restrictPermissions({ session }: Pick<ElectronApi, 'session'>): void {
  session.defaultSession.setPermissionRequestHandler((contents, permission, answer) => {
    answer(PERMISSIONS.has(permission) && isOwnPage(contents.getURL()));
  });
  session.defaultSession.setPermissionCheckHandler((_contents, permission, origin) => {
    return PERMISSIONS.has(permission) && isOwnPage(origin);
  });
}
