/**
 * Where passwords and passphrases are kept between starts. The keys say what a secret is for (`ssh:user@host:22`, `key:/path`);
 * the values are never logged and never leave the core.
 */
export interface Secrets {
  /** Whether what is set is still there at the next start. */
  readonly canRemember: boolean;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Secrets that live as long as the process: for browser mode and the command line, which have no keychain. */
export class MemorySecrets implements Secrets {
  readonly canRemember = false;
  readonly #values = new Map<string, string>();

  get(key: string): Promise<string | null> {
    return Promise.resolve(this.#values.get(key) ?? null);
  }

  set(key: string, value: string): Promise<void> {
    this.#values.set(key, value);
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.#values.delete(key);
    return Promise.resolve();
  }
}
