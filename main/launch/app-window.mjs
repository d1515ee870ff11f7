// An app window of a browser that is installed: the nearest thing to a desktop application without Electron.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

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
 * Opens the page in an app window with a profile of its own, so that the process lives as long as the window.
 * The URL holds a token that is good once; the profile directory is private, other users see only the command's name
 * of this process while it starts.
 */
export function openAppWindow(browser, url, profileDir) {
  fs.mkdirSync(profileDir, { recursive: true, mode: 0o700 });
  const args = [
    `--app=${url}`,
    `--user-data-dir=${profileDir}`,
    '--no-first-run',
    '--no-default-browser-check',
  ];
  // Chromium refuses to run as root with its sandbox on
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return spawn(browser, args, { stdio: 'ignore' });
}
