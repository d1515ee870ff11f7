// What `npm start` does: the app in Electron, else in a browser.
import path from 'node:path';
import { findBrowser, hasDisplay, openAppWindow } from './app-window.mjs';
import { startCore } from './core-process.mjs';
import { electronBinary, fetchElectron, runElectron } from './electron.mjs';
import { HELP, readOptions } from './options.mjs';
import { ensureBuilt, ensureInstalled } from './prepare.mjs';
import { onEnter } from './terminal.mjs';

const root = path.resolve(import.meta.dirname, '../..');

/** Runs until the app is closed. Answers with the exit code. */
export async function start(args) {
  let options;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  try {
    await ensureInstalled(root);
    await ensureBuilt(root);
    if (!options.browser && (await electron(options))) return 0;
    return await browser(options);
  } catch (error) {
    console.error(`Virtlane did not start. ${error.message}`);
    return 1;
  }
}

/** Runs Electron until it is closed; false when its binary cannot be had. */
async function electron({ demo }) {
  if (!hasDisplay()) {
    console.log('There is no display, so Virtlane serves a browser.');
    return false;
  }
  if (electronBinary(root) === null) {
    const reason = await fetchElectron(root);
    if (reason !== null)
      console.log(`Electron cannot be had here (${reason}), so Virtlane opens in a browser.`);
  }
  const binary = electronBinary(root);
  if (binary === null) return false;
  if (await runElectron(binary, [root, ...(demo ? ['--demo'] : [])])) return true;
  console.log('Electron does not start here, so Virtlane opens in a browser.');
  return false;
}

/** Serves a browser until its window is closed, or Ctrl C. */
async function browser({ open, port, demo }) {
  const core = await startCore(root, { port, demo });
  const end = () => void core.close();
  process.once('SIGINT', end).once('SIGTERM', end);
  const canAsk = onEnter(process.stdin, () => void core.nextUrl().then(sayAnother, () => undefined));
  const found = open && hasDisplay() ? findBrowser() : null;
  let window = null;
  if (found === null) {
    console.log(
      `\nVirtlane is at ${core.url}\n\nOpen this address in a browser on this computer; it is good once. Ctrl C ends Virtlane.`,
    );
  } else {
    console.log(
      `Virtlane opens in ${path.basename(found)}. Close its window, or press Ctrl C here, to end it.`,
    );
    window = openAppWindow(found, core.url, core.dataDir)
      .on('error', (error) =>
        console.log(`The browser did not start (${error.message}). Virtlane is at ${core.url}`),
      )
      .on('exit', end);
  }
  if (canAsk) console.log('Enter prints another address, for another browser.');
  const how = await core.ended;
  process.stdin.pause();
  window?.kill();
  if (how === null) return 0;
  console.error(`Virtlane's core ended by itself (${how}).`);
  return 1;
}

function sayAnother(url) {
  console.log(`Another address, good once: ${url}`);
}
