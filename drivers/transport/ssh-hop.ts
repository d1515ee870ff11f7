import type { Duplex } from 'node:stream';
import ssh2, { type AnyAuthMethod, type Client, type ClientErrorExtensions } from 'ssh2';
import { cancelled, endpoint, errorText, TransportError, type TransportPhase } from './errors.ts';
import type { KnownHosts } from './known-hosts.ts';
import { LoginClock } from './ssh-clock.ts';
import { HostKeyCheck } from './ssh-host-key.ts';
import { SshLogin } from './ssh-login.ts';
import type { SshAsks, SshTarget } from './ssh-target.ts';

/** What every hop of a chain shares. */
export interface HopContext {
  asks: SshAsks;
  knownHosts: KnownHosts;
  keepalive: { intervalMs: number; count: number };
  /** Milliseconds for each hop, the time a person takes to answer not counted. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

type Ssh2Error = Error & ClientErrorExtensions & { code?: unknown };

/** One login: from an open byte stream to an SSH client that is ready. */
class Hop {
  readonly #target: SshTarget;
  readonly #context: HopContext;
  readonly #socket: Duplex;
  readonly #client: Client = new ssh2.Client();
  /** Ends the questions that are still open when the login ends. */
  readonly #ended = new AbortController();
  readonly #clock: LoginClock;
  readonly #login: SshLogin;
  /** The questions, with the clock stopped while one is open. */
  readonly #asks: SshAsks;
  #ready = false;
  #phase: TransportPhase = 'banner';
  #failure: TransportError | null = null;
  #reject: (error: TransportError) => void = () => undefined;

  constructor(target: SshTarget, socket: Duplex, context: HopContext) {
    this.#target = target;
    this.#context = context;
    this.#socket = socket;
    this.#clock = new LoginClock(context.timeoutMs, () => this.#fail(this.#timedOut()));
    this.#asks = this.#pausing(context.asks);
    this.#login = new SshLogin(target, {
      asks: this.#asks,
      waiting: (work) => this.#clock.during(work),
      signal: this.#ended.signal,
      fail: (error) => this.#fail(this.#asFailure(error)),
    });
  }

  async open(check: HostKeyCheck): Promise<Client> {
    const { signal } = this.#context;
    const abort = (): void => this.#fail(cancelled(`Connecting to ${this.#target.alias}`, signal?.reason));
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise<Client>((resolve, reject) => {
        this.#reject = reject;
        this.#client.on('ready', () => {
          this.#ready = true;
          resolve(this.#client);
        });
        this.#listen();
        this.#connect(check);
        if (signal?.aborted === true) abort();
      });
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#clock.stop();
      this.#ended.abort();
    }
  }

  #listen(): void {
    this.#client.on('handshake', () => (this.#phase = 'login'));
    this.#client.on('error', (error: Ssh2Error) => this.#onError(error));
    this.#client.on('close', () => this.#fail(this.#closed(null)));
    this.#client.on('change password', () =>
      this.#fail(this.#login.refusedBy('The password has expired and must be changed on the host')),
    );
  }

  #connect(check: HostKeyCheck): void {
    const { keepalive } = this.#context;
    try {
      this.#client.connect({
        sock: this.#socket,
        username: this.#target.user,
        // The clock of this class counts; ssh2's would run on while a person is asked.
        readyTimeout: 0,
        keepaliveInterval: keepalive.intervalMs,
        keepaliveCountMax: keepalive.count,
        // Sockets are asked for from any server: one that cannot says so.
        strictVendor: false,
        algorithms: { serverHostKey: check.algorithms },
        hostVerifier: (key: Buffer, verified: (good: boolean) => void) => {
          if (this.#phase === 'banner') this.#phase = 'keys';
          // A copy: the buffer belongs to the packet.
          check
            .check(Buffer.from(key), this.#asks, this.#ended.signal)
            .then(() => {
              // ssh2 throws when it is told something about a connection that has ended meanwhile.
              if (this.#failure === null) verified(true);
            })
            .catch((error: unknown) => this.#fail(this.#asFailure(error)));
        },
        authHandler: (offered: unknown, partial, next) => this.#authenticate(offered, partial, next),
      });
    } catch (error) {
      this.#fail(this.#asFailure(error));
    }
  }

  /** `offered` is null before the first attempt, which ssh2's types do not say. */
  #authenticate(offered: unknown, partial: boolean, next: (method: AnyAuthMethod) => void): void {
    const methods = Array.isArray(offered) ? offered.map(String) : null;
    this.#login
      .next(methods, partial)
      .then((method) => {
        if (this.#failure === null) next(method);
      })
      .catch((error: unknown) => this.#fail(this.#asFailure(error)));
  }

  #pausing(asks: SshAsks): SshAsks {
    return {
      hostKey: (question) => this.#clock.during(() => asks.hostKey(question)),
      password: (question) => this.#clock.during(() => asks.password(question)),
      passphrase: (question) => this.#clock.during(() => asks.passphrase(question)),
      keyboardInteractive: (question) => this.#clock.during(() => asks.keyboardInteractive(question)),
    };
  }

  #onError(error: Ssh2Error): void {
    // A key that did not sign: ssh2 goes on to the next method by itself.
    if (error.level === 'agent' || error.level === 'client-authentication') return;
    if (error.level === 'handshake') this.#fail(this.#noAgreement(error));
    // The server's farewell has a number (RFC 4253, 11.1): `Too many authentication failures` and the like.
    else if (typeof error.code === 'number' && this.#phase === 'login') {
      this.#fail(this.#login.refusedBy(error.message));
    } else this.#fail(this.#closed(error));
  }

  #fail(error: TransportError): void {
    // From 'ready' on the session looks after the client.
    if (this.#ready || this.#failure !== null) return;
    this.#failure = error;
    this.#reject(error);
    this.#client.end();
    this.#socket.destroy();
  }

  #asFailure(error: unknown): TransportError {
    if (error instanceof TransportError) return error;
    if (this.#ended.signal.aborted) return cancelled(`Connecting to ${this.#target.alias}`, error);
    const { alias, port } = this.#target;
    return new TransportError('CLOSED', `The login to ${alias} failed: ${errorText(error)}`, {
      host: alias,
      port,
      phase: this.#phase,
      cause: error,
    });
  }

  #where(): { at: string; detail: { host: string; port: number; phase: TransportPhase } } {
    const { host, port } = this.#target;
    return { at: endpoint(host, port), detail: { host, port, phase: this.#phase } };
  }

  #timedOut(): TransportError {
    const { at, detail } = this.#where();
    const seconds = this.#context.timeoutMs / 1000;
    const greeted = 'bytesRead' in this.#socket && this.#socket.bytesRead !== 0;
    if (this.#phase === 'banner' && !greeted) {
      return new TransportError(
        'TIMEOUT',
        `${at} takes the connection and says nothing for ${seconds} s`,
        detail,
      );
    }
    const waited = this.#phase === 'login' ? 'did not answer the login' : 'did not agree on keys';
    return new TransportError('TIMEOUT', `${at} ${waited} within ${seconds} s`, detail);
  }

  #closed(cause: Ssh2Error | null): TransportError {
    const { at, detail } = this.#where();
    const during = { banner: 'before it greeted', keys: 'while keys were exchanged' } as const;
    const when =
      this.#phase === 'banner' || this.#phase === 'keys' ? during[this.#phase] : 'during the login';
    return new TransportError('CLOSED', `${at} closed the connection ${when}`, {
      ...detail,
      ...(cause === null ? {} : { cause, detail: errorText(cause) }),
    });
  }

  #noAgreement(cause: Ssh2Error): TransportError {
    const { at, detail } = this.#where();
    return new TransportError('CLOSED', `${at} and Virtlane did not agree on how to encrypt`, {
      ...detail,
      phase: 'keys',
      cause,
      detail: errorText(cause),
    });
  }
}

/**
 * Logs in to one server over an open byte stream. On failure the stream is destroyed.
 * @param onHostKey is told the server's key, as it is on the wire, once the server is logged in to
 */
export async function openHop(
  target: SshTarget,
  socket: Duplex,
  context: HopContext,
  onHostKey: (key: Buffer) => void = () => undefined,
): Promise<Client> {
  // A stream that fails while nobody listens must not end the process; ssh2 adds its own listener later.
  socket.on('error', () => undefined);
  let check: HostKeyCheck;
  try {
    check = await HostKeyCheck.for(target, context.knownHosts);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const client = await new Hop(target, socket, context).open(check);
  if (check.accepted !== null) onHostKey(check.accepted);
  return client;
}
