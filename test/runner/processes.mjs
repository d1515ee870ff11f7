// Commands of the runner: each in a process group of its own, with a limit, and all of them ended when the run is.
import { spawn } from 'node:child_process';
import { searchPath } from './debian.mjs';

/** Process groups under way. */
const running = new Set();

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    /* it ended in this moment */
  }
}

/** Ends what is running now, with all that it started. */
export function endRunning() {
  for (const pid of running) endGroup(pid);
}

/** With a name behind it, a line that says what a command does from now on; the limit begins anew with it. */
export const BEGINS = 'virtlane-begins: ';

/**
 * Resolves with the exit code and the name of what the command did last. What runs longer than the limit is ended, and `onLine` is told so.
 */
export function runBounded(command, args, { cwd, env = {}, limitMs, onLine }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, PATH: searchPath, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    if (child.pid !== undefined) running.add(child.pid);
    let name = args.at(-1);
    const done = (code) => {
      clearTimeout(timer);
      running.delete(child.pid);
      resolve({ code, name });
    };
    const timer = setTimeout(() => {
      onLine(`Ended after ${limitMs / 60_000} minutes: ${name}`);
      endGroup(child.pid);
    }, limitMs);
    const take = (line) => {
      if (!line.startsWith(BEGINS)) return onLine(line);
      name = line.slice(BEGINS.length);
      return timer.refresh();
    };
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) take(line);
      });
      stream.on('end', () => rest !== '' && take(rest));
    }
    child.on('error', (error) => {
      onLine(String(error));
      done(1);
    });
    child.on('close', (code) => done(code ?? 1));
  });
}
