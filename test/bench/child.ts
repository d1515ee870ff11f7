import { fork } from 'node:child_process';
import path from 'node:path';

export interface Child<Ready> {
  /** The first message it sent. */
  readonly ready: Ready;
  onMessage(listener: (message: unknown) => void): void;
  /** Resolves when it has ended by itself. */
  readonly exited: Promise<number | null>;
  end(): Promise<void>;
}

/** Runs a file of this folder in a process of its own, so that what it costs is not counted here. */
export async function startInChild<Ready>(file: string, ...args: string[]): Promise<Child<Ready>> {
  const child = fork(path.join(import.meta.dirname, file), args, { execArgv: ['--import', 'tsx'] });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = await new Promise<Ready>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Ready));
    void exited.then((code) => reject(new Error(`${file} ended with ${code} before it was ready`)));
  });
  return {
    ready,
    exited,
    onMessage: (listener) => child.on('message', listener),
    end: async () => {
      child.kill();
      await exited;
    },
  };
}

/** For the child: tells the bench something. */
export function tell(message: object): void {
  process.send?.(message);
}
