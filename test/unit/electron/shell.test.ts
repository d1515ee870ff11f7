import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { runShell, type ShellPlace } from '../../../electron/app/shell.ts';
import { StandIn } from './stand-in.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'virtlane-shell-'));
after(() => rmSync(folder, { recursive: true }));
const PLACE: ShellPlace = {
  build: '/app/build',
  assets: '/app/assets',
  dataDir: path.join(folder, 'data'),
  platform: 'linux',
};

async function started(argv: string[] = [], platform: NodeJS.Platform = 'linux'): Promise<StandIn> {
  const standIn = new StandIn();
  await runShell(standIn.api(), { ...PLACE, platform }, argv);
  return standIn;
}

/** A message of a window's frame, as ipcMain gets it. */
function frame(url: string, parent: unknown = null): { senderFrame: object; answers: unknown[][] } {
  const answers: unknown[][] = [];
  return {
    answers,
    senderFrame: { url, parent, postMessage: (...message: unknown[]) => answers.push(message) },
  };
}

describe('the Electron shell', () => {
  it('opens a window that is sandboxed, isolated and without Node', async () => {
    const { windows } = await started();
    const preferences = windows[0]?.options['webPreferences'] as Record<string, unknown>;
    assert.deepEqual(
      ['contextIsolation', 'sandbox', 'nodeIntegration', 'webviewTag', 'webSecurity'].map(
        (name) => preferences[name],
      ),
      [true, true, false, false, true],
    );
    assert.deepEqual(windows[0]?.loaded, ['virtlane://app/index.html']);
  });

  it('is one instance for each data folder, whose files are its owner’s alone', async () => {
    const { app } = await started();
    const profile = path.join(PLACE.dataDir, 'electron');
    assert.deepEqual(app.asked, [['userData', profile], 'lock']);
    assert.equal(statSync(profile).mode & 0o777, 0o700);
  });

  it('has the menu that copy, paste and quit need on macOS, and none elsewhere', async () => {
    assert.deepEqual((await started([], 'darwin')).menus, [['appMenu', 'editMenu', 'windowMenu']]);
    assert.deepEqual((await started([], 'win32')).menus, [null]);
    assert.deepEqual((await started()).menus, [null]);
  });

  it('ends with its last window, except on macOS', async () => {
    for (const [platform, quits] of [
      ['linux', 1],
      ['win32', 1],
      ['darwin', 0],
    ] as const) {
      const { app } = await started([], platform);
      app.emit('window-all-closed');
      assert.equal(app.quits, quits, platform);
    }
  });

  it('quits when another instance runs already', async () => {
    const standIn = new StandIn();
    standIn.app.lock = false;
    await runShell(standIn.api(), PLACE, []);
    assert.equal(standIn.app.quits, 1);
    assert.equal(standIn.windows.length, 0);
  });

  it('brings its window to the front when it is started a second time', async () => {
    const { app, windows } = await started();
    app.emit('second-instance');
    assert.equal(windows[0]?.focused, 1);
  });

  it('refuses to navigate to a foreign page', async () => {
    const { windows } = await started();
    let refused = 0;
    const event = { preventDefault: () => (refused += 1) };
    windows[0]?.webContents.emit('will-navigate', event, 'https://example.org/');
    windows[0]?.webContents.emit('will-navigate', event, 'file:///etc/passwd');
    windows[0]?.webContents.emit('will-navigate', event, 'virtlane://app.example.org/');
    assert.equal(refused, 3);
    windows[0]?.webContents.emit('will-navigate', event, 'virtlane://app/index.html#/machines');
    assert.equal(refused, 3);
  });

  it('opens no window for a page; an https link goes to the browser', async () => {
    const { windows, opened } = await started();
    const handler = windows[0]?.webContents.openHandler;
    assert.deepEqual(handler?.({ url: 'https://example.org/' }), { action: 'deny' });
    assert.deepEqual(handler?.({ url: 'file:///etc/passwd' }), { action: 'deny' });
    assert.deepEqual(opened, ['https://example.org/']);
  });

  it('grants full screen to its own page alone, and no camera to anyone', async () => {
    const { handlers } = await started();
    const ask = (url: string, permission: string): boolean | null => {
      let answer: boolean | null = null;
      handlers.request?.({ getURL: () => url }, permission, (allow) => (answer = allow));
      return answer;
    };
    assert.equal(ask('virtlane://app/index.html', 'fullscreen'), true);
    assert.equal(ask('https://example.org/', 'fullscreen'), false);
    assert.equal(ask('virtlane://app/index.html', 'media'), false);
    assert.equal(handlers.check?.(null, 'fullscreen', 'https://example.org'), false);
  });

  it('joins a page and the core by a port', async () => {
    const { ipcMain, cores } = await started();
    const event = frame('virtlane://app/index.html#/machines');
    ipcMain.emit('virtlane:connect', event);
    assert.deepEqual(cores[0]?.posted, [{ message: { type: 'rpc' }, ports: [{ name: 'port1' }] }]);
    assert.deepEqual(event.answers, [['virtlane:port', { token: null }, [{ name: 'port2' }]]]);
  });

  it('hands no port to a foreign page or to a frame inside the page', async () => {
    const { ipcMain, cores } = await started();
    ipcMain.emit('virtlane:connect', frame('https://example.org/'));
    ipcMain.emit('virtlane:connect', frame('virtlane://app/index.html', {}));
    ipcMain.emit('virtlane:connect', { senderFrame: null });
    assert.deepEqual(cores[0]?.posted, []);
  });

  it('passes a console’s token on, and nothing that is not one', async () => {
    const { ipcMain, cores } = await started();
    const token = 'abcdefghijklmnop_-12';
    ipcMain.emit('virtlane:pipe', frame('virtlane://app/index.html'), token);
    ipcMain.emit('virtlane:pipe', frame('virtlane://app/index.html'), '../../etc');
    ipcMain.emit('virtlane:pipe', frame('virtlane://app/index.html'), { toString: () => token });
    assert.deepEqual(cores[0]?.posted, [{ message: { type: 'pipe', token }, ports: [{ name: 'port1' }] }]);
  });

  it('asks a person for a folder or a file for its own page alone', async () => {
    const { ipcMain, dialogs } = await started();
    const answer = ipcMain.answers.get('virtlane:choosePath');
    const own = frame('virtlane://app/index.html');
    assert.equal(await answer?.(own, 'folder'), null, 'the dialog was closed');
    dialogs.chosen.push('/backup/web-img');
    assert.equal(await answer?.(own, 'file'), '/backup/web-img');
    for (const [event, kind] of [
      [frame('https://example.org/'), 'folder'],
      [frame('virtlane://app/index.html', {}), 'folder'],
      [own, 'anything'],
    ] as const)
      assert.equal(await answer?.(event, kind), null);
    assert.deepEqual(dialogs.asked, [{ properties: ['openDirectory'] }, { properties: ['openFile'] }]);
  });

  it('starts the core again when it ends by itself, and tells the window', async (t) => {
    const { cores, windows } = await started();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    cores[0]?.emit('exit', 1);
    t.mock.timers.tick(200);
    assert.equal(cores.length, 2);
    assert.deepEqual(windows[0]?.webContents.sent, [['virtlane:gone']]);
  });

  it('quits only after the core has closed, and does not start it again', async () => {
    const { app, cores } = await started();
    let held = 0;
    app.emit('before-quit', { preventDefault: () => (held += 1) });
    assert.equal(held, 1);
    assert.deepEqual(cores[0]?.posted, [{ message: { type: 'close' }, ports: [] }]);
    cores[0]?.emit('exit', 0);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(app.quits, 1);
    assert.equal(cores.length, 1);
    app.emit('before-quit', { preventDefault: () => (held += 1) });
    assert.equal(held, 1);
  });

  it('ends a core that does not close in time', async (t) => {
    const { app, cores } = await started();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    app.emit('before-quit', { preventDefault: () => undefined });
    t.mock.timers.tick(10_000);
    assert.equal(cores[0]?.kills, 1);
  });

  it('tells the core to open the demo fleet', async () => {
    const { cores } = await started(['electron', '.', '--demo']);
    assert.deepEqual(cores[0]?.args, [PLACE.dataDir, '1.2.3', '--demo']);
  });
});
