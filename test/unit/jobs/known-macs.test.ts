import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { KnownMacs, macsOf, type MacSession } from '../../../main/jobs/create/known-macs.ts';
import { readMachines } from '../../../main/jobs/delete/read.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { connectFleet, connectHost, lookUp } from '../simulator/fleet-client.ts';

/** Two hosts of the demo, as connected. */
async function twoHosts(context: TestContext) {
  const { fleet, client } = await connectFleet(context, { hosts: 2, machines: 6 });
  const [, host] = fleet.hosts;
  assert.ok(host !== undefined);
  const other = await connectHost(host);
  context.after(() => other.close());
  const clock = new FakeClock();
  const here: MacSession = { id: 'a', name: 'kvm-a', client };
  const there: MacSession = { id: 'b', name: 'kvm-b', client: other };
  const known = new KnownMacs({ clock, sessions: () => [here, there] });
  return { known, clock, here, there };
}

test('the MACs of both hosts are taken; who has one elsewhere is named with its host', async (context) => {
  const { known, here, there } = await twoHosts(context);
  const own = macsOf(await readMachines(here.client, {}));
  const others = macsOf(await readMachines(there.client, {}));
  assert.ok(own.size > 0 && others.size > 0);
  assert.deepEqual(await known.taken(here, {}), new Set([...own.keys(), ...others.keys()]));
  const { macs, silent } = await known.elsewhere('a', {});
  const named = [...others].map(([mac, machine]) => [mac, `${machine} on kvm-b`] as const);
  assert.deepEqual(macs, new Map(named));
  assert.deepEqual(silent, []);
});

test('what another host told is kept for ten seconds; of the host itself it is of this moment', async (context) => {
  const { known, clock, here, there } = await twoHosts(context);
  const [[mac, machine] = ['', '']] = macsOf(await readMachines(there.client, {}));
  assert.ok((await known.taken(here, {})).has(mac));
  const dom = await lookUp(there.client, machine);
  await there.client.remote.domainDestroy({ dom }).catch(() => undefined);
  await there.client.remote.domainUndefineFlags({ dom, flags: 0 });
  await clock.advance(9000);
  assert.ok((await known.taken(here, {})).has(mac));
  assert.ok(!(await known.taken(there, {})).has(mac));
  await clock.advance(1000);
  assert.ok(!(await known.taken(here, {})).has(mac));
});

test('a host that is silent is waited for five seconds, and named; who asked may leave at once', async (context) => {
  const { known, clock, here, there } = await twoHosts(context);
  let asked = (): void => undefined;
  const began = new Promise<void>((resolve) => (asked = resolve));
  const remote = Object.create(there.client.remote, {
    connectListAllDomains: {
      value: (_args: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          asked();
        }),
    },
  }) as typeof there.client.remote;
  Object.defineProperty(there.client, 'remote', { value: remote });
  const leaving = new AbortController();
  const left = known.elsewhere('a', { signal: leaving.signal });
  const stays = known.elsewhere('a', {});
  await began;
  leaving.abort();
  await assert.rejects(left, { name: 'AbortError' });
  await clock.advance(5000);
  assert.deepEqual(await stays, { macs: new Map(), silent: ['kvm-b'] });
  assert.ok((await known.taken(here, {})).size > 0);
});
