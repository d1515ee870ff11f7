import type { PromptAnswer } from '../contract/host.ts';
import { HostConnection, type ConnectionDeps, type HostIdentity } from './connection.ts';
import { FailureError } from './failures.ts';
import type { HostSession } from './session.ts';

/** All hosts by id. Each has its own way and waits for no other. */
export class HostManager {
  readonly #deps: ConnectionDeps;
  readonly #connections = new Map<string, HostConnection>();

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  has(id: string): boolean {
    return this.#connections.has(id);
  }

  ids(): string[] {
    return [...this.#connections.keys()];
  }

  add(identity: HostIdentity): void {
    this.#connections.set(identity.id, new HostConnection(identity, this.#deps));
  }

  /** @throws FailureError NOT_FOUND */
  connection(id: string): HostConnection {
    const connection = this.#connections.get(id);
    if (connection === undefined)
      throw new FailureError({ code: 'NOT_FOUND', message: 'This host is not in the list.' });
    return connection;
  }

  /**
   * The open session of a host.
   * @throws FailureError NOT_FOUND, or HOST_UNREACHABLE while it is not connected
   */
  session(id: string): HostSession {
    const connection = this.connection(id);
    const { session, host } = connection;
    if (session !== null) return session;
    throw new FailureError({
      code: 'HOST_UNREACHABLE',
      message: `${host.name} is not connected.`,
      host: { id, name: host.name },
      ...(host.failure?.detail === undefined ? {} : { detail: host.failure.detail }),
    });
  }

  answer(id: string, promptId: string, answer: PromptAnswer): void {
    this.connection(id).answer(promptId, answer);
  }

  /** Ends the host's connection and forgets it. */
  async remove(id: string): Promise<void> {
    const connection = this.connection(id);
    await connection.disconnect();
    this.#connections.delete(id);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.disconnect()));
    this.#connections.clear();
  }
}
