import type { PromptAnswer } from '../contract/host.ts';
import { HostConnection, type ConnectionDeps, type HostIdentity } from './connection.ts';
import { FailureError } from './failures.ts';
import { hostNames, type Nameable } from './names.ts';
import type { HostSession } from './session.ts';

/** A host as it is added: what it is called follows from this and from the others' names. */
export type NewHost = Omit<HostIdentity, 'name'> & Nameable;

/** All hosts by id. Each has its own way and waits for no other. */
export class HostManager {
  readonly #deps: ConnectionDeps;
  readonly #connections = new Map<string, HostConnection>();
  readonly #nameable = new Map<string, Nameable>();
  #looks = 0;

  constructor(deps: Omit<ConnectionDeps, 'watched'>) {
    this.#deps = { ...deps, watched: () => this.#looks > 0 };
  }

  has(id: string): boolean {
    return this.#connections.has(id);
  }

  ids(): string[] {
    return [...this.#connections.keys()];
  }

  add({ id, given, own, target, keyFile, trial }: NewHost): void {
    this.#nameable.set(id, { id, given, own, target });
    const name = hostNames([...this.#nameable.values()]).get(id) ?? id;
    this.#connections.set(id, new HostConnection({ id, name, target, keyFile, trial }, this.#deps));
    this.#rename();
  }

  /** Another name that a person gave, or that the host calls itself by; others may have to be told apart from it. */
  setName(id: string, change: Partial<Pick<Nameable, 'given' | 'own'>>): void {
    const before = this.#nameable.get(id);
    if (before === undefined) return;
    this.#nameable.set(id, { ...before, ...change });
    this.#rename();
  }

  /** Somebody looks at the hosts until the returned function is called: meanwhile lost ones are tried again more often. */
  look(): () => void {
    this.#looks += 1;
    if (this.#looks === 1) for (const connection of this.#connections.values()) connection.hurry();
    return () => {
      this.#looks -= 1;
    };
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
    this.#nameable.delete(id);
    this.#rename();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.disconnect()));
    this.#connections.clear();
    this.#nameable.clear();
  }

  #rename(): void {
    for (const [id, name] of hostNames([...this.#nameable.values()])) this.#connections.get(id)?.rename(name);
  }
}
