import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { cancelled, endpoint, errorText, TransportError } from './errors.ts';
import { conclude, notStarted, stdinBytes, type Exec, type ExecOptions, type ExecResult } from './exec.ts';
import { guarded, shellCommand } from './exec-script.ts';
import { throughSudo, type Sudo } from './exec-sudo.ts';
import type { OnConnection, TcpListener } from './listen.ts';
import { SshChannelStream } from './ssh-channel.ts';
import { SshListeners } from './ssh-listeners.ts';
import { OPEN_REASON, openReason, tcpOpenError, unixOpenError } from './ssh-open-errors.ts';
import { probeSocket } from './ssh-probe.ts';
import { SshProgram } from './ssh-program.ts';
import type { SshTarget } from './ssh-target.ts';

/** Milliseconds until a channel that the server does not answer is given up. */
const CHANNEL_TIMEOUT_MS = 20_000;
/** Milliseconds the server has to close after we said goodbye. */
const GOODBYE_MS = 2_000;

type ChannelCallback = (error: Error | undefined, channel: ClientChannel) => void;

/** One login on one host. Everything that goes to the host goes through it as channels. */
export class SshSession {
  readonly target: SshTarget;
  /** Resolves once, when the session is over: with undefined after `close()`, else with the reason. */
  readonly closed: Promise<Error | undefined>;
  /** The server's key as it is on the wire, which was found good; null: it is not known. */
  readonly hostKey: Buffer | null;
  readonly #client: Client;
  readonly #link: Duplex;
  readonly #channels = new Set<SshChannelStream>();
  readonly #listeners: SshListeners;
  #end: (error: Error | undefined) => void = () => undefined;
  #over = false;
  #closing = false;
  #lastError: Error | null = null;

  /** @internal use `openSsh`. `client` is logged in over `link`. */
  constructor(target: SshTarget, client: Client, link: Duplex, hostKey: Buffer | null = null) {
    this.target = target;
    this.hostKey = hostKey;
    this.#client = client;
    this.#link = link;
    this.#listeners = new SshListeners(target, client);
    this.closed = new Promise((resolve) => (this.#end = resolve));
    client.on('error', (error: Error) => (this.#lastError = error));
    client.on('close', () => this.#onClose());
  }

  get isOpen(): boolean {
    return !this.#over && !this.#closing;
  }

  /**
   * Opens a unix socket of the host (direct-streamlocal@openssh.com).
   * @throws TransportError PERMISSION, NO_SUCH_SOCKET, FORWARDING_DISABLED, TIMEOUT, CLOSED, CANCELLED
   */
  async openUnix(path: string, signal?: AbortSignal): Promise<Duplex> {
    try {
      return await this.#tryUnix(path, signal);
    } catch (error) {
      if (error instanceof TransportError) throw error;
      const isProbed = openReason(error) === OPEN_REASON.CONNECT_FAILED;
      const verdict = isProbed ? await probeSocket(this.#client, path) : 'open';
      if (this.#over) throw this.#lost();
      const told = (cause: unknown) =>
        cause instanceof TransportError ? cause : unixOpenError(this.target, path, { verdict, cause });
      if (!isProbed || verdict !== 'open') throw told(error);
      // Who listens there may have come only since, as a libvirtd that is started again.
      return this.#tryUnix(path, signal).catch((cause: unknown) => {
        throw told(cause);
      });
    }
  }

  #tryUnix(path: string, signal: AbortSignal | undefined): Promise<Duplex> {
    return this.#open(
      `Opening ${path} on ${this.target.alias}`,
      signal,
      (done) => this.#client.openssh_forwardOutStreamLocal(path, done),
      (channel) => this.#adopt(channel),
    );
  }

  /**
   * Opens a TCP connection from the host (direct-tcpip), often to its own loopback.
   * @throws TransportError REFUSED, FORWARDING_DISABLED, DNS, UNREACHABLE, TIMEOUT, CLOSED, CANCELLED
   */
  async openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    const what = `Connecting to ${endpoint(host, port)} through ${this.target.alias}`;
    try {
      return await this.#open(
        what,
        signal,
        (done) => this.#client.forwardOut('127.0.0.1', 0, host, port, done),
        (channel) => this.#adopt(channel),
      );
    } catch (error) {
      if (error instanceof TransportError) throw error;
      throw tcpOpenError(this.target, { host, port }, error);
    }
  }

  /**
   * Listens on a free port of the host's own loopback; what comes there is handed over. Any user of the host can reach the port.
   * @throws TransportError FORWARDING_DISABLED, TIMEOUT, CLOSED
   */
  async listenTcp(onConnection: OnConnection): Promise<TcpListener> {
    if (!this.isOpen) throw this.#lost();
    return this.#listeners.listen((channel) => onConnection(this.#adopt(channel)));
  }

  /** Runs a program on the host. */
  readonly exec: Exec = (argv, options) => this.#run(argv, options, null);

  /** Runs programs there as root. What watches over a program is root's, too, so that it ends with the link like every other one. */
  asRoot(sudo: Sudo): Exec {
    return (argv, options) => this.#run(argv, options, sudo);
  }

  async #run(argv: readonly string[], options: ExecOptions, sudo: Sudo | null): Promise<ExecResult> {
    const { alias: host, user } = this.target;
    const given = stdinBytes(options.stdin);
    const names = { program: argv[0] ?? '', host, user };
    const plain = ['sh', ...guarded(argv, given.length)];
    const through = sudo === null ? { argv: plain, before: Buffer.alloc(0) } : throughSudo(plain, sudo);
    const stdin = Buffer.concat([through.before, given]);
    const command = `exec ${shellCommand(through.argv)}`;
    const what = `Running ${names.program} on ${host}`;
    const program = await this.#open(
      what,
      options.signal,
      (done) =>
        this.#client.exec(command, (error, channel) => {
          // ssh2's error for a request that the server refused.
          done(error?.message === 'Unable to exec' ? notStarted(names, error) : error, channel);
        }),
      (channel) => new SshProgram(channel, this.#adopt(channel, true)),
    ).catch((error: unknown) => {
      throw error instanceof TransportError ? error : notStarted(names, error);
    });
    return conclude(program, { ...options, stdin }, names);
  }

  /** Says goodbye and waits until the session is over. Channels still open end with it. */
  async close(): Promise<void> {
    if (!this.#closing && !this.#over) {
      this.#closing = true;
      for (const channel of this.#channels) channel.destroy();
      this.#client.end();
      const timer = setTimeout(() => this.#client.destroy(), GOODBYE_MS);
      await this.closed;
      clearTimeout(timer);
    }
    await this.closed;
  }

  /** Errors of the SSH server come out as they are, for the caller to explain; all others as TransportError. */
  #open<T>(
    what: string,
    signal: AbortSignal | undefined,
    ask: (done: ChannelCallback) => unknown,
    adopt: (channel: ClientChannel) => T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (outcome: () => void): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        outcome();
      };
      const onAbort = (): void => settle(() => reject(cancelled(what, signal?.reason)));
      const timer = setTimeout(() => settle(() => reject(this.#unanswered(what))), CHANNEL_TIMEOUT_MS);
      const done: ChannelCallback = (error, channel) => {
        if (error !== undefined) {
          const told = error instanceof TransportError || openReason(error) !== null;
          settle(() => reject(told ? error : this.#lost(error)));
        } else if (settled) {
          // Came after nobody waited any more.
          new SshChannelStream(channel, this.#link).destroy();
        } else {
          settle(() => resolve(adopt(channel)));
        }
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted === true) return onAbort();
      if (!this.isOpen) return settle(() => reject(this.#lost()));
      try {
        ask(done);
      } catch (error) {
        // ssh2 throws `Not connected` between the end of the socket and its own 'close'.
        settle(() => reject(this.#lost(error)));
      }
      return undefined;
    });
  }

  #adopt(channel: ClientChannel, isProgram = false): SshChannelStream {
    const stream = new SshChannelStream(channel, this.#link, isProgram);
    this.#channels.add(stream);
    stream.once('close', () => this.#channels.delete(stream));
    return stream;
  }

  #unanswered(what: string): TransportError {
    const { alias, port } = this.target;
    return new TransportError('TIMEOUT', `${what}: no answer within ${CHANNEL_TIMEOUT_MS / 1000} s`, {
      host: alias,
      port,
      phase: 'channel',
    });
  }

  #lost(cause?: unknown): TransportError {
    const { alias, port } = this.target;
    const reason = cause ?? this.#lastError ?? undefined;
    return new TransportError('CLOSED', `The SSH connection to ${alias} is closed`, {
      host: alias,
      port,
      ...(reason === undefined ? {} : { cause: reason, detail: errorText(reason) }),
    });
  }

  #onClose(): void {
    if (this.#over) return;
    this.#over = true;
    const error = this.#closing ? undefined : this.#cut();
    for (const channel of this.#channels) channel.destroy(error);
    this.#end(error);
  }

  #cut(): TransportError {
    const { alias, port } = this.target;
    const cause = this.#lastError;
    const silent = cause !== null && cause.message === 'Keepalive timeout';
    return new TransportError(
      'CLOSED',
      silent ? `${alias} does not answer any more` : `The SSH connection to ${alias} was lost`,
      { host: alias, port, ...(cause === null ? {} : { cause, detail: errorText(cause) }) },
    );
  }
}
