import type { CoreProcess, ElectronApi, IpcEvent, Port } from './api.ts';
import { isTrusted } from './origin.ts';
import { answerSecret, isSecretRequest, type SecretStore } from './secrets.ts';

export interface CoreHostOptions {
  /** Compiled entry of the utility process. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly secrets: SecretStore;
}

/** Hosts say goodbye within 2 s; jobs get as long to end. */
const CLOSE_LIMIT_MS = 10_000;

const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

/**
 * The core in its utility process. Windows get a port to it for the contract and one for each console; this process only hands
 * the ports over and never sees what goes through them. When the core ends by itself it is started again and windows are told.
 */
export class CoreHost {
  readonly #api: Pick<ElectronApi, 'utilityProcess' | 'MessageChannelMain' | 'BrowserWindow'>;
  readonly #options: CoreHostOptions;
  #core: CoreProcess | null = null;
  #stopped = false;
  #restarts = 0;

  constructor(
    api: Pick<ElectronApi, 'utilityProcess' | 'MessageChannelMain' | 'BrowserWindow'>,
    options: CoreHostOptions,
  ) {
    this.#api = api;
    this.#options = options;
    this.#start();
  }

  /** Starts to listen to the windows' requests for ports. */
  listen(ipcMain: ElectronApi['ipcMain']): void {
    ipcMain.on('virtlane:connect', (event) => {
      if (isTrusted(event)) this.#join(event, { type: 'rpc' }, 'virtlane:port');
    });
    ipcMain.on('virtlane:pipe', (event, token: unknown) => {
      if (isTrusted(event) && typeof token === 'string' && TOKEN.test(token))
        this.#join(event, { type: 'pipe', token }, 'virtlane:pipePort');
    });
  }

  /** Asks the core to close its hosts and consoles, then ends it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const core = this.#core;
    if (core === null) return;
    await new Promise<void>((resolve) => {
      // a core that hangs must not keep the application from quitting
      const timer = setTimeout(() => core.kill(), CLOSE_LIMIT_MS);
      core.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      core.postMessage({ type: 'close' });
    });
  }

  #start(): void {
    const core = this.#api.utilityProcess.fork(this.#options.entry, [...this.#options.args], {
      serviceName: 'Virtlane core',
      stdio: 'inherit',
      // names are looked up on libuv's threads: four hosts with a dead resolver must not hold up the others' files and names
      env: { UV_THREADPOOL_SIZE: '32', ...process.env },
    });
    this.#core = core;
    core.on('message', (message: unknown) => {
      if (isSecretRequest(message)) core.postMessage(answerSecret(this.#options.secrets, message));
    });
    core.once('exit', () => {
      this.#core = null;
      for (const window of this.#api.BrowserWindow.getAllWindows()) window.webContents.send('virtlane:gone');
      if (this.#stopped) return;
      // a core that cannot come up must not be started in a tight loop
      this.#restarts += 1;
      setTimeout(() => this.#stopped || this.#start(), Math.min(2 ** this.#restarts * 100, 30_000));
    });
  }

  #join(event: IpcEvent, request: Record<string, unknown>, answer: string): void {
    if (this.#core === null) return;
    const { port1, port2 }: { port1: Port; port2: Port } = new this.#api.MessageChannelMain();
    this.#core.postMessage(request, [port1]);
    event.senderFrame?.postMessage(answer, { token: request['token'] ?? null }, [port2]);
  }
}
