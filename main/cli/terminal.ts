import type { Readable } from 'node:stream';

/** The keyboard of a terminal: process.stdin, or a test's. */
export type Keyboard = Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };

/** Signals that end a process; each is raised again once the terminal is restored. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Runs `work` with the terminal in raw mode: keys arrive one by one and unseen, Ctrl+C as a byte. The terminal is restored however it
 * ends, also when the process is told to end.
 */
export async function inRawMode<T>(keyboard: Keyboard, work: () => Promise<T>): Promise<T> {
  const restore = (): void => void keyboard.setRawMode?.(false);
  const stop = (signal: NodeJS.Signals): void => {
    restore();
    process.kill(process.pid, signal);
  };
  keyboard.setRawMode?.(true);
  process.once('exit', restore);
  for (const signal of ENDING) process.once(signal, stop);
  try {
    return await work();
  } finally {
    process.off('exit', restore);
    for (const signal of ENDING) process.off(signal, stop);
    restore();
  }
}
