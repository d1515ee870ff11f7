import type { Client, ClientChannel, TcpConnectionDetails } from 'ssh2';
import { errorText, TransportError } from './errors.ts';
import type { TcpListener } from './listen.ts';
import type { SshTarget } from './ssh-target.ts';

const LOOPBACK = '127.0.0.1';

/** Milliseconds until a server that does not answer is given up. */
const TIMEOUT_MS = 20_000;

/** Ports of the host's loopback that its sshd listens on for one session (tcpip-forward, RFC 4254 7.1). */
export class SshListeners {
  readonly #target: SshTarget;
  readonly #client: Client;
  readonly #takers = new Map<number, (channel: ClientChannel) => void>();
  /** With the connection its ports are gone: what waits until one is given up need not wait. */
  readonly #givingUp = new Set<() => void>();

  /** `client` is logged in. */
  constructor(target: SshTarget, client: Client) {
    this.#target = target;
    this.#client = client;
    client.on('tcp connection', ({ destPort }: TcpConnectionDetails, accept, reject) => {
      const take = this.#takers.get(destPort);
      if (take === undefined) reject();
      else take(accept());
    });
    client.once('close', () => {
      for (const done of this.#givingUp) done();
    });
  }

  /**
   * Lets the host's sshd listen on a port that it chooses.
   * @throws TransportError FORWARDING_DISABLED, TIMEOUT, CLOSED
   */
  async listen(take: (channel: ClientChannel) => void): Promise<TcpListener> {
    const port = await this.#forward();
    this.#takers.set(port, take);
    return {
      port,
      close: () => {
        this.#takers.delete(port);
        return this.#unforward(port);
      },
    };
  }

  #forward(): Promise<number> {
    const { alias } = this.#target;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(this.#error('TIMEOUT', `${alias} does not answer whether it listens on a port`)),
        TIMEOUT_MS,
      );
      const done = (error: Error | undefined, port: number): void => {
        clearTimeout(timer);
        if (error === undefined) resolve(port);
        else
          reject(
            this.#error(
              'FORWARDING_DISABLED',
              `The SSH server of ${alias} does not listen on ports for who is logged in: AllowTcpForwarding must be yes there`,
              error,
            ),
          );
      };
      try {
        this.#client.forwardIn(LOOPBACK, 0, done);
      } catch (error) {
        // ssh2 throws `Not connected`.
        clearTimeout(timer);
        reject(this.#error('CLOSED', `The SSH connection to ${alias} is closed`, error));
      }
    });
  }

  #unforward(port: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, TIMEOUT_MS);
      const done = (): void => {
        clearTimeout(timer);
        this.#givingUp.delete(done);
        resolve();
      };
      this.#givingUp.add(done);
      try {
        this.#client.unforwardIn(LOOPBACK, port, done);
      } catch {
        // ssh2 throws `Not connected`.
        done();
      }
    });
  }

  #error(code: 'TIMEOUT' | 'FORWARDING_DISABLED' | 'CLOSED', message: string, cause?: unknown) {
    const { alias, port } = this.#target;
    const more = cause === undefined ? {} : { cause, detail: errorText(cause) };
    return new TransportError(code, message, { host: alias, port, phase: 'channel', ...more });
  }
}
