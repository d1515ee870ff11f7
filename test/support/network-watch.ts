import type { CoreClient } from '../../main/bridge/rpc-client.ts';
import type {
  HostInterface,
  Lease,
  Network,
  NetworkFilter,
  NetworkMessage,
} from '../../main/contract/network.ts';
import { until } from './wait.ts';

/** What a window would know of a host's networks. */
export class NetworkWatch {
  readonly networks = new Map<string, Network>();
  readonly leases = new Map<string, Lease[]>();
  interfaces: HostInterface[] = [];
  filters: NetworkFilter[] = [];
  readonly messages: NetworkMessage['type'][] = [];
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  #error: unknown;

  constructor(client: CoreClient, host: string) {
    this.#done = this.#read(client, host).catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#error = error;
    });
  }

  network(name: string): Network | undefined {
    return [...this.networks.values()].find((one) => one.name === name);
  }

  leasesOf(name: string): Lease[] {
    return this.leases.get(this.network(name)?.uuid ?? '') ?? [];
  }

  /** Waits until it is known. */
  until<T>(probe: (watch: NetworkWatch) => T | undefined | null | false, what: string): Promise<T> {
    return until(() => {
      if (this.#error !== undefined) throw new Error('the watch ended', { cause: this.#error });
      return probe(this);
    }, what);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  async #read(client: CoreClient, host: string): Promise<void> {
    const messages = await client.network.watch({ host }, { signal: this.#abort.signal });
    for await (const message of messages) {
      this.messages.push(message.type);
      this.#apply(message);
    }
  }

  #apply(message: NetworkMessage): void {
    switch (message.type) {
      case 'networks':
        this.networks.clear();
        for (const network of message.networks) this.networks.set(network.uuid, network);
        break;
      case 'network':
        this.networks.set(message.network.uuid, message.network);
        break;
      case 'networkRemoved':
        this.networks.delete(message.uuid);
        break;
      case 'interfaces':
        this.interfaces = message.interfaces;
        break;
      case 'filters':
        this.filters = message.filters;
        break;
      case 'leases':
        this.leases.set(message.network, message.leases);
        break;
    }
  }
}
