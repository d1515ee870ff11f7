import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { connectFleet, connectHost, lookUp } from './fleet-client.ts';

test('a stalled host answers nothing, and everything once it goes on', async (context) => {
  const { client, host } = await connectFleet(context);
  host.faults.stall();
  let answered = false;
  const call = client.remote.connectGetHostname().then(() => (answered = true));
  await assert.rejects(client.remote.connectGetType(undefined, { timeoutMs: 100 }), /TIMEOUT|in time|ms/);
  assert.equal(answered, false);
  host.faults.resume();
  await call;
});

test('a link with latency takes a round trip of twice as long', async (context) => {
  const { client, host } = await connectFleet(context);
  host.faults.latencyMs = 40;
  const begin = performance.now();
  await client.remote.connectGetHostname();
  assert.ok(performance.now() - begin >= 80);
});

for (const sizes of [[1], [3, 1, 7], [1000]])
  test(`frames cut into ${sizes.join(', ')} bytes arrive whole`, async (context) => {
    const { client, host } = await connectFleet(context);
    host.faults.cutFrames = sizes;
    const { ret } = await client.remote.connectListAllDomains({ needResults: 1, flags: 0 });
    assert.equal(ret, 14);
    assert.equal((await lookUp(client, 'web-01')).name, 'web-01');
  });

test('a dropped link fails the waiting call and the host takes new ones', async (context) => {
  const { client, host } = await connectFleet(context);
  host.faults.stall();
  const waiting = client.remote.connectGetHostname();
  host.faults.dropAll();
  await assert.rejects(waiting, { code: 'LINK_CLOSED' });
  host.faults.resume();
  const again = await connectHost(host);
  assert.equal((await again.remote.connectGetHostname()).hostname, 'kvm-a.demo');
  await again.close();
});

test('a host that refuses is refused at once', async (context) => {
  const { host } = await connectFleet(context);
  host.faults.refuseConnect = true;
  assert.throws(
    () => host.openLibvirt(),
    (error) => error instanceof TransportError && error.code === 'REFUSED',
  );
});

test('a host can be without a call', async (context) => {
  const { client, host } = await connectFleet(context);
  host.faults.unsupportedCalls = new Set(['connectGetAllDomainStats']);
  await assert.rejects(client.remote.connectGetAllDomainStats({ doms: [], stats: 0, flags: 0 }), {
    code: 'VIR_ERR_NO_SUPPORT',
  });
});
