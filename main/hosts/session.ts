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
   * The second connection, for streams and long work: libvirtd serves five calls of a connection at once, and a migration must not
   * take one from the list. Opened when it is first wanted, and again after it was lost.
   */
  bulkClient(): Promise<LibvirtClient> {
    if (this.#closed)
      return Promise.reject(new TransportError('CLOSED', `The link to ${this.name} is closed`));
    this.#bulk ??= this.#openBulk();
    return this.#bulk;
  }

  /** Closes both connections, not the link. */
  async close(): Promise<void> {
    this.#closed = true;
    const bulk = this.#bulk;
    this.#bulk = null;
    await Promise.allSettled([this.client.close(), bulk?.then((client) => client.close())]);
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
