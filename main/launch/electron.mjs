// Where Electron's binary is, and fetching it at the first start: packages run no code at installation here (.npmrc).
import { fork, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** How long a download may stand still before it is given up. */
const STALL_MS = 8000;
/** An Electron that ends with an error before this has not shown a window. */
const NOT_STARTED_MS = 5000;

/** Path of Electron's binary, or null when it is not there. */
export function electronBinary(root) {
  const dir = path.join(root, 'node_modules', 'electron');
  try {
    const binary = path.join(dir, 'dist', fs.readFileSync(path.join(dir, 'path.txt'), 'utf8').trim());
    return fs.existsSync(binary) ? binary : null;
  } catch {
    return null; // not fetched yet
  }
}

/** Fetches the binary, with progress on one line. Answers null when it was fetched, else the reason in a few words. */
export function fetchElectron(root, output = process.stderr) {
  const dir = path.join(root, 'node_modules', 'electron');
  if (!fs.existsSync(dir)) return Promise.resolve('its package is not installed');
  return new Promise((resolve) => {
    const child = fork(path.join(import.meta.dirname, 'fetch-electron.mjs'), [dir], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let shown = false;
    let extracting = false;
    const giveUp = () => {
      child.kill('SIGKILL');
      finish(`nothing arrived for ${STALL_MS / 1000} s`);
    };
    let timer = setTimeout(giveUp, STALL_MS);
    const finish = (reason) => {
      clearTimeout(timer);
      if (shown) output.write('\n');
      resolve(reason);
    };
    child.on('message', ({ percent, transferred }) => {
      clearTimeout(timer);
      extracting ||= transferred < 0;
      if (!extracting) timer = setTimeout(giveUp, STALL_MS);
      output.write(`\rFetching Electron, once: ${String(Math.round(percent * 100)).padStart(3)} %`);
      shown = true;
    });
    child.on('error', (error) => finish(error.message));
    child.on('exit', (code) => finish(code === 0 ? null : 'it could not be downloaded'));
  });
}

/** Runs Electron until it is closed; false when it does not start: it refuses to run as root, and where its sandbox is not allowed. */
export async function runElectron(binary, args) {
  const started = Date.now();
  const child = spawn(binary, args, { stdio: 'inherit' });
  const code = await new Promise((resolve) => child.on('error', () => resolve(1)).on('close', resolve));
  return code === 0 || Date.now() - started > NOT_STARTED_MS;
}
