import { EventEmitter } from 'node:events';
import type { ElectronApi } from '../../../electron/app/api.ts';

/** A stand-in of the parts of Electron that the shell uses: records what was asked, emits what a test says. */
export class StandIn {
  readonly app = Object.assign(new EventEmitter(), {
    lock: true,
    quits: 0,
    /** What was asked of the app before it was ready, in order. */
    asked: [] as unknown[],
    setPath: (name: string, folder: string) => this.app.asked.push([name, folder]),
    requestSingleInstanceLock: () => {
      this.app.asked.push('lock');
      return this.app.lock;
    },
    whenReady: () => Promise.resolve(),
    quit: () => {
      this.app.quits += 1;
    },
    getVersion: () => '1.2.3',
  });
  readonly windows: StandInWindow[] = [];
  readonly cores: StandInCore[] = [];
  readonly ipcMain = Object.assign(new EventEmitter(), {
    answers: new Map<string, (event: object, ...asked: unknown[]) => Promise<unknown>>(),
    handle: (name: string, answer: (event: object, ...asked: unknown[]) => Promise<unknown>) =>
      this.ipcMain.answers.set(name, answer),
  });
  /** What dialogs were asked for, and what a person chooses in them. */
  readonly dialogs = { asked: [] as unknown[], chosen: [] as string[] };
  readonly menus: unknown[] = [];
  readonly handlers: {
    request?: PermissionRequest;
    check?: PermissionCheck;
    protocol?: (request: { url: string }) => Promise<Response>;
  } = {};
  readonly opened: string[] = [];

  /** The whole, as the shell takes it. */
  api(): ElectronApi {
    const { windows, cores, handlers } = this;
    const BrowserWindow = Object.assign(
      function BrowserWindow(options: Record<string, unknown>) {
        const window = new StandInWindow(options);
        windows.push(window);
        return window;
      },
      { getAllWindows: () => windows, fromWebContents: () => windows[0] ?? null },
    );
    const parts = {
      app: this.app,
      BrowserWindow,
      ipcMain: this.ipcMain,
      dialog: {
        showOpenDialog: (_window: unknown, options: unknown) => {
          this.dialogs.asked.push(options);
          return Promise.resolve({ filePaths: this.dialogs.chosen });
        },
      },
      Menu: {
        setApplicationMenu: (menu: unknown) => this.menus.push(menu),
        buildFromTemplate: (items: { role: string }[]) => items.map(({ role }) => role),
      },
      MessageChannelMain: class {
        readonly port1 = { name: 'port1' };
        readonly port2 = { name: 'port2' };
      },
      protocol: {
        handle: (_scheme: string, handler: (request: { url: string }) => Promise<Response>) => {
          handlers.protocol = handler;
        },
      },
      safeStorage: { isEncryptionAvailable: () => false, getSelectedStorageBackend: () => 'basic_text' },
      session: {
        defaultSession: {
          setPermissionRequestHandler: (handler: PermissionRequest) => {
            handlers.request = handler;
          },
          setPermissionCheckHandler: (handler: PermissionCheck) => {
            handlers.check = handler;
          },
        },
      },
      shell: { openExternal: (url: string) => Promise.resolve(this.opened.push(url)) },
      utilityProcess: {
        fork: (entry: string, args: string[]) => {
          const core = new StandInCore(entry, args);
          cores.push(core);
          return core;
        },
      },
    };
    return parts as unknown as ElectronApi;
  }
}

type PermissionRequest = (
  contents: { getURL(): string },
  permission: string,
  answer: (allow: boolean) => void,
) => void;
type PermissionCheck = (contents: null, permission: string, origin: string) => boolean;

export class StandInWindow extends EventEmitter {
  readonly options: Record<string, unknown>;
  readonly loaded: string[] = [];
  focused = 0;
  readonly webContents = Object.assign(new EventEmitter(), {
    sent: [] as unknown[][],
    openHandler: (_details: { url: string }): { action: string } => ({ action: 'none' }),
    ignoresMenu: false,
    send: (...message: unknown[]) => this.webContents.sent.push(message),
    setWindowOpenHandler: (handler: (details: { url: string }) => { action: string }) => {
      this.webContents.openHandler = handler;
    },
    setIgnoreMenuShortcuts: (ignore: boolean) => {
      this.webContents.ignoresMenu = ignore;
    },
  });

  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
  }
  loadURL(url: string): Promise<void> {
    this.loaded.push(url);
    return Promise.resolve();
  }
  show(): void {}
  isMinimized(): boolean {
    return false;
  }
  restore(): void {}
  focus(): void {
    this.focused += 1;
  }
}

export class StandInCore extends EventEmitter {
  readonly entry: string;
  readonly args: readonly string[];
  readonly posted: { message: unknown; ports: unknown[] }[] = [];

  constructor(entry: string, args: readonly string[]) {
    super();
    this.entry = entry;
    this.args = args;
  }
  kills = 0;
  kill(): void {
    this.kills += 1;
  }
  postMessage(message: unknown, ports: unknown[] = []): void {
    this.posted.push({ message, ports });
  }
}
