import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { HostLink } from './link.ts';

export interface HostSessionParts {
  id: string;
  /** What the host is called now: it may learn its name, or be given another, after it was connected. */
  name: () => string;
  uri: string;
  link: HostLink;
  client: LibvirtClient;
  /** Opens one more connection to libvirt on the same link. */
  openClient: (signal?: AbortSignal) => Promise<LibvirtClient>;
}

/** A host that is connected: one login, a connection for short calls and events, and another for what takes long. */
export class HostSession {
  readonly id: string;
  readonly uri: string;
  readonly link: HostLink;
  readonly client: LibvirtClient;
  readonly #name: () => string;
  readonly #openClient: (signal?: AbortSignal) => Promise<LibvirtClient>;
  #bulk: Promise<LibvirtClient> | null = null;
  readonly #lent = new Set<LibvirtClient>();
  #closed = false;

  constructor(parts: HostSessionParts) {
    this.id = parts.id;
    this.#name = parts.name;
    this.uri = parts.uri;
    this.link = parts.link;
    this.client = parts.client;
    this.#openClient = parts.openClient;
  }

  /** As the list of hosts has it. */
  get name(): string {
    return this.#name();
  }

  /**
   * The second connection, for streams and long work: libvirtd serves five calls of a connection at once, and what is slow
   * must not take one from the list. Opened when it is first wanted, and again after it was lost.
   */
  bulkClient(): Promise<LibvirtClient> {
    if (this.#closed) return Promise.reject(this.#isClosed());
    this.#bulk ??= this.#openBulk();
    return this.#bulk;
  }

  /**
   * A connection that is the caller's alone, who closes it: for the bytes of a file, as a stream has no flow control of its own, and one whose reader
   * is slow holds up all that goes over its connection; and for a migration, which holds a call of it as long as its data goes.
   */
  async openStreamClient(signal?: AbortSignal): Promise<LibvirtClient> {
    if (this.#closed) throw this.#isClosed();
    const client = await this.#openClient(signal);
    if (this.#closed) {
      void client.close();
      throw this.#isClosed();
    }
    this.#lent.add(client);
    void client.closed.then(() => this.#lent.delete(client));
    return client;
  }

  /** Closes all connections, not the link. */
  async close(): Promise<void> {
    this.#closed = true;
    const bulk = this.#bulk;
    this.#bulk = null;
    const clients = [this.client, ...this.#lent].map((client) => client.close());
    await Promise.allSettled([...clients, bulk?.then((client) => client.close())]);
  }

  #isClosed(): TransportError {
    return new TransportError('CLOSED', `The link to ${this.name} is closed`);
  }

  #openBulk(): Promise<LibvirtClient> {
    const opening = this.#openClient();
    const forget = (): void => {
      if (this.#bulk === opening) this.#bulk = null;
    };
    opening.then((client) => {
      if (this.#closed) void client.close();
      void client.closed.then(forget);
    }, forget);
    return opening;
  }
}
