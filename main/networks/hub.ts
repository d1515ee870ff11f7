import type { DomainRef as WireDomain } from '../../drivers/libvirt/protocol/structs.ts';
import { LinkError } from '../../drivers/rpc/errors.ts';
import type { NetworkMessage } from '../contract/network.ts';
import { pause, type Clock } from '../hosts/clock.ts';
import type { HostSession } from '../hosts/session.ts';
import type { Domain } from '../contract/domain.ts';
import { HostNetworks } from './host-networks.ts';

/** A session that has just ended may still be the host's for a moment. */
const RETRY_MS = 200;

/** What the networks want of the hosts; Fleet has all of it. */
export interface NetworkHubDeps {
  clock: Clock;
  /** @throws FailureError for a host that is not in the list */
  session: (host: string) => HostSession;
  connected: (host: string, signal: AbortSignal) => Promise<void>;
  /** @throws FailureError for a host that is not in the list */
  check: (host: string) => void;
  domains: (host: string) => Domain[];
  reference: (host: string, uuid: string) => WireDomain | undefined;
  onFault: (host: string, error: unknown) => void;
}

interface Shared {
  session: HostSession;
  networks: HostNetworks;
  opened: Promise<void>;
  readers: number;
}

/** The networks of hosts that somebody looks at: read once, however many look; nobody looking, no call. */
export class NetworkHub {
  readonly #deps: NetworkHubDeps;
  readonly #shared = new Map<string, Shared>();

  constructor(deps: NetworkHubDeps) {
    this.#deps = deps;
  }

  /** All networks, devices, filters and leases, then what changes. After a lost link everything comes anew. */
  async *watch(host: string, signal: AbortSignal): AsyncGenerator<NetworkMessage, void, void> {
    while (!signal.aborted) {
      this.#deps.check(host);
      await this.#deps.connected(host, signal);
      if (signal.aborted) return;
      const shared = this.#join(host, this.#deps.session(host));
      try {
        await shared.opened;
        const { mailbox, leave } = shared.networks.join();
        void shared.session.client.closed.then(() => mailbox.close());
        try {
          yield* mailbox.read(signal);
        } finally {
          leave();
        }
      } catch (error) {
        if (!(error instanceof LinkError) || shared.session.client.isOpen) throw error;
      } finally {
        this.#leave(host, shared);
      }
      await pause(this.#deps.clock, RETRY_MS, signal);
    }
  }

  /** After a change that no event tells. */
  refresh(host: string): void {
    this.#shared.get(host)?.networks.refresh();
  }

  #join(host: string, session: HostSession): Shared {
    const known = this.#shared.get(host);
    if (known?.session === session) {
      known.readers += 1;
      return known;
    }
    const networks = new HostNetworks({
      clock: this.#deps.clock,
      session,
      domains: () => this.#deps.domains(host),
      reference: (uuid) => this.#deps.reference(host, uuid),
      onFault: (error) => this.#deps.onFault(host, error),
    });
    const shared: Shared = { session, networks, opened: networks.open(), readers: 1 };
    // Who waits for it is told; nobody may.
    shared.opened.catch(() => undefined);
    this.#shared.set(host, shared);
    return shared;
  }

  #leave(host: string, shared: Shared): void {
    shared.readers -= 1;
    if (shared.readers > 0) return;
    shared.networks.dispose();
    if (this.#shared.get(host) === shared) this.#shared.delete(host);
  }
}
