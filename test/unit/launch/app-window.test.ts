import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ChildProcess } from 'node:child_process';

interface AppWindow {
  findBrowser(platform: string, env: Record<string, string>): string | null;
  hasDisplay(platform: string, env: Record<string, string>): boolean;
  openAppWindow(browser: string, url: string, dataDir: string): ChildProcess;
  redirectTo(url: string): string;
}

/** Plain JavaScript without types, as it runs before anything is installed. */
const file = new URL('../../../main/launch/app-window.mjs', import.meta.url).href;

describe('the app window of browser mode', () => {
  let dir = '';
  let launch: AppWindow;
  before(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'virtlane-window-'));
    launch = (await import(file)) as AppWindow;
  });
  after(() => rm(dir, { recursive: true }));

  it('has no secret in its arguments: the one-time URL is in a page for its owner alone', async () => {
    const browser = path.join(dir, 'browser');
    await writeFile(browser, `#!/bin/sh\necho "$@" > ${dir}/args\nsleep 0.3\n`, { mode: 0o755 });
    const child = launch.openAppWindow(browser, 'http://127.0.0.1:4711/#token=secret-words', dir);
    const profile = path.join(dir, 'browser-profile-4711');
    const page = path.join(profile, 'open.html');
    assert.equal((await stat(page)).mode & 0o777, 0o600);
    assert.match(await readFile(page, 'utf8'), /secret-words/);
    await new Promise((resolve) => child.once('exit', resolve));
    assert.doesNotMatch(await readFile(path.join(dir, 'args'), 'utf8'), /secret-words/);
    assert.deepEqual(await readdir(profile), [], 'the page is removed');
  });

  it('a URL cannot end the script that holds it', () => {
    assert.doesNotMatch(
      launch.redirectTo('http://127.0.0.1/</script><script>alert(1)'),
      /<\/script><script>alert/,
    );
  });

  it('no browser in the PATH: none is found', () => {
    assert.equal(launch.findBrowser('linux', { PATH: dir }), null);
  });

  it('a display is a variable on Linux, and always there elsewhere', () => {
    assert.equal(launch.hasDisplay('linux', {}), false);
    assert.equal(launch.hasDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' }), true);
    assert.equal(launch.hasDisplay('win32', {}), true);
  });
});
