import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAddresses } from '../../../main/inventory/addresses.ts';
import { connectFleet } from '../simulator/fleet-client.ts';

test('what the host’s table of neighbours knows of a machine, which tells no prefix', async (context) => {
  const { client } = await connectFleet(context);
  const { domains } = await client.remote.connectListAllDomains({ needResults: 1, flags: 0 });
  const running = domains.filter(({ id }) => id !== -1);
  const found = await Promise.all(running.map((dom) => readAddresses(client, { dom, source: 'arp' }, {})));
  const known = found.flat();
  assert.ok(known.length > 0);
  for (const { address, mac, prefix, source } of known) {
    assert.match(address, /^\d+\.\d+\.\d+\.\d+$/);
    assert.match(mac ?? '', /^52:54:00:/);
    assert.deepEqual([prefix, source], [0, 'arp']);
  }
});
