import type { Exec } from '../../../../drivers/transport/exec.ts';
import type { SshSession } from '../../../../drivers/transport/ssh-session.ts';
import type { Prompt, PromptAnswer } from '../../../contract/host.ts';
import type { SourceAddress, SourceQuestion } from '../../../contract/p2v-source.ts';
import type { Clock } from '../../../hosts/clock.ts';
import { orAborted } from '../../../hosts/deadline.ts';
import { BadInput, FailureError, notReached, toFailure } from '../../../hosts/failures.ts';
import type { OpenLinkRequest } from '../../../hosts/link.ts';
import { PromptDesk } from '../../../hosts/prompts.ts';
import { parseTarget, type SshHostTarget } from '../../../hosts/target.ts';
import type { Secrets } from '../../../settings/secrets.ts';
import { asRoot } from './root.ts';

/** A login outlives its last user for so long: a probe, a plan and the job come after one another, and a person is asked once. */
const LINGER_MS = 5 * 60_000;

/** One login to a source, for as long as it is used. */
export interface SourceLogin {
  /** What the source is called: as it was named. */
  readonly name: string;
  readonly as: 'root' | 'sudo';
  /** Programs run as root there, also where sudo makes them so. */
  readonly exec: Exec;
  /** Resolves once, when the link is over; with the reason when it was lost. */
  readonly closed: Promise<Error | undefined>;
}

export interface SourceLoginsDeps {
  readonly clock: Clock;
  readonly secrets: Secrets;
  /** Logs in to the machine. Fails with a TransportError. */
  readonly open: (target: SshHostTarget, request: Omit<OpenLinkRequest, 'target'>) => Promise<SshSession>;
  /** A secret that should be remembered could not be kept. */
  readonly onNotKept: (error: unknown) => void;
}

/** The logins to machines that are no libvirt hosts, one for each machine however many use it, and what they ask. */
export class SourceLogins {
  readonly #deps: SourceLoginsDeps;
  readonly #sources = new Map<string, Source>();
  readonly #wakers = new Set<() => void>();

  constructor(deps: SourceLoginsDeps) {
    this.#deps = deps;
  }

  /**
   * Does `work` with a login to the source. Where there is one it is used, else it is made, and a person may be asked.
   * @throws FailureError where there is no login, or what `work` throws
   */
  async use<T>(
    address: SourceAddress,
    signal: AbortSignal,
    work: (login: SourceLogin) => Promise<T>,
  ): Promise<T> {
    const target = sshTarget(address.target);
    const key = `${target.uri} ${address.keyFile ?? ''}`;
    const source = this.#sources.get(key) ?? this.#add(key, address, target);
    const release = source.hold();
    try {
      return await work(await orAborted(source.login(), signal, () => undefined));
    } finally {
      release();
    }
  }

  /** What is asked now; one question of each source. */
  questions(): SourceQuestion[] {
    return [...this.#sources.values()].flatMap(({ name, prompt }) =>
      prompt === null ? [] : [{ source: name, prompt }],
    );
  }

  /** The questions, at once and after each change. */
  async *watch(signal: AbortSignal): AsyncGenerator<SourceQuestion[], void, void> {
    let changed = true;
    let wake: () => void = () => undefined;
    const note = (): void => {
      changed = true;
      wake();
    };
    this.#wakers.add(note);
    signal.addEventListener('abort', note);
    try {
      while (!signal.aborted) {
        if (!changed) await new Promise<void>((resolve) => (wake = resolve));
        if (signal.aborted) return;
        changed = false;
        yield this.questions();
      }
    } finally {
      this.#wakers.delete(note);
      signal.removeEventListener('abort', note);
    }
  }

  /** @throws FailureError when that question is not open (any more), or the answer is of another kind */
  answer(promptId: string, answer: PromptAnswer): void {
    const source = [...this.#sources.values()].find(({ prompt }) => prompt?.id === promptId);
    if (source === undefined)
      throw new FailureError({ code: 'CONFLICT', message: 'This question is not open any more.' });
    source.answer(promptId, answer);
  }

  /** Ends all logins. */
  async close(): Promise<void> {
    const sources = [...this.#sources.values()];
    this.#sources.clear();
    await Promise.all(sources.map((source) => source.end()));
  }

  #add(key: string, address: SourceAddress, target: SshHostTarget): Source {
    const source: Source = new Source(address, target, {
      ...this.#deps,
      changed: () => this.#wakers.forEach((wake) => wake()),
      unused: () => {
        if (this.#sources.get(key) === source) this.#sources.delete(key);
      },
    });
    this.#sources.set(key, source);
    return source;
  }
}

interface SourceDeps extends SourceLoginsDeps {
  readonly changed: () => void;
  readonly unused: () => void;
}

interface OpenLogin extends SourceLogin {
  readonly close: () => Promise<void>;
}

class Source {
  readonly name: string;
  readonly #address: SourceAddress;
  readonly #target: SshHostTarget;
  readonly #deps: SourceDeps;
  readonly #desk: PromptDesk;
  readonly #over = new AbortController();
  #users = 0;
  #login: Promise<OpenLogin> | null = null;
  #pending = false;
  #cancelEnd: () => void = () => undefined;
  prompt: Prompt | null = null;

  constructor(address: SourceAddress, target: SshHostTarget, deps: SourceDeps) {
    this.name = address.target.trim();
    this.#address = address;
    this.#target = target;
    this.#deps = deps;
    this.#desk = new PromptDesk({
      secrets: deps.secrets,
      account: target.uri,
      server: target.host,
      onPrompt: (prompt) => {
        this.prompt = prompt;
        deps.changed();
      },
      onNotKept: deps.onNotKept,
    });
  }

  /** Somebody uses it until the returned function is called. */
  hold(): () => void {
    this.#users += 1;
    this.#cancelEnd();
    return () => {
      this.#users -= 1;
      if (this.#users > 0 || this.#over.signal.aborted) return;
      // Nobody waits any more for a login that is still under way.
      if (this.#pending) void this.end();
      // Also after one that failed: what was refused is not sent again unseen.
      else this.#cancelEnd = this.#deps.clock.setTimer(() => void this.end(), LINGER_MS);
    };
  }

  /** The login that is open, or a new one. */
  login(): Promise<OpenLogin> {
    this.#login ??= this.#logIn();
    return this.#login;
  }

  answer(promptId: string, answer: PromptAnswer): void {
    this.#desk.answer(promptId, answer);
  }

  async end(): Promise<void> {
    this.#cancelEnd();
    this.#deps.unused();
    this.#over.abort();
    this.#desk.forget();
    const login = await this.#login?.catch(() => null);
    await login?.close();
  }

  #logIn(): Promise<OpenLogin> {
    this.#pending = true;
    const opening = this.#open().finally(() => (this.#pending = false));
    const forget = (): void => {
      if (this.#login === opening) this.#login = null;
    };
    opening.then((login) => void login.closed.then(forget), forget);
    return opening;
  }

  async #open(): Promise<OpenLogin> {
    const { signal } = this.#over;
    const { keyFile } = this.#address;
    let session: SshSession | null = null;
    try {
      session = await this.#deps.open(this.#target, { keyFile, asks: this.#desk.asks, signal });
      await this.#desk.loggedIn();
      const { as, exec } = await asRoot(session, (question) => this.#desk.sudo(question), signal);
      // A password of sudo's that was right.
      await this.#desk.loggedIn();
      const { closed } = session;
      const opened = session;
      return { name: this.name, as, exec, closed, close: () => opened.close() };
    } catch (error) {
      await session?.close();
      const told = toFailure(error, { message: `${this.name} could not be reached.` });
      // It was reached, and a person gave up.
      const gaveUp = told.code === 'CANCELLED' && !(error instanceof FailureError);
      const failure = gaveUp ? { ...told, message: `The login to ${this.name} was cancelled.` } : told;
      this.#desk.failed(failure.code === 'AUTH_FAILED' || failure.code === 'PERMISSION');
      throw new FailureError(notReached(failure), error);
    }
  }
}

/** @throws BadInput */
function sshTarget(text: string): SshHostTarget {
  const target = parseTarget(text);
  if (target.kind !== 'ssh')
    throw new BadInput(`${text} is not reached by SSH. Name the machine as root@server.`);
  return target;
}
