import type * as electron from 'electron';

/**
 * The parts of Electron that the shell uses. Only main.ts imports Electron itself and hands it in, so that everything else is
 * tested against a stand-in where its binary cannot be had.
 */
export type ElectronApi = Pick<
  typeof electron,
  | 'app'
  | 'BrowserWindow'
  | 'dialog'
  | 'ipcMain'
  | 'Menu'
  | 'MessageChannelMain'
  | 'protocol'
  | 'safeStorage'
  | 'session'
  | 'shell'
  | 'utilityProcess'
>;
export type Window = electron.BrowserWindow;
export type CoreProcess = electron.UtilityProcess;
export type IpcEvent = electron.IpcMainEvent;
export type Menu = electron.Menu;
export type Port = electron.MessagePortMain;
