// An app window of a browser that is installed: the nearest thing to a desktop application without Electron.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** How long the page with the one-time URL is kept: a cold browser on a slow disk needs seconds. */
const PAGE_LIVES_MS = 30_000;

const NAMES = {
  linux: [
    'chromium',
    'chromium-browser',
    'google-chrome-stable',
    'google-chrome',
    'microsoft-edge-stable',
    'microsoft-edge',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [
    'Google\\Chrome\\Application\\chrome.exe',
    'Microsoft\\Edge\\Application\\msedge.exe',
    'Chromium\\Application\\chrome.exe',
  ],
};

/** Full path of the first browser found that can open an app window, or null. */
export function findBrowser(platform = process.platform, env = process.env) {
  const names = NAMES[platform] ?? NAMES.linux;
  const dirs =
    platform === 'win32'
      ? [env.ProgramFiles, env['ProgramFiles(x86)'], env.LOCALAPPDATA].filter((dir) => dir !== undefined)
      : platform === 'darwin'
        ? ['']
        : (env.PATH ?? '').split(':').filter((dir) => dir !== '');
  for (const name of names)
    for (const dir of dirs) {
      const candidate = path.join(dir, name);
      if (fs.existsSync(candidate)) return candidate;
    }
  return null;
}

/** Whether a window can be shown at all. */
export function hasDisplay(platform = process.platform, env = process.env) {
  return (
    platform === 'win32' || platform === 'darwin' || Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY)
  );
}

/**
 * Opens the page in an app window with a profile of its own, so that the process lives as long as the window. One profile for each port:
 * with a profile that is in use the browser would hand the page over and end at once.
 *
 * The URL lets one browser in. It is not in the arguments, which every user of this computer can read while the process runs, but in
 * a page that only its owner can read, which goes on to the URL and is removed when the window has had time to open.
 */
export function openAppWindow(browser, url, dataDir) {
  const { port } = new URL(url);
  const profile = path.join(writableBy(browser, dataDir), `browser-profile-${port}`);
  fs.mkdirSync(profile, { recursive: true, mode: 0o700 });
  const page = path.join(profile, 'open.html');
  fs.rmSync(page, { force: true });
  fs.writeFileSync(page, redirectTo(url), { mode: 0o600, flag: 'wx' });
  const args = [
    `--app=${pathToFileURL(page).href}`,
    `--user-data-dir=${profile}`,
    '--no-first-run',
    '--no-default-browser-check',
  ];
  // Chromium refuses to run as root with its sandbox on
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const child = spawn(browser, args, { stdio: 'ignore' });
  const remove = () => fs.rmSync(page, { force: true });
  const timer = setTimeout(remove, PAGE_LIVES_MS);
  child.once('exit', () => {
    clearTimeout(timer);
    remove();
  });
  return child;
}

/** A page that replaces itself, so that it stays in no history. */
export function redirectTo(url) {
  return `<!doctype html><meta charset="utf-8"><title>Virtlane</title><script>location.replace(${JSON.stringify(url).replaceAll('<', '\\u003c')})</script>`;
}

/** A browser from a snap sees no hidden folder of the home, but its own one. */
export function writableBy(browser, dataDir, home = os.homedir()) {
  const real = fs.existsSync(browser) ? fs.realpathSync(browser) : browser;
  const isSnap = real.includes('/snap') || real.endsWith('chromium-browser');
  const own = path.join(home, 'snap', 'chromium', 'common');
  return isSnap && fs.existsSync(own) ? path.join(own, 'virtlane') : dataDir;
}
