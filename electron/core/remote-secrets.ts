import type { Secrets } from '../../main/settings/secrets.ts';
import type { SecretAnswer, SecretRequest } from '../app/secrets.ts';

export interface SecretPost {
  postMessage(message: SecretRequest): void;
}

type Value = SecretAnswer['value'];

/** The core's side of the keychain, which only the application's main process can reach: asked by messages. Rejects when it fails. */
export class RemoteSecrets implements Secrets {
  /** Known after `ready`. */
  canRemember = false;
  readonly #post: SecretPost;
  readonly #waiting = new Map<number, (answer: SecretAnswer) => void>();
  #lastId = 0;

  constructor(post: SecretPost) {
    this.#post = post;
  }

  async ready(): Promise<void> {
    this.canRemember = (await this.#ask('canRemember', '', null).catch(() => null)) === true;
  }

  async get(key: string): Promise<string | null> {
    const value = await this.#ask('get', key, null);
    return typeof value === 'string' ? value : null;
  }

  async set(key: string, value: string): Promise<void> {
    await this.#ask('set', key, value);
  }

  async delete(key: string): Promise<void> {
    await this.#ask('delete', key, null);
  }

  /** Takes a message of the main process; false when it is not an answer of this kind. */
  take(message: unknown): boolean {
    if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'secret')
      return false;
    const answer = message as SecretAnswer;
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
    return true;
  }

  #ask(verb: SecretRequest['verb'], key: string, value: string | null): Promise<Value> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value: answer, error }) => {
        if (error === undefined) resolve(answer);
        else reject(new Error(error));
      });
      this.#post.postMessage({ type: 'secret', id, verb, key, value });
    });
  }
}
