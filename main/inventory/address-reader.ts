import { pause, type Clock } from '../hosts/clock.ts';

/** Machines of one host that are asked at the same time: a list of a thousand must not hold up a person's click. */
const IN_FLIGHT = 2;
/** Delays after a start until a guest usually has its address, in milliseconds. */
const AFTER_START_MS = [3000, 7000, 20_000, 60_000];

export interface AddressReaderOptions {
  clock: Clock;
  /** Asks for the machine's addresses and keeps them; gives whether there were any. Does not fail. */
  read: (uuid: string) => Promise<boolean>;
}

/** Asks for addresses of one host's machines, lazily and at a slow pace; a machine that has just started is asked again for a while. */
export class AddressReader {
  readonly #options: AddressReaderOptions;
  /** Machines in turn, each with those who wait for its answer. */
  readonly #queue = new Map<string, ((found: boolean) => void)[]>();
  readonly #abort = new AbortController();
  readonly #following = new Map<string, AbortController>();
  #running = 0;

  constructor(options: AddressReaderOptions) {
    this.#options = options;
  }

  /** Asks once, when its turn comes. */
  ask(uuid: string): void {
    void this.#inTurn(uuid);
  }

  /** The machine has started: asks until there is an address, and then gives up. */
  follow(uuid: string): void {
    this.forget(uuid);
    const stop = new AbortController();
    this.#following.set(uuid, stop);
    void this.#follow(uuid, AbortSignal.any([stop.signal, this.#abort.signal])).finally(() => {
      if (this.#following.get(uuid) === stop) this.#following.delete(uuid);
    });
  }

  /** The machine has stopped. */
  forget(uuid: string): void {
    this.#following.get(uuid)?.abort();
    this.#following.delete(uuid);
    this.#drop(uuid);
  }

  dispose(): void {
    this.#abort.abort();
    for (const uuid of this.#queue.keys()) this.#drop(uuid);
  }

  async #follow(uuid: string, signal: AbortSignal): Promise<void> {
    for (const delay of AFTER_START_MS) {
      await pause(this.#options.clock, delay, signal);
      if (signal.aborted || (await this.#inTurn(uuid)) || signal.aborted) return;
    }
  }

  /** Resolves with whether there were any; false when the machine is dropped before its turn. */
  #inTurn(uuid: string): Promise<boolean> {
    if (this.#abort.signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#queue.set(uuid, [...(this.#queue.get(uuid) ?? []), resolve]);
      this.#fill();
    });
  }

  #drop(uuid: string): void {
    const waiting = this.#queue.get(uuid) ?? [];
    this.#queue.delete(uuid);
    for (const resolve of waiting) resolve(false);
  }

  #fill(): void {
    while (this.#running < IN_FLIGHT) {
      const next = this.#queue.entries().next();
      if (next.done === true) return;
      const [uuid, waiting] = next.value;
      this.#queue.delete(uuid);
      this.#running += 1;
      void this.#options
        .read(uuid)
        .then((found) => {
          for (const resolve of waiting) resolve(found);
        })
        .finally(() => {
          this.#running -= 1;
          if (!this.#abort.signal.aborted) this.#fill();
        });
    }
  }
}
