import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailureError } from '../../hosts/failures.ts';
import { tryLock, type Lock } from '../../launch/lock.mjs';

const LOOK_MS = 100;
/** Nobody has it for longer than a few files take. */
const LIMIT_MS = 30_000;

/**
 * One job begins at a time in all programs that share the folder: who has seen that no other works on a machine has its own journal there before the next one
 * looks.
 */
export class Starts {
  readonly #dir: string;
  /** Of this program they come one after the other, without waiting for the lock's next look. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * @param begin asks nobody, and waits for no host
   * @throws what `begin` throws; FailureError CONFLICT where another program does not end; the file system's error where there can be no lock
   */
  alone<T>(begin: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(() => this.#locked(begin));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #locked<T>(begin: () => Promise<T>): Promise<T> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const giveBack = await this.#lock(path.join(this.#dir, 'starting.lock'));
    try {
      return await begin();
    } finally {
      giveBack();
    }
  }

  async #lock(file: string): Promise<Lock> {
    for (let waited = 0; waited <= LIMIT_MS; waited += LOOK_MS) {
      const lock = await tryLock(file);
      if (lock !== null) return lock;
      await sleep(LOOK_MS);
    }
    throw new FailureError({
      code: 'CONFLICT',
      message: `Another Virtlane begins a job, and has not done so for half a minute. If it hangs, end it, and try again.`,
    });
  }
}
