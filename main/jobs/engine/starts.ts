import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { takeLock } from '../../launch/lock.mjs';

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

  /** @throws what `begin` throws; the file system's error where there can be no lock */
  alone<T>(begin: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(() => this.#locked(begin));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #locked<T>(begin: () => Promise<T>): Promise<T> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const giveBack = await takeLock(path.join(this.#dir, 'starting.lock'));
    try {
      return await begin();
    } finally {
      giveBack();
    }
  }
}
