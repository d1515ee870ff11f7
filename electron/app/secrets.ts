import fs from 'node:fs';
import path from 'node:path';
import type { ElectronApi } from './api.ts';

/** What the core asks of this process, which alone can reach the keychain. */
export interface SecretRequest {
  readonly type: 'secret';
  readonly id: number;
  readonly verb: 'get' | 'set' | 'delete' | 'canRemember';
  readonly key: string;
  readonly value: string | null;
}

export interface SecretAnswer {
  readonly type: 'secret';
  readonly id: number;
  readonly value: string | boolean | null;
  /** Why it did not work. */
  readonly error?: string;
}

export function isSecretRequest(message: unknown): message is SecretRequest {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'secret';
}

/** Secrets in one file, each value encrypted by the operating system's keychain (Electron's safeStorage). */
export class SecretStore {
  readonly #safe: ElectronApi['safeStorage'];
  readonly #file: string;

  constructor(safe: ElectronApi['safeStorage'], file: string) {
    this.#safe = safe;
    this.#file = file;
  }

  /** False where there is no keychain: then nothing is written, rather than something that anyone can read. */
  get canRemember(): boolean {
    // On Linux without a secret service Electron would "encrypt" with a key that is in its source.
    const backend = process.platform === 'linux' ? this.#safe.getSelectedStorageBackend() : 'os';
    return this.#safe.isEncryptionAvailable() && backend !== 'basic_text' && backend !== 'unknown';
  }

  get(key: string): string | null {
    const value = this.#read()[key];
    if (value === undefined || !this.canRemember) return null;
    try {
      return this.#safe.decryptString(Buffer.from(value, 'base64'));
    } catch {
      return null; // of another user or keychain: as good as none, the person is asked again
    }
  }

  set(key: string, value: string): void {
    if (this.canRemember)
      this.#write({ ...this.#read(), [key]: this.#safe.encryptString(value).toString('base64') });
  }

  delete(key: string): void {
    const { [key]: _gone, ...rest } = this.#read();
    this.#write(rest);
  }

  #read(): Record<string, string> {
    try {
      const parsed: unknown = JSON.parse(fs.readFileSync(this.#file, 'utf8'));
      if (typeof parsed !== 'object' || parsed === null) return {};
      return Object.fromEntries(
        Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      );
    } catch {
      return {}; // not there yet, or broken: secrets can be asked for again
    }
  }

  #write(values: Record<string, string>): void {
    fs.mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
    const next = `${this.#file}.new`;
    fs.writeFileSync(next, JSON.stringify(values), { mode: 0o600 });
    fs.renameSync(next, this.#file);
  }
}

/** Does what the core asked. */
export function answerSecret(store: SecretStore, request: SecretRequest): SecretAnswer {
  const { id, verb, key, value } = request;
  try {
    if (verb === 'set' && value !== null) store.set(key, value);
    if (verb === 'delete') store.delete(key);
    const answer = verb === 'get' ? store.get(key) : verb === 'canRemember' ? store.canRemember : null;
    return { type: 'secret', id, value: answer };
  } catch (error) {
    // a full disk or a keychain that is locked: the core must get an answer, and nothing was remembered
    return { type: 'secret', id, value: null, error: error instanceof Error ? error.message : String(error) };
  }
}
