import { randomUUID } from 'node:crypto';
import type { PasswordQuestion, SshAsks } from '../../drivers/transport/ssh-target.ts';
import type { Prompt, PromptAnswer } from '../contract/host.ts';
import type { Secrets } from '../settings/secrets.ts';
import { FailureError } from './failures.ts';

type NewPrompt = Prompt extends infer P ? (P extends Prompt ? Omit<P, 'id'> : never) : never;

/** Of whom, and where; `attempt` as for the password of a login. */
export type SudoQuestion = PasswordQuestion;

interface Waiting {
  prompt: Prompt;
  settle: (answer: PromptAnswer) => void;
}

export interface PromptDeskOptions {
  secrets: Secrets;
  /** The host's URI: tells logins apart where the question names no user, or hosts behind one address by their ports. */
  account: string;
  /** The SSH server that the host is; null when it is reached without SSH. Whoever else asks is a jump on the way. */
  server: string | null;
  /** The question that is open now; null when there is none. */
  onPrompt: (prompt: Prompt | null) => void;
  /** A secret that should be remembered could not be written; the login itself worked. */
  onNotKept: (error: unknown) => void;
}

/**
 * The questions of one host's login, one at a time, and what a person answers. A secret that is known answers the first time by
 * itself; one that turns out wrong is forgotten. What is to be remembered is kept only when the login worked (`loggedIn`).
 */
export class PromptDesk {
  readonly #options: PromptDeskOptions;
  readonly #toRemember = new Map<string, string>();
  /** Typed in this login; and those of a login that worked, so that a lost link comes back without asking again. */
  readonly #typed = new Map<string, string>();
  readonly #working = new Map<string, string>();
  /** What answered by itself in this login, and what did so in a login that was refused: that is asked the next time. */
  readonly #answered = new Set<string>();
  readonly #doubted = new Set<string>();
  #waiting: Waiting | null = null;

  constructor(options: PromptDeskOptions) {
    this.#options = options;
  }

  readonly asks: SshAsks = {
    hostKey: async (question) => {
      const { host, port, keyType, fingerprint } = question;
      const answer = await this.#ask({ kind: 'hostKey', host, port, keyType, fingerprint }, question.signal);
      return answer.kind === 'hostKey' ? answer.accept : 'no';
    },
    password: async (question) => {
      const { user, host, address, attempt } = question;
      const values = await this.#secrets(`password:${user}@${host} ${this.#options.account}`, question, {
        kind: 'password',
        user,
        host,
        address,
        jump: host !== this.#options.server,
        attempt,
      });
      return values?.[0] ?? null;
    },
    passphrase: async (question) => {
      const { keyFile, attempt } = question;
      const values = await this.#secrets(`passphrase:${keyFile}`, question, {
        kind: 'passphrase',
        keyFile,
        attempt,
      });
      return values?.[0] ?? null;
    },
    keyboardInteractive: async (question) => {
      const { signal, ...said } = question;
      const { host, fields, attempt } = said;
      const asked: NewPrompt = {
        kind: 'keyboardInteractive',
        ...said,
        jump: host !== this.#options.server,
      };
      // A server may ask nothing and only show a text; there is nothing to wait for.
      if (fields.length === 0) return [];
      // One hidden field is the account's password as PAM asks for it. Codes that are good once are never kept.
      const [first] = fields;
      const isPassword = fields.length === 1 && first?.echo === false && /password/i.test(first.label);
      const key = isPassword ? `keyboard:${host} ${this.#options.account}` : null;
      const values = await this.#secrets(key, { attempt, signal }, asked);
      return values !== null && values.length === fields.length ? values : null;
    },
  };

  /** The password that sudo wants of a user who is logged in; null: the person gave up. */
  async sudo({ user, host, address, ...question }: SudoQuestion): Promise<string | null> {
    const key = `sudo:${user}@${host} ${this.#options.account}`;
    const { attempt } = question;
    const prompt: NewPrompt = { kind: 'sudo', user, host, address, jump: false, attempt };
    return (await this.#secrets(key, question, prompt))?.[0] ?? null;
  }

  /** @throws FailureError when that question is not open (any more), or the answer is of another kind */
  answer(promptId: string, answer: PromptAnswer): void {
    const waiting = this.#waiting;
    if (waiting === null || waiting.prompt.id !== promptId)
      throw new FailureError({ code: 'CONFLICT', message: 'This question is not open any more.' });
    const wanted = waiting.prompt.kind === 'hostKey' ? 'hostKey' : 'secrets';
    if (answer.kind !== 'cancel' && answer.kind !== wanted)
      throw new FailureError({ code: 'BAD_INPUT', message: 'This is not an answer to that question.' });
    waiting.settle(answer);
  }

  /** The login worked: keeps what a person wanted remembered. */
  async loggedIn(): Promise<void> {
    for (const [key, value] of this.#typed) this.#working.set(key, value);
    this.#typed.clear();
    const secrets = [...this.#toRemember];
    this.#toRemember.clear();
    this.#answered.clear();
    this.#doubted.clear();
    // a keychain that cannot be written is no reason to give a login up that worked: it is asked again the next time
    for (const [key, value] of secrets)
      await this.#options.secrets.set(key, value).catch(this.#options.onNotKept);
  }

  /**
   * The login failed: nothing of it is remembered. `refused`: the server did not accept what it was told; a server may end the login at
   * the first wrong password, so what answered by itself is not sent again unseen, or accounts get locked.
   */
  failed(refused: boolean): void {
    this.#toRemember.clear();
    this.#typed.clear();
    if (refused) for (const key of this.#answered) this.#doubted.add(key);
    this.#answered.clear();
  }

  /** The person disconnects: the next login asks again, unless something is remembered. */
  forget(): void {
    this.#typed.clear();
    this.#working.clear();
  }

  async #secrets(
    key: string | null,
    question: { attempt: number; signal: AbortSignal },
    prompt: NewPrompt,
  ): Promise<string[] | null> {
    if (key !== null) {
      this.#toRemember.delete(key);
      if (question.attempt > 1) {
        this.#working.delete(key);
        await this.#options.secrets.delete(key).catch(() => undefined);
      }
      const known = this.#doubted.has(key) ? null : (this.#working.get(key) ?? (await this.#stored(key)));
      if (known !== null) {
        this.#answered.add(key);
        return [known];
      }
    }
    const answer = await this.#ask(prompt, question.signal);
    if (answer.kind !== 'secrets') return null;
    const [first] = answer.values;
    if (key !== null && first !== undefined) {
      this.#typed.set(key, first);
      if (answer.remember) this.#toRemember.set(key, first);
    }
    return answer.values;
  }

  /** A keychain that cannot be read is as good as none. */
  #stored(key: string): Promise<string | null> {
    return this.#options.secrets.get(key).catch(() => null);
  }

  #ask(prompt: NewPrompt, signal: AbortSignal): Promise<PromptAnswer> {
    if (signal.aborted) return Promise.resolve({ kind: 'cancel' });
    // SSH asks one thing at a time; should two come, the older one is given up.
    this.#waiting?.settle({ kind: 'cancel' });
    return new Promise((resolve) => {
      const settle = (answer: PromptAnswer): void => {
        signal.removeEventListener('abort', giveUp);
        if (this.#waiting === waiting) {
          this.#waiting = null;
          this.#options.onPrompt(null);
        }
        resolve(answer);
      };
      const giveUp = (): void => settle({ kind: 'cancel' });
      const waiting: Waiting = { prompt: { ...prompt, id: randomUUID() }, settle };
      this.#waiting = waiting;
      signal.addEventListener('abort', giveUp, { once: true });
      this.#options.onPrompt(waiting.prompt);
    });
  }
}
