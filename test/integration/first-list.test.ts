import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { dialUnix } from '../../drivers/transport/dial-unix.ts';
import { systemClock } from '../../main/hosts/clock.ts';
import { LinkEnd } from '../../main/hosts/link.ts';
import { HostSession } from '../../main/hosts/session.ts';
import { HostInventory } from '../../main/inventory/host-inventory.ts';
import { InventoryStore } from '../../main/inventory/store.ts';
import { ActivityLog } from '../../main/jobs/activity.ts';
import { TestCore } from '../support/core.ts';
import { startPrivateLibvirtd, whyNoLibvirtd, type PrivateLibvirtd } from './libvirt-local-daemon.ts';
import { RoundTrips } from './round-trips.ts';

/** A host of libvirt's test driver with so many machines. */
async function nodeFile(dir: string, machines: number): Promise<string> {
  const domain = (n: number): string =>
    `<domain type='test'><name>m-${n}</name><memory>${(n + 1) * 1024}</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>`;
  const file = path.join(dir, `node-${machines}.xml`);
  await writeFile(file, `<node>${Array.from({ length: machines }, (_none, n) => domain(n)).join('')}</node>`);
  return file;
}

suite('the first list of a host', { skip: whyNoLibvirtd(), timeout: 300_000 }, () => {
  let daemon: PrivateLibvirtd;
  before(async () => {
    daemon = await startPrivateLibvirtd();
  });
  after(() => daemon.stop());

  async function firstList(machines: number): Promise<{ trips: number; calls: number; listed: number }> {
    const link = new RoundTrips(await dialUnix(daemon.socket)());
    const uri = `test://${await nodeFile(daemon.dir, machines)}`;
    const client = await LibvirtClient.connect(link, { uri, keepalive: null });
    const [tripsBefore, callsBefore] = [link.trips, link.calls.length];
    const never = (): Promise<never> => Promise.reject(new Error('not in this test'));
    const session = new HostSession({
      id: 'h',
      name: () => 'h',
      uri,
      link: {
        commands: { exec: undefined, reason: 'not in this test' },
        openLibvirt: never,
        openTcp: never,
        openUnix: never,
        listenTcp: never,
        closed: new LinkEnd().closed,
        close: () => Promise.resolve(),
      },
      client,
      openClient: never,
    });
    const store = new InventoryStore(systemClock);
    const activity = new ActivityLog(systemClock);
    const faults: unknown[] = [];
    const inventory = new HostInventory(session, {
      clock: systemClock,
      store,
      activity,
      onRunning: () => undefined,
      onFault: (error) => faults.push(error),
    });
    await inventory.open(AbortSignal.timeout(60_000));
    const counted = {
      trips: link.trips - tripsBefore,
      calls: link.calls.length - callsBefore,
      listed: store.domains('h').length,
    };
    inventory.dispose();
    store.dispose();
    activity.dispose();
    await client.close();
    assert.deepEqual(faults, []);
    return counted;
  }

  test('two round trips and ten calls, whatever the number of machines', async () => {
    const few = await firstList(3);
    const many = await firstList(1000);
    assert.equal(few.listed, 3);
    assert.equal(many.listed, 1000);
    assert.equal(few.trips, 2);
    assert.equal(many.trips, 2);
    // The test driver knows neither NOWAIT nor bulk figures: that is asked once more, in the same trip's wake.
    assert.equal(many.calls, few.calls);
    assert.ok(many.calls <= 11, `${many.calls} calls`);
  });

  test('a driver without bulk figures: each machine’s are filled in after the list is shown', async () => {
    const core = await TestCore.open();
    try {
      const file = await nodeFile(daemon.dir, 200);
      const id = await core.connect(`test+unix://${file}?socket=${daemon.socket}`);
      const listed = core.mirror.domains.filter(({ host }) => host === id);
      assert.equal(listed.length, 200);
      for (const { uuid } of listed) {
        const { vcpus, memoryKiB } = await core.machine(id, uuid, (domain) => domain.memoryKiB > 0);
        assert.equal(vcpus, 2);
        assert.ok(memoryKiB >= 1024);
      }
      const first = core.mirror.domains.find(({ name }) => name === 'm-0');
      assert.ok(first !== undefined);
      await core.client.domain.destroy(first);
      await core.machine(id, first.uuid, ({ state }) => state === 'shutoff');
      await core.client.domain.start(first);
      await core.machine(id, first.uuid, ({ state }) => state === 'running');
    } finally {
      await core.close();
    }
  });
});
