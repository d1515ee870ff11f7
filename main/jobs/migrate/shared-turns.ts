import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pause, type Clock } from '../../hosts/clock.ts';
import { tryLock } from '../../launch/lock.mjs';
import { Turns } from './turns.ts';

/** How often is looked whether another program has given one back. */
const LOOK_MS = 500;

export interface SharedTurnsOptions {
  readonly clock: Clock;
  readonly most: number;
  /** Where their locks are, of all programs that share it. */
  readonly dir: string;
}

/**
 * Turns at hosts that the programs of one user have together: each is a lock that a living process holds, so that those of one that died are free. A host
 * is known by its address, whoever logs in: under two addresses it is two.
 */
export class SharedTurns {
  readonly #options: SharedTurnsOptions;
  /** Of this program: who came first goes first, and no more look for a lock than there are turns. */
  readonly #own: Turns;

  constructor(options: SharedTurnsOptions) {
    this.#options = options;
    this.#own = new Turns(options.most);
  }

  /**
   * Resolves when there is a turn at each of these hosts, with what gives it back, once.
   * @param uris of the hosts
   * @param onWait called once, where there is none at once
   * @throws the signal's reason; the file system's error
   */
  async take(uris: readonly string[], signal: AbortSignal, onWait: () => void): Promise<() => void> {
    let isTold = false;
    const wait = (): void => {
      if (!isTold) onWait();
      isTold = true;
    };
    const hosts = [...new Set(uris.map(addressOf))];
    const giveBackOwn = await this.#own.take(hosts, signal, wait);
    try {
      for (;;) {
        const giveBack = await this.#lockAll(hosts);
        if (giveBack !== null)
          return () => {
            giveBack();
            giveBackOwn();
          };
        wait();
        await pause(this.#options.clock, LOOK_MS, signal);
        signal.throwIfAborted();
      }
    } catch (error) {
      giveBackOwn();
      throw error;
    }
  }

  /** All of them or none: who has one and waits for another would hold up who has that. */
  async #lockAll(hosts: readonly string[]): Promise<(() => void) | null> {
    await mkdir(this.#options.dir, { recursive: true, mode: 0o700 });
    const taken: (() => void)[] = [];
    const giveBack = (): void => {
      for (const unlock of taken.splice(0)) unlock();
    };
    try {
      for (const host of hosts) {
        const unlock = await this.#lockOne(host);
        if (unlock === null) {
          giveBack();
          return null;
        }
        taken.push(unlock);
      }
      return giveBack;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  async #lockOne(host: string): Promise<(() => void) | null> {
    const { dir, most } = this.#options;
    const name = createHash('sha256').update(host).digest('hex').slice(0, 16);
    for (let number = 0; number < most; number += 1) {
      const unlock = await tryLock(path.join(dir, `${name}-${number}.lock`));
      if (unlock !== null) return unlock;
    }
    return null;
  }
}

/** Without what tells how to log in, and as whom: it is one libvirtd. */
function addressOf(uri: string): string {
  const [, driver = '', address = uri] = /^(\w+)(?:\+\w+)?:\/\/(?:[^/@]*@)?([^?]*)/.exec(uri) ?? [];
  return `${driver}://${address.toLowerCase()}`;
}
