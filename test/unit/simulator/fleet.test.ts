import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  virConnectListAllDomainsFlags as list,
  virDomainInterfaceAddressesSource,
} from '../../../drivers/libvirt/constants/index.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import {
  readCapabilities,
  readDomain,
  readDomainCapabilities,
  readPool,
  readVolume,
} from '../../../drivers/libvirt/model/index.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { createDemoFleet } from '../../../drivers/simulator/index.ts';
import { connectFleet, connectHost, lookUp, refusedAs } from './fleet-client.ts';

const { VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP: ARP } = virDomainInterfaceAddressesSource;

describe('the demo fleet', () => {
  test('has 3 hosts and 40 machines with different names and identities', async (context) => {
    const { fleet } = await connectFleet(context);
    assert.deepEqual(
      fleet.hosts.map((host) => host.hostname),
      ['kvm-a.demo', 'kvm-b.demo', 'kvm-c.demo'],
    );
    const names = new Set<string>();
    const uuids = new Set<string>();
    for (const host of fleet.hosts) {
      const client = await connectHost(host);
      const { domains } = await client.remote.connectListAllDomains({ needResults: 1, flags: 0 });
      for (const domain of domains) {
        names.add(domain.name);
        uuids.add(uuidToString(domain.uuid));
      }
      await client.close();
    }
    assert.deepEqual([names.size, uuids.size], [40, 40]);
  });

  test('a guest keeps its address, redefined and on another host', async (context) => {
    const { fleet } = await connectFleet(context);
    const [here, there] = await Promise.all(fleet.hosts.slice(0, 2).map(connectHost));
    assert.ok(here !== undefined && there !== undefined);
    const addressOf = async ({ remote }: typeof here, dom: DomainRef): Promise<string | undefined> => {
      const { ifaces } = await remote.domainInterfaceAddresses({ dom, source: ARP, flags: 0 });
      return ifaces[0]?.addrs[0]?.addr;
    };
    const dom = await lookUp(here, 'gitlab');
    const before = await addressOf(here, dom);
    assert.match(before ?? '', /^10\.20\./);
    const { xml } = await here.remote.domainGetXmlDesc({ dom, flags: 0 });
    await here.remote.domainDefineXmlFlags({ xml, flags: 0 });
    assert.equal(await addressOf(here, dom), before);
    const bare = xml.replaceAll(/<disk .*?<\/disk>/gs, '');
    const moved = await there.remote.domainCreateXml({ xmlDesc: bare, flags: 0 });
    assert.equal(await addressOf(there, moved.dom), before);
    await Promise.all([here.close(), there.close()]);
  });

  test('is the same for the same seed', async (context) => {
    const options = { now: () => 1_760_000_000_000 };
    const [first, second] = [await connectFleet(context, options), await connectFleet(context, options)];
    const [one, two] = await Promise.all(
      [first, second].map(({ client }) =>
        client.remote.connectGetAllDomainStats({ doms: [], stats: 0, flags: 0 }),
      ),
    );
    assert.deepEqual(one, two);
  });

  test('says that it is a demo and otherwise is a QEMU host', async (context) => {
    const { client } = await connectFleet(context);
    assert.equal((await client.remote.connectGetUri()).uri, 'demo:///kvm-a');
    assert.equal((await client.remote.connectGetType()).type, 'QEMU');
  });

  test('has more machines than names when it is made large', async (context) => {
    const { client } = await connectFleet(context, { hosts: 2, machines: 200 });
    const { ret } = await client.remote.connectListAllDomains({ needResults: 0, flags: 0 });
    assert.equal(ret, 100);
  });

  test('describes every host and machine so that the models can read it', async (context) => {
    const { fleet } = await connectFleet(context);
    for (const host of fleet.hosts) {
      const client = await connectHost(host);
      const { remote } = client;
      assert.equal(readCapabilities((await remote.connectGetCapabilities()).capabilities).guests.length, 1);
      const wanted = { emulatorbin: null, arch: null, machine: 'q35', virttype: 'kvm', flags: 0 };
      const { capabilities } = await remote.connectGetDomainCapabilities(wanted);
      assert.equal(readDomainCapabilities(capabilities).machine, 'pc-q35-7.2');
      for (const dom of (await remote.connectListAllDomains({ needResults: 1, flags: 0 })).domains) {
        const live = readDomain((await remote.domainGetXmlDesc({ dom, flags: 0 })).xml);
        assert.deepEqual([live.name, live.id ?? -1], [dom.name, dom.id]);
        if (live.graphics[0]?.type === 'vnc') assert.equal(live.graphics[0].port === null, dom.id < 0);
      }
      const { pools } = await remote.connectListAllStoragePools({ needResults: 1, flags: 2 });
      for (const pool of pools) {
        assert.equal(readPool((await remote.storagePoolGetXmlDesc({ pool, flags: 0 })).xml).name, pool.name);
        const { vols } = await remote.storagePoolListAllVolumes({ pool, needResults: 1, flags: 0 });
        for (const vol of vols)
          assert.equal(readVolume((await remote.storageVolGetXmlDesc({ vol, flags: 0 })).xml).key, vol.key);
      }
      await client.close();
    }
  });
});

describe('a simulated host', () => {
  test('filters its list by flags', async (context) => {
    const { client } = await connectFleet(context);
    const count = async (flags: number) =>
      (await client.remote.connectListAllDomains({ needResults: 0, flags })).ret;
    const active = await count(list.VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    const inactive = await count(list.VIR_CONNECT_LIST_DOMAINS_INACTIVE);
    assert.ok(active > 0 && inactive > 0);
    assert.equal(active + inactive, await count(0));
    assert.equal(await count(list.VIR_CONNECT_LIST_DOMAINS_TRANSIENT), 0);
  });

  test('refuses what it does not simulate by name', async (context) => {
    const { client } = await connectFleet(context);
    await assert.rejects(
      client.remote.nodeSuspendForDuration({ target: 0, duration: 60n, flags: 0 }),
      refusedAs('VIR_ERR_NO_SUPPORT', /nodeSuspendForDuration$/),
    );
  });

  test('knows no machine that is not there', async (context) => {
    const { client } = await connectFleet(context);
    await assert.rejects(
      lookUp(client, 'nobody'),
      refusedAs('VIR_ERR_NO_DOMAIN', /^Domain not found: no domain with matching name 'nobody'$/),
    );
  });

  test('tells its own memory and CPU time', async (context) => {
    const { client } = await connectFleet(context);
    const memory = await client.remote.nodeGetMemoryStats({ nparams: 4, cellNum: -1, flags: 0 });
    assert.deepEqual(
      memory.params.map(({ field }) => field),
      ['total', 'free', 'buffers', 'cached'],
    );
    const cpu = await client.remote.nodeGetCpuStats({ cpuNum: -1, nparams: 4, flags: 0 });
    assert.ok(cpu.params.every(({ value }) => value > 0n));
  });
});

test('a fleet that nobody looks at has nothing to do', (context) => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const fleet = createDemoFleet({ hosts: 20, machines: 400 });
  context.after(() => fleet.close());
  assert.equal(timers(), before);
});

test('closing the fleet ends its connections and leaves nothing behind', async () => {
  const fleet = createDemoFleet({ seed: 5 });
  const [host] = fleet.hosts;
  assert.ok(host);
  const client = await connectHost(host);
  await client.remote.domainShutdown({ dom: await lookUp(client, 'web-01') });
  fleet.close();
  assert.equal((await client.closed).code, 'LINK_CLOSED');
  assert.equal(host.clientCount, 0);
});
