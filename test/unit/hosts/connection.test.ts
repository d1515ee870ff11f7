import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
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
  openLibvirt = () => Promise.resolve(new PassThrough());
  openTcp = () => Promise.resolve(new PassThrough());
  openUnix = () => Promise.resolve(new PassThrough());
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
class Bench {
  readonly clock = new FakeClock();
  readonly states: string[] = [];
  readonly links: FakeLink[] = [];
  readonly clients: FakeClient[] = [];
  readonly secrets = new MemorySecrets();
  lost = 0;
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
      lastHeard: () => null,
      onFault: (error) => assert.fail(error as Error),
    };
    const target = parseTarget('root@h');
    this.connection = new HostConnection({ id: 'h', name: 'h', target, keyFile: null }, deps);
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

const unreachable = () => Promise.reject(new TransportError('UNREACHABLE', 'There is no route to h'));
const notRunning = () => Promise.reject(new TransportError('NO_SUCH_SOCKET', 'No libvirt daemon listens'));

test('a login that works leads to connected', async () => {
  const bench = new Bench();
  await bench.connect();
  assert.deepEqual(bench.states, ['disconnected', 'connecting', 'connected']);
  assert.equal(bench.connection.session?.name, 'h');
  await bench.connection.disconnect();
  assert.equal(bench.host.state, 'disconnected');
  assert.equal(bench.connection.session, null);
  assert.equal(bench.links[0]?.closes, 1);
  assert.equal(bench.clock.pending, 0);
});

test('a host that a person adds and that cannot be reached stays failed', async () => {
  const bench = new Bench();
  bench.login = unreachable;
  await bench.connect();
  assert.equal(bench.host.state, 'failed');
  assert.equal(bench.host.failure?.code, 'HOST_UNREACHABLE');
  await bench.clock.advance(120_000);
  assert.equal(bench.requests.length, 1);
});

test('at the start of the program an unreachable host is tried again, slower each time', async () => {
  const bench = new Bench();
  bench.login = unreachable;
  await bench.connect('start');
  assert.equal(bench.host.state, 'away');
  const delays: number[] = [];
  for (let i = 0; i < 7; i += 1) {
    const delay = (bench.host.nextAttempt ?? 0) - bench.clock.now();
    delays.push(delay);
    await bench.clock.advance(delay);
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  bench.login = () => Promise.resolve();
  await bench.clock.advance(30_000);
  assert.equal(bench.host.state, 'connected');
  assert.equal(bench.host.failure, null);
  await bench.connection.disconnect();
});

for (const [code, error] of [
  ['AUTH_FAILED', new TransportError('AUTH_FAILED', 'no')],
  ['HOST_KEY_CHANGED', new TransportError('HOST_KEY_CHANGED', 'no')],
  ['HOST_KEY_REFUSED', new TransportError('HOST_KEY_REFUSED', 'no')],
  ['PERMISSION', new TransportError('PERMISSION', 'no')],
  ['PERMISSION', new LibvirtError({ code: 'VIR_ERR_AUTH_UNAVAILABLE', message: 'polkit' })],
  ['BAD_INPUT', new TransportError('BAD_CONFIG', 'no')],
] as const) {
  test(`${code} (${error.code}) waits for a person, also when the host was connected before`, async () => {
    const bench = new Bench();
    await bench.connect('start');
    bench.login = () => Promise.reject(error);
    bench.links[0]?.lose();
    await bench.clock.advance(1000);
    assert.equal(bench.host.state, 'failed');
    assert.equal(bench.host.failure?.code, code);
    assert.equal(bench.clock.pending, 0);
  });
}

test('a lost link makes the host away, and it comes back by itself', async () => {
  const bench = new Bench();
  await bench.connect();
  bench.links[0]?.lose();
  await settle();
  assert.equal(bench.host.state, 'away');
  assert.equal(bench.host.failure?.code, 'LINK_LOST');
  assert.equal(bench.host.nextAttempt, bench.clock.now() + 1000);
  assert.equal(bench.lost, 1);
  await bench.clock.advance(1000);
  assert.equal(bench.host.state, 'connected');
  assert.deepEqual(bench.states, ['disconnected', 'connecting', 'connected', 'away', 'connected']);
  assert.equal(bench.links.length, 2);
  await bench.connection.disconnect();
});

test('when only the daemon goes, the same login is used again', async () => {
  const bench = new Bench();
  await bench.connect();
  bench.daemon = notRunning;
  bench.clients[0]?.lose();
  await bench.clock.advance(1000);
  assert.equal(bench.host.state, 'away');
  assert.equal(bench.host.failure?.code, 'LIBVIRT_NOT_RUNNING');
  bench.daemon = () => Promise.resolve();
  await bench.clock.advance(2000);
  assert.equal(bench.host.state, 'connected');
  assert.equal(bench.requests.length, 1);
  assert.equal(bench.links[0]?.closes, 0);
  await bench.connection.disconnect();
  assert.equal(bench.links[0]?.closes, 1);
});

test('a login that was kept and has gone is not tried', async () => {
  const bench = new Bench();
  await bench.connect();
  bench.clients[0]?.lose();
  await settle();
  bench.links[0]?.lose();
  await bench.clock.advance(1000);
  assert.equal(bench.host.state, 'connected');
  assert.equal(bench.requests.length, 2);
  await bench.connection.disconnect();
});

test('a person who connects does not wait for the next attempt', async () => {
  const bench = new Bench();
  bench.login = unreachable;
  await bench.connect('start');
  bench.login = () => Promise.resolve();
  await bench.connect();
  assert.equal(bench.host.state, 'connected');
  await bench.connection.disconnect();
});

test('connecting twice makes one attempt', async () => {
  const bench = new Bench();
  let finish: () => void = () => undefined;
  bench.login = () => new Promise((resolve) => (finish = resolve));
  await bench.connect();
  await bench.connect();
  assert.equal(bench.requests.length, 1);
  finish();
  await settle();
  assert.equal(bench.host.state, 'connected');
  await bench.connection.disconnect();
});

test('a login that never ends is given up, even if it does not listen', async () => {
  const bench = new Bench();
  bench.login = () => new Promise(() => undefined);
  await bench.connect();
  await bench.clock.advance(29_999);
  assert.equal(bench.host.state, 'connecting');
  await bench.clock.advance(1);
  assert.equal(bench.host.state, 'failed');
  assert.equal(bench.host.failure?.code, 'HOST_UNREACHABLE');
});

test('a login that comes too late is closed', async () => {
  const bench = new Bench();
  let finish: () => void = () => undefined;
  bench.login = () => new Promise((resolve) => (finish = resolve));
  await bench.connect();
  await bench.clock.advance(30_000);
  finish();
  await settle();
  assert.equal(bench.links[0]?.closes, 1);
});

test('time that a person takes to answer does not count', async () => {
  const bench = new Bench();
  bench.login = async ({ asks, signal }) => {
    const key = {
      host: 'h',
      port: 22,
      keyType: 'ssh-ed25519',
      fingerprint: 'SHA256:x',
      status: 'unknown' as const,
    };
    assert.equal(await asks.hostKey({ ...key, signal }), 'once');
  };
  await bench.connect();
  assert.equal(bench.host.state, 'asking');
  assert.equal(bench.host.prompt?.kind, 'hostKey');
  await bench.clock.advance(600_000);
  assert.equal(bench.host.state, 'asking');
  bench.connection.answer(bench.host.prompt?.id ?? '', { kind: 'hostKey', accept: 'once' });
  await settle();
  assert.equal(bench.host.state, 'connected');
  assert.equal(bench.host.prompt, null);
  await bench.connection.disconnect();
});

test('a question is withdrawn when the host is disconnected', async () => {
  const bench = new Bench();
  bench.login = async ({ asks, signal }) => {
    await asks.password({ user: 'root', host: 'h', attempt: 1, signal });
    signal.throwIfAborted();
  };
  await bench.connect();
  assert.equal(bench.host.state, 'asking');
  await bench.connection.disconnect();
  assert.equal(bench.host.state, 'disconnected');
  assert.equal(bench.host.prompt, null);
  assert.equal(bench.clock.pending, 0);
});

test('a list that cannot be read closes what was opened', async () => {
  const bench = new Bench();
  bench.list = () => Promise.reject(new LinkError('TIMEOUT', 'no answer'));
  await bench.connect();
  assert.equal(bench.host.state, 'failed');
  assert.equal(bench.host.failure?.code, 'TIMEOUT');
  assert.equal(bench.links[0]?.closes, 1);
  assert.equal(bench.lost, 1);
});

test('disconnecting while away ends the attempts', async () => {
  const bench = new Bench();
  await bench.connect();
  bench.links[0]?.lose();
  await settle();
  await bench.connection.disconnect();
  assert.equal(bench.host.state, 'disconnected');
  assert.equal(bench.host.failure, null);
  await bench.clock.advance(60_000);
  assert.equal(bench.requests.length, 1);
});

test('one host that hangs does not delay another', async () => {
  const hanging = new Bench();
  hanging.login = () => new Promise(() => undefined);
  await hanging.connect();
  const other = new Bench();
  await other.connect();
  assert.equal(other.host.state, 'connected');
  await Promise.all([hanging.connection.disconnect(), other.connection.disconnect()]);
});

test('a host that cuts every connection is asked more and more slowly', async () => {
  const bench = new Bench();
  await bench.connect();
  const delays: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    bench.links.at(-1)?.lose();
    await settle();
    const delay = (bench.host.nextAttempt ?? 0) - bench.clock.now();
    delays.push(delay);
    await bench.clock.advance(delay);
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000]);
  await bench.clock.advance(10_000);
  bench.links.at(-1)?.lose();
  await settle();
  assert.equal(bench.host.nextAttempt, bench.clock.now() + 1000);
  await bench.connection.disconnect();
});

test('the last wish counts: connect, then disconnect, while the connection before still ends', async () => {
  const bench = new Bench();
  await bench.connect();
  const first = bench.connection.disconnect();
  bench.connection.connect('person');
  await bench.connection.disconnect();
  await first;
  await settle();
  assert.equal(bench.host.state, 'disconnected');
});
