import type { ElectronApi } from './api.ts';
import { isTrusted } from './origin.ts';

const PROPERTIES = { folder: 'openDirectory', file: 'openFile' } as const;

/** Answers a page of the app with the path that a person chooses in the system's own dialog; null: none. */
export function answerPaths({
  ipcMain,
  dialog,
  BrowserWindow,
}: Pick<ElectronApi, 'ipcMain' | 'dialog' | 'BrowserWindow'>): void {
  ipcMain.handle('virtlane:choosePath', async (event, kind: unknown) => {
    const window = BrowserWindow.fromWebContents(event.sender);
    if (!isTrusted(event) || window === null || (kind !== 'folder' && kind !== 'file')) return null;
    const { filePaths } = await dialog.showOpenDialog(window, { properties: [PROPERTIES[kind]] });
    return filePaths[0] ?? null;
  });
}
