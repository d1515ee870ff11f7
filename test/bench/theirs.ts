import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs theirs.py; see its docstring. `T` is the object that the verb prints. */
export async function theirs<T>(...args: string[]): Promise<T> {
  const script = path.join(import.meta.dirname, 'theirs.py');
  const { stdout } = await run('/usr/bin/python3', [script, ...args], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  return JSON.parse(stdout) as T;
}
