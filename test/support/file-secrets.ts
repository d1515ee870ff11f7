import { readFile, writeFile } from 'node:fs/promises';
import type { Secrets } from '../../main/settings/secrets.ts';

/** Secrets that outlive their process, as a keychain's do: in a file, for tests alone. */
export class FileSecrets implements Secrets {
  readonly canRemember = true;
  readonly #file: string;
  #writes: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  async get(key: string): Promise<string | null> {
    await this.#writes;
    return (await this.#read())[key] ?? null;
  }

  set(key: string, value: string): Promise<void> {
    return this.#change((all) => ({ ...all, [key]: value }));
  }

  delete(key: string): Promise<void> {
    return this.#change((all) => Object.fromEntries(Object.entries(all).filter(([other]) => other !== key)));
  }

  /** What is kept, by key. */
  async keys(): Promise<string[]> {
    await this.#writes;
    return Object.keys(await this.#read());
  }

  #change(change: (all: Record<string, string>) => Record<string, string>): Promise<void> {
    this.#writes = this.#writes.then(async () => {
      await writeFile(this.#file, JSON.stringify(change(await this.#read())));
    });
    return this.#writes;
  }

  async #read(): Promise<Record<string, string>> {
    const text = await readFile(this.#file, 'utf8').catch(() => '{}');
    return JSON.parse(text) as Record<string, string>;
  }
}
