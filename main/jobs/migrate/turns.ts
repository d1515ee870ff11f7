/**
 * Of the 20 calls that a libvirtd serves at a time, of all its clients (`max_workers`): the other five are as many as one connection has under way
 * (`drivers/rpc/window.ts`), so that moves are looked at, ended and cancelled whatever is asked beside them.
 */
export const MOST_TURNS = 15;

/** Of the calls that a session has under way at once: a machine that moves may answer late, and who is to be cancelled is not to wait for that. */
export const MOST_LOOKS = 2;

/** So many at a time of what holds a call of a host's libvirtd for as long as data goes. */
export class Turns {
  readonly #most: number;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Resolves when there is a turn at each of these hosts, with what gives it back, once.
   * @param onWait called once, where there is none at once
   * @throws the signal's reason
   */
  async take(hosts: readonly string[], signal: AbortSignal, onWait: () => void): Promise<() => void> {
    const isFull = (): boolean => hosts.some((host) => this.#at(host) >= this.#most);
    if (isFull()) onWait();
    while (isFull()) await this.#change(signal);
    signal.throwIfAborted();
    for (const host of hosts) this.#taken.set(host, this.#at(host) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      for (const host of hosts) this.#taken.set(host, this.#at(host) - 1);
      for (const wake of this.#waiting) wake();
    };
  }

  #at(host: string): number {
    return this.#taken.get(host) ?? 0;
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (how: () => void): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', abort);
        how();
      };
      const wake = (): void => settle(resolve);
      const abort = (): void => settle(() => reject(signal.reason as Error));
      if (signal.aborted) return abort();
      this.#waiting.add(wake);
      signal.addEventListener('abort', abort);
    });
  }
}
