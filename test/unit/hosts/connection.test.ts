import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { Bench, unreachable } from './bench.ts';
import { settle } from './fake-clock.ts';

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
  // Nothing was asked of the host, so nothing may have happened there.
  assert.equal(bench.host.failure?.code, 'HOST_UNREACHABLE');
  assert.equal(bench.host.failure.message, 'h is not reachable at the moment.');
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
  await settle();
  assert.equal(bench.host.state, 'away');
  assert.equal(bench.host.failure?.message, 'libvirt on h is away.');
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
    await asks.password({ user: 'root', host: 'h', address: 'h', attempt: 1, signal });
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
  // TIMEOUT is for an action that may still be done.
  assert.equal(bench.host.failure?.code, 'HOST_UNREACHABLE');
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

test('a person who disconnects has seen the host until then', async () => {
  const bench = new Bench();
  await bench.connect();
  await bench.clock.advance(60_000);
  bench.heardAt = bench.clock.now() - 1000;
  await bench.connection.disconnect();
  assert.equal(bench.host.state, 'disconnected');
  assert.equal(bench.host.lastSeen, bench.heardAt);
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

test('a host that owes an answer and says nothing for 8 s is said to be silent, until it says something', async () => {
  const bench = new Bench();
  const { clock } = bench;
  await bench.connect();
  bench.heardAt = clock.now();
  await clock.advance(60_000);
  assert.equal(bench.host.silentSince, null);
  bench.owed = true;
  const asked = clock.now();
  await clock.advance(7000);
  assert.equal(bench.host.silentSince, null);
  await clock.advance(2000);
  assert.equal(bench.host.silentSince, asked);
  assert.equal(bench.host.state, 'connected');
  bench.heardAt = clock.now();
  await clock.advance(1000);
  assert.equal(bench.host.silentSince, null);
  // It goes on to owe the same answer, and speaks meanwhile: a call that takes long.
  for (let second = 0; second < 20; second += 1) {
    bench.heardAt = clock.now();
    await clock.advance(1000);
    assert.equal(bench.host.silentSince, null);
  }
  await clock.advance(8000);
  assert.notEqual(bench.host.silentSince, null);
  bench.links[0]?.lose();
  await settle();
  assert.equal(bench.host.silentSince, null);
  await bench.connection.disconnect();
  assert.equal(clock.pending, 0);
});

test('while the computer sleeps no host is silent', async () => {
  const bench = new Bench();
  const { clock } = bench;
  await bench.connect();
  bench.heardAt = clock.now();
  bench.owed = true;
  await clock.advance(2000);
  clock.sleep(3_600_000);
  await clock.advance(7000);
  assert.equal(bench.host.silentSince, null);
  await bench.connection.disconnect();
});

test('what is said of an open session calls the host as the list does, also after it learned its name', async () => {
  const bench = new Bench();
  await bench.connect();
  const { session } = bench.connection;
  assert.equal(session?.name, 'h');
  bench.connection.rename('kvm1');
  assert.deepEqual([session.name, bench.host.name], ['kvm1', 'kvm1']);
  await bench.connection.disconnect();
});
