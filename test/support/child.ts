import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { bundle } from '../runner/bundle.mjs';

/** What was bundled in this process, by its source. */
const bundles = new Map<string, Promise<string>>();

/** A file of the tests as a process of its own, with these arguments; what it writes to its standard error is seen. */
export async function startChild(file: string, args: readonly string[]): Promise<ChildProcess> {
  const bundled = bundles.get(file) ?? bundle(file);
  bundles.set(file, bundled);
  return spawn(process.execPath, ['--enable-source-maps', await bundled, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The signal by which it ended; null when it ended by itself. */
export async function endOf(child: ChildProcess): Promise<NodeJS.Signals | null> {
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal;
}
