import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LinkError } from '../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import type { Host } from '../../../main/contract/host.ts';
import { HostConnection, type ConnectionDeps } from '../../../main/hosts/connection.ts';
import { LinkEnd, type HostLink, type OpenLinkRequest } from '../../../main/hosts/link.ts';
import { parseTarget } from '../../../main/hosts/target.ts';
import { MemorySecrets } from '../../../main/settings/secrets.ts';
import { FakeClock, settle } from './fake-clock.ts';

class FakeLink implements HostLink {
  readonly #end = new LinkEnd();
  closes = 0;
  closed = this.#end.closed;
  commands = { exec: undefined, reason: 'a fake' };
  openLibvirt = () => Promise.resolve(new PassThrough());
  openTcp = () => Promise.resolve(new PassThrough());
  openUnix = () => Promise.resolve(new PassThrough());
  listenTcp = () => Promise.reject(new Error('a fake'));
  close(): Promise<void> {
    this.closes += 1;
    this.#end.close();
    return Promise.resolve();
  }
  lose(): void {
    this.#end.close(new TransportError('CLOSED', 'The SSH connection to h was lost'));
  }
}

class FakeClient {
  #resolve: (error: LinkError) => void = () => undefined;
  readonly closed = new Promise<LinkError>((resolve) => (this.#resolve = resolve));
  lose(error = new LinkError('LINK_CLOSED', 'the host closed the connection')): void {
    this.#resolve(error);
  }
  close(): Promise<void> {
    this.lose();
    return Promise.resolve();
  }
}

/** A host whose login, daemon and list a test controls. */
export class Bench {
  readonly clock = new FakeClock();
  readonly states: string[] = [];
  readonly links: FakeLink[] = [];
  readonly clients: FakeClient[] = [];
  readonly secrets = new MemorySecrets();
  lost = 0;
  watched = false;
  heardAt: number | null = null;
  /** A call waits for its answer. */
  owed = false;
  requests: OpenLinkRequest[] = [];
  /** What happens at a login, at opening libvirt, at the first list; each may throw or wait. */
  login: (request: OpenLinkRequest) => Promise<void> = () => Promise.resolve();
  daemon: () => Promise<void> = () => Promise.resolve();
  list: () => Promise<void> = () => Promise.resolve();
  readonly connection: HostConnection;

  constructor() {
    const deps: ConnectionDeps = {
      clock: this.clock,
      random: () => 0,
      openLink: async (request) => {
        this.requests.push(request);
        await this.login(request);
        const link = new FakeLink();
        this.links.push(link);
        return link;
      },
      openClient: async () => {
        await this.daemon();
        const client = new FakeClient();
        this.clients.push(client);
        return client as unknown as LibvirtClient;
      },
      secrets: this.secrets,
      publish: (host) => this.#record(host),
      opened: () => this.list(),
      lost: () => (this.lost += 1),
      lastHeard: () => this.heardAt,
      isOwed: () => this.owed,
      watched: () => this.watched,
      onNotKept: (error) => assert.fail(error as Error),
      onFault: (error) => assert.fail(error as Error),
    };
    const target = parseTarget('root@h');
    this.connection = new HostConnection({ id: 'h', name: 'h', target, keyFile: null, trial: false }, deps);
  }

  get host(): Host {
    return this.connection.host;
  }

  async connect(by: 'person' | 'start' = 'person'): Promise<void> {
    this.connection.connect(by);
    await settle();
  }

  #record({ state }: Host): void {
    if (this.states.at(-1) !== state) this.states.push(state);
  }
}

export const unreachable = (): Promise<never> =>
  Promise.reject(new TransportError('UNREACHABLE', 'There is no route to h'));
