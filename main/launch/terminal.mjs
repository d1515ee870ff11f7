// The terminal that `npm start` runs in.
import { spawnSync } from 'node:child_process';

/**
 * Calls back for each Enter. Answers whether there is somebody who can press it: not when the input is no terminal, nor in the background,
 * where a process that reads from the terminal is stopped.
 */
export function onEnter(input, act, isForeground = inForeground) {
  if (input.isTTY !== true || !isForeground()) return false;
  // the terminal may go away; that is told by a signal
  input.on('error', () => undefined);
  input.setEncoding('utf8').on('data', (text) => {
    if (text.includes('\n')) act();
  });
  return true;
}

function inForeground() {
  if (process.platform === 'win32') return true;
  const { status, stdout } = spawnSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], {
    encoding: 'utf8',
  });
  const [own, terminals] = status === 0 ? stdout.trim().split(/\s+/) : [];
  return own === terminals;
}
