import { AsyncLocalStorage } from 'node:async_hooks';
import { LinkError } from '../../drivers/rpc/errors.ts';
import { RpcConnection } from '../../drivers/rpc/connection.ts';

const work = new AsyncLocalStorage<string>();

/** From here on what runs in this chain of promises is work of that name. */
export function enterWork(name: string): void {
  work.enterWith(name);
}

const CALLS = ['call', 'callDecoded', 'openStream'] as const;

/** Which work of this process has asked libvirt for something, and whose calls the link was lost under, until `end`. */
export class CallWatch {
  readonly #asked = new Set<string>();
  readonly #lost = new Set<string>();
  readonly #restore: () => void;

  constructor() {
    const proto = RpcConnection.prototype as unknown as Record<
      string,
      (...args: unknown[]) => Promise<unknown>
    >;
    const before = CALLS.map((name) => [name, proto[name]] as const);
    const seen = this.#seen.bind(this);
    for (const [name, call] of before)
      proto[name] = function (this: unknown, ...args: unknown[]) {
        return seen(call?.apply(this, args) ?? Promise.reject(new Error(`no ${name}`)));
      };
    this.#restore = () => {
      for (const [name, call] of before) if (call !== undefined) proto[name] = call;
    };
  }

  asked(name: string): boolean {
    return this.#asked.has(name);
  }

  lost(name: string): boolean {
    return this.#lost.has(name);
  }

  end(): void {
    this.#restore();
  }

  #seen(answer: Promise<unknown>): Promise<unknown> {
    const name = work.getStore();
    if (name === undefined) return answer;
    this.#asked.add(name);
    return answer.catch((error: unknown) => {
      if (error instanceof LinkError && error.code !== 'CANCELLED') this.#lost.add(name);
      throw error;
    });
  }
}
