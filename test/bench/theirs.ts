import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const SCRIPT = path.join(import.meta.dirname, 'theirs.py');
const env = { ...process.env, LC_ALL: 'C' };

/** Runs theirs.py; see its docstring. `T` is the object that the verb prints. */
export async function theirs<T>(...args: string[]): Promise<T> {
  const { stdout } = await run(PYTHON, [SCRIPT, ...args], { env });
  return JSON.parse(stdout) as T;
}

export interface Theirs<T> {
  /** One line to the verb; what it prints for it. */
  ask(...words: number[]): Promise<T>;
  end(): void;
}

/** Starts a verb of theirs.py that answers line by line, so that both sides can take turns. */
export function startTheirs<T>(verb: string, uri: string): Theirs<T> {
  const child = spawn(PYTHON, [SCRIPT, verb, uri], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (...words) => {
      child.stdin.write(`${words.join(' ')}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`theirs.py ${verb} ended`);
      return JSON.parse(value) as T;
    },
    end: () => child.stdin.end(),
  };
}
