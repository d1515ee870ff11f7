import type { CoreClient } from '../bridge/rpc-client.ts';
import type { Domain } from '../contract/domain.ts';
import type { Host } from '../contract/host.ts';
import type { InventoryChange, InventoryMessage } from '../contract/inventory.ts';

/** The core's inventory as this command sees it: a snapshot, then patches. */
export class Mirror {
  readonly #hosts = new Map<string, Host>();
  readonly #domains = new Map<string, Domain>();
  readonly #watchers = new Set<() => void>();
  readonly #abort = new AbortController();
  #broken: unknown = null;

  /** Subscribes; answers when the snapshot is there. */
  static async open(client: CoreClient): Promise<Mirror> {
    const mirror = new Mirror();
    const messages = await client.inventory.watch({}, { signal: mirror.#abort.signal });
    const first = await messages.next();
    if (first.done !== true) mirror.#take(first.value);
    void mirror.#follow(messages);
    return mirror;
  }

  get hosts(): Host[] {
    return [...this.#hosts.values()];
  }

  get domains(): Domain[] {
    return [...this.#domains.values()];
  }

  host(id: string): Host | undefined {
    return this.#hosts.get(id);
  }

  domain(host: string, uuid: string): Domain | undefined {
    return this.#domains.get(`${host}\n${uuid}`);
  }

  /** Calls `look` now and after every change until it answers something; null when the time is over. */
  until<T>(look: () => T | undefined, timeoutMs: number | null = null): Promise<T | null> {
    return new Promise((resolve, reject) => {
      const timer = timeoutMs === null ? undefined : setTimeout(() => settle(() => resolve(null)), timeoutMs);
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        how();
      };
      const check = (): void => {
        const value = look();
        if (value !== undefined) settle(() => resolve(value));
        else if (this.#broken !== null) settle(() => reject(this.#broken as Error));
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** Calls `listener` after every change. */
  onChange(listener: () => void): void {
    this.#watchers.add(listener);
  }

  /** Makes everyone who waits look again: something beside the inventory has changed. */
  look(): void {
    this.#tell();
  }

  close(): void {
    this.#abort.abort();
  }

  async #follow(messages: AsyncIterable<InventoryMessage>): Promise<void> {
    try {
      for await (const message of messages) this.#take(message);
      this.#broken = new Error('The core ended the list of machines.');
    } catch (error) {
      this.#broken = error;
    }
    if (!this.#abort.signal.aborted) this.#tell();
  }

  #take(message: InventoryMessage): void {
    if (message.type === 'snapshot') {
      this.#hosts.clear();
      this.#domains.clear();
      for (const host of message.hosts) this.#hosts.set(host.id, host);
      for (const domain of message.domains) this.#put(domain);
    } else {
      for (const change of message.changes) this.#apply(change);
    }
    this.#tell();
  }

  #apply(change: InventoryChange): void {
    switch (change.type) {
      case 'host':
        this.#hosts.set(change.host.id, change.host);
        break;
      case 'hostRemoved':
        this.#hosts.delete(change.id);
        this.#dropDomains(change.id);
        break;
      case 'domains':
        this.#dropDomains(change.host);
        for (const domain of change.domains) this.#put(domain);
        break;
      case 'domain':
        this.#put(change.domain);
        break;
      case 'domainRemoved':
        this.#domains.delete(`${change.host}\n${change.uuid}`);
        break;
    }
  }

  #put(domain: Domain): void {
    this.#domains.set(`${domain.host}\n${domain.uuid}`, domain);
  }

  #dropDomains(host: string): void {
    for (const [key, domain] of this.#domains) if (domain.host === host) this.#domains.delete(key);
  }

  #tell(): void {
    // A watcher that is done takes itself out while the others are told.
    for (const watcher of this.#watchers) watcher();
  }
}
