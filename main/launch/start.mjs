// `npm start`: installs what is missing, builds what is stale, opens the app. Plain Node, without dependencies until then.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findBrowser, hasDisplay, openAppWindow } from './app-window.mjs';
import { electronBinary, fetchElectron } from './electron.mjs';
import { checkNode, ensureBuilt, ensureInstalled } from './prepare.mjs';

/** An Electron that ends with an error before this has not shown a window. */
const NOT_STARTED_MS = 5000;

const HELP = `npm start [-- OPTIONS]

  --browser     use a browser in place of Electron
  --no-open     start the server, print its address, open nothing (implies --browser)
  --port N      listen on this port of 127.0.0.1 (implies --browser); a free one by default
  --demo        open the demo fleet: three simulated hosts
  --help        this text`;

// import.meta.dirname is not there on the Nodes that checkNode is for
const root = fileURLToPath(new URL('../..', import.meta.url));

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        browser: { type: 'boolean' },
        'no-open': { type: 'boolean' },
        port: { type: 'string' },
        demo: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const port = values.port === undefined ? 0 : Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65535)
      throw new Error(`--port ${values.port}: not a port number`);
    return { ...values, port };
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** Runs Electron until it is closed; false when its binary cannot be had. */
async function electron(options) {
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
  const child = spawn(binary, [root, ...(options.demo ? ['--demo'] : [])], { stdio: 'inherit' });
  const started = Date.now();
  const code = await new Promise((resolve) => child.on('error', () => resolve(1)).on('close', resolve));
  // It refuses to run as root, and where its sandbox is not allowed.
  if (code === 0 || Date.now() - started > NOT_STARTED_MS) return true;
  console.log('Electron does not start here, so Virtlane opens in a browser.');
  return false;
}

async function browser(options) {
  const { startBrowserMode } = await import('../../build/main/launch/browser-mode.js');
  const server = await startBrowserMode({ port: options.port, demo: options.demo === true, root });
  const end = () => void server.close().finally(() => process.exit(0));
  process.once('SIGINT', end).once('SIGTERM', end);
  const found = options['no-open'] === true || !hasDisplay() ? null : findBrowser();
  if (found === null) {
    console.log(
      `\nVirtlane is at ${server.url}\n\nOpen this address in a browser on this computer; it is good once. Ctrl C ends Virtlane.`,
    );
    return;
  }
  console.log(
    `Virtlane opens in ${path.basename(found)}. Close its window, or press Ctrl C here, to end it.`,
  );
  openAppWindow(found, server.url, server.dataDir)
    .on('error', (error) =>
      console.log(`The browser did not start (${error.message}). Virtlane is at ${server.url}`),
    )
    .on('exit', end);
}

checkNode();
const options = readOptions();
if (options.help) {
  console.log(HELP);
} else {
  try {
    await ensureInstalled(root);
    await ensureBuilt(root);
    const wantsBrowser = options.browser || options['no-open'] || options.port !== 0;
    if (wantsBrowser || !(await electron(options))) await browser(options);
  } catch (error) {
    console.error(`Virtlane did not start. ${error.message}`);
    process.exitCode = 1;
  }
}
