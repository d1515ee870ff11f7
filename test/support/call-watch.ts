import { AsyncLocalStorage } from 'node:async_hooks';
import { LinkError } from '../../drivers/rpc/errors.ts';
import { RpcConnection } from '../../drivers/rpc/connection.ts';

const work = new AsyncLocalStorage<string>();

/** From here on what runs in this chain of promises is work of that name. */
export function enterWork(name: string): void {
  work.enterWith(name);
}

const CALLS = ['call', 'callDecoded', 'openStream'] as const;

/**
 * Which work of this process has asked libvirt for something, and whose calls the link was lost under, until `end`. Work is what `enterWork`
 * names, or a call that is held by itself.
 */
export class CallWatch {
  readonly #asked = new Set<string>();
  readonly #lost = new Set<string>();
  readonly #held = new Set<string>();
  readonly #procedures: ReadonlyMap<string, string>;
  readonly #open: Promise<void>;
  #letGo: () => void = () => undefined;
  readonly #restore: () => void;

  /** @param procedures of volumes, by their names: that call is held until it is let go, before libvirt is asked */
  constructor(procedures: ReadonlyMap<string, string> = new Map()) {
    this.#procedures = procedures;
    this.#open = new Promise((resolve) => (this.#letGo = resolve));
    const proto = RpcConnection.prototype as unknown as Record<
      string,
      (...args: unknown[]) => Promise<unknown>
    >;
    const before = CALLS.map((name) => [name, proto[name]] as const);
    const seen = this.#seen.bind(this);
    for (const [name, call] of before)
      proto[name] = function (this: unknown, ...args: unknown[]) {
        return seen(args, () => call?.apply(this, args) ?? Promise.reject(new Error(`no ${name}`)));
      };
    this.#restore = () => {
      for (const [name, call] of before) if (call !== undefined) proto[name] = call;
    };
  }

  holds(name: string): boolean {
    return this.#held.has(name);
  }

  letGo(): void {
    this.#letGo();
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

  async #seen(args: readonly unknown[], ask: () => Promise<unknown>): Promise<unknown> {
    const held = this.#heldName(args);
    const name = held ?? work.getStore();
    if (name === undefined) return ask();
    if (held !== undefined) {
      this.#held.add(held);
      await this.#open;
    }
    this.#asked.add(name);
    return ask().catch((error: unknown) => {
      if (error instanceof LinkError && error.code !== 'CANCELLED') this.#lost.add(name);
      throw error;
    });
  }

  #heldName([procedure, args]: readonly unknown[]): string | undefined {
    const name = (args as { vol?: { name?: string } } | undefined)?.vol?.name ?? '';
    return this.#procedures.get(name) === (procedure as { name: string }).name ? name : undefined;
  }
}
