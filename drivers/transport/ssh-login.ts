import ssh2, {
  type AnyAuthMethod,
  type IdentityCallback,
  type ParsedKey,
  type Prompt,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import { endpoint, TransportError } from './errors.ts';
import { serverLine, serverText } from './server-words.ts';
import { loadIdentities, type Identities, type Identity } from './ssh-identities.ts';
import type { SshAsks, SshTarget } from './ssh-target.ts';

/** As OpenSSH's NumberOfPasswordPrompts. */
const ATTEMPTS = 3;
/** A server may not fill the screen with questions: fields of one round. */
const FIELD_LIMIT = 32;
const SSH_PORT = 22;

/** Runs work that a person may hold up. */
type Waiting = <T>(work: () => Promise<T>) => Promise<T>;

export interface LoginContext {
  asks: SshAsks;
  waiting: Waiting;
  /** Ends the questions. */
  signal: AbortSignal;
  /** Ends the login at once: a person gave up, or something went wrong that is not an answer of the server. */
  fail: (error: unknown) => void;
}

/**
 * An agent with a single key, so that one login method of ssh2 is one key: ssh2 would else go on to the next key of an
 * agent after the server took one and wants a second factor.
 */
class OneKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #identity: Identity;
  readonly #onSigned: () => void;
  readonly #waiting: Waiting;
  readonly #fail: (error: unknown) => void;

  constructor(
    identity: Identity,
    context: { onSigned: () => void; waiting: Waiting; fail: (error: unknown) => void },
  ) {
    super();
    this.#identity = identity;
    this.#onSigned = context.onSigned;
    this.#waiting = context.waiting;
    this.#fail = context.fail;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    const { key } = this.#identity;
    done(null, key === null ? [] : [key]);
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    const done = typeof options === 'function' ? options : callback;
    const hash = typeof options === 'function' ? undefined : options.hash;
    // An agent may ask its person too, or wait for a touch of a token.
    this.#waiting(() => this.#identity.sign(data, hash))
      .then(
        (signature) => {
          this.#onSigned();
          done?.(null, signature);
        },
        (error: unknown) => done?.(error instanceof Error ? error : new Error('Signing failed')),
      )
      // ssh2 throws in the callback when it cannot make out the signature.
      .catch(this.#fail);
  }
}

/**
 * Chooses the next way to log in each time the server wants one: nothing (which also asks what the server offers), keys,
 * keyboard-interactive, password. A person is only asked for what the server offers.
 */
export class SshLogin {
  readonly #target: SshTarget;
  readonly #asks: SshAsks;
  readonly #waiting: Waiting;
  readonly #signal: AbortSignal;
  readonly #fail: (error: unknown) => void;
  #identities: Identities | null = null;
  #next = 0;
  #offered: readonly string[] | null = null;
  /** A key was taken and signed with, yet we are not in: ssh2 does not say what the server offers after that. */
  #stale = false;
  #interactive = 0;
  #prompted = false;
  /** The server took the last answers and wants more: the next question is no second try. */
  #accepted = false;
  #passwords = 0;
  readonly #tried: string[] = [];

  constructor(target: SshTarget, context: LoginContext) {
    this.#target = target;
    this.#asks = context.asks;
    this.#waiting = context.waiting;
    this.#signal = context.signal;
    this.#fail = context.fail;
  }

  /**
   * The next method; fails when there is none left. `offered` is what the server takes now (null before the first
   * attempt) and `partial` whether the last method was right but not enough.
   */
  async next(offered: readonly string[] | null, partial: boolean): Promise<AnyAuthMethod> {
    const username = this.#target.user;
    if (offered === null && this.#offered === null) {
      this.#offered = [];
      return { type: 'none', username };
    }
    if (this.#stale) {
      this.#stale = false;
      return { type: 'none', username };
    }
    this.#offered = offered ?? this.#offered ?? [];
    this.#accepted = partial;
    if (partial) this.#prompted = false;
    const method = (await this.#key()) ?? this.#keyboardInteractive() ?? (await this.#password());
    if (method !== null) return method;
    throw this.#refused();
  }

  #offers(method: string): boolean {
    return this.#offered?.includes(method) === true;
  }

  async #key(): Promise<AnyAuthMethod | null> {
    if (!this.#offers('publickey')) return null;
    this.#identities ??= await loadIdentities(this.#target, (keyFile, attempt) =>
      this.#asks.passphrase({ host: this.#target.alias, keyFile, attempt, signal: this.#signal }),
    );
    for (;;) {
      const identity = this.#identities.list[this.#next++];
      if (identity === undefined) return null;
      if (identity.key === null && !(await identity.open())) continue;
      this.#tried.push(`key ${identity.label}`);
      const agent = new OneKeyAgent(identity, {
        onSigned: () => (this.#stale = true),
        waiting: this.#waiting,
        fail: this.#fail,
      });
      return { type: 'agent', username: this.#target.user, agent };
    }
  }

  #keyboardInteractive(): AnyAuthMethod | null {
    if (!this.#offers('keyboard-interactive') || this.#interactive >= ATTEMPTS) return null;
    // A server that failed it without a question will not ask one the next time.
    if (this.#interactive > 0 && !this.#prompted) return null;
    this.#interactive += 1;
    if (this.#interactive === 1) this.#tried.push('keyboard-interactive');
    let attempt = this.#accepted ? 1 : this.#interactive;
    return {
      type: 'keyboard-interactive',
      username: this.#target.user,
      prompt: (title, instructions, _language, prompts, finish) => {
        this.#prompted = true;
        this.#answer({ title, instructions, prompts, attempt }).then(finish).catch(this.#fail);
        // A further round: the server went on, so it refused nothing.
        if (prompts.length > 0) attempt = 1;
      },
    };
  }

  async #answer(round: {
    title: string;
    instructions: string;
    prompts: Prompt[];
    attempt: number;
  }): Promise<string[]> {
    if (round.prompts.length > FIELD_LIMIT) {
      throw new TransportError('AUTH_FAILED', `${this.#target.alias} asks too many questions at once`);
    }
    const { user, alias } = this.#target;
    const answers = await this.#asks.keyboardInteractive({
      user,
      host: alias,
      address: this.#address(),
      title: serverLine(round.title).trim(),
      instructions: serverText(round.instructions),
      fields: round.prompts.map(({ prompt, echo }) => ({ label: serverLine(prompt), echo: echo === true })),
      attempt: round.attempt,
      signal: this.#signal,
    });
    if (answers === null) throw this.#givenUp();
    return round.prompts.map((_prompt, index) => answers[index] ?? '');
  }

  async #password(): Promise<AnyAuthMethod | null> {
    if (!this.#offers('password') || this.#passwords >= ATTEMPTS) return null;
    // The same password was just asked for three times by keyboard-interactive.
    if (this.#prompted) return null;
    const attempt = ++this.#passwords;
    if (attempt === 1) this.#tried.push('password');
    const { user, alias } = this.#target;
    const password = await this.#asks.password({
      user,
      host: alias,
      address: this.#address(),
      attempt: this.#accepted ? 1 : attempt,
      signal: this.#signal,
    });
    if (password === null) throw this.#givenUp();
    return { type: 'password', username: user, password };
  }

  #address(): string {
    const { host, port } = this.#target;
    return port === SSH_PORT ? host : endpoint(host, port);
  }

  #givenUp(): TransportError {
    const { alias, user } = this.#target;
    return new TransportError('CANCELLED', `The login of ${user} to ${alias} was given up`, {
      host: alias,
      phase: 'login',
    });
  }

  /** The failure when nothing is left, or when the server ends the login itself. Names what was tried; no secrets. */
  #refused(): TransportError {
    return this.refusedBy(null);
  }

  refusedBy(farewell: string | null): TransportError {
    const { alias, user, port } = this.#target;
    const offered = this.#offered?.join(', ') ?? '';
    const tried = this.#tried.length === 0 ? 'nothing that it takes' : this.#tried.join('; ');
    const lines = [
      farewell === null ? '' : `The server says: ${serverText(farewell)}`,
      `Tried: ${tried}`,
      offered === '' ? '' : `The server takes: ${offered}`,
      ...(this.#identities?.notes ?? []).map((note) => `Note: ${note}`),
    ];
    return new TransportError('AUTH_FAILED', `${alias} does not let ${user} log in`, {
      host: alias,
      port,
      phase: 'login',
      detail: lines.filter((line) => line !== '').join('\n'),
    });
  }
}
