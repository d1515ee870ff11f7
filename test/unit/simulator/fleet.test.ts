import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import {
  virConnectListAllDomainsFlags as list,
  virDomainEventID,
  virDomainState,
  virDomainUndefineFlagsValues as undefine,
  virDomainXMLFlags as xmlFlag,
} from '../../../drivers/libvirt/constants/index.ts';
import {
  readCapabilities,
  readDomain,
  readDomainCapabilities,
  readPool,
  readVolume,
} from '../../../drivers/libvirt/model/index.ts';
import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { createDemoFleet } from '../../../drivers/simulator/index.ts';
import { connectFleet, connectHost, lookUp } from './fleet-client.ts';
import { RfbViewer } from './rfb-viewer.ts';

const refusedAs = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LibvirtError);
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

/** Resolves as soon as the host has told `count` lifecycle events. */
async function lifecycles(client: Awaited<ReturnType<typeof connectHost>>, count: number) {
  const seen: [event: number, detail: number][] = [];
  let done: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  await client.registerDomainEvent(virDomainEventID.VIR_DOMAIN_EVENT_ID_LIFECYCLE, null, (msg) => {
    seen.push([msg.event, msg.detail]);
    if (seen.length === count) done();
  });
  return all.then(() => seen);
}

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

describe('a simulated machine', () => {
  test('starts, pauses, resumes and is switched off, each told by an event', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'load-test');
    const events = lifecycles(client, 5);
    await client.remote.domainCreate({ dom });
    await client.remote.domainSuspend({ dom });
    await client.remote.domainResume({ dom });
    await client.remote.domainDestroy({ dom });
    assert.deepEqual(await events, [
      [4, 0],
      [2, 0],
      [3, 0],
      [4, 0],
      [5, 1],
    ]);
  });

  test('shuts down after a moment', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const events = lifecycles(client, 2);
    await client.remote.domainShutdown({ dom });
    const state = virDomainState.VIR_DOMAIN_RUNNING;
    assert.equal((await client.remote.domainGetState({ dom, flags: 0 })).state, state);
    assert.deepEqual(await events, [
      [6, 2],
      [5, 0],
    ]);
  });

  test('refuses what its state does not allow, in the words of libvirt', async (context) => {
    const { client } = await connectFleet(context);
    const off = await lookUp(client, 'load-test');
    const on = await lookUp(client, 'web-01');
    const invalid = (detail: string) =>
      refusedAs('VIR_ERR_OPERATION_INVALID', new RegExp(`^Requested operation is not valid: ${detail}$`));
    await assert.rejects(client.remote.domainDestroy({ dom: off }), invalid('domain is not running'));
    await assert.rejects(client.remote.domainCreate({ dom: on }), invalid('domain is already running'));
    await assert.rejects(client.remote.domainResume({ dom: on }), invalid('domain is already running'));
  });

  test('goes on from its saved state', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    await client.remote.domainManagedSave({ dom, flags: 0 });
    assert.equal((await client.remote.domainHasManagedSaveImage({ dom, flags: 0 })).result, 1);
    const events = lifecycles(client, 2);
    await client.remote.domainCreateWithFlags({ dom, flags: 0 });
    assert.deepEqual((await events)[1], [2, 2]);
    assert.equal((await client.remote.domainHasManagedSaveImage({ dom, flags: 0 })).result, 0);
  });

  test('does not start without the file of its disk', async (context) => {
    const { client } = await connectFleet(context);
    const { vol } = await client.remote.storageVolLookupByPath({
      path: '/var/lib/libvirt/images/load-test.qcow2',
    });
    await client.remote.storageVolDelete({ vol, flags: 0 });
    await assert.rejects(
      client.remote.domainCreate({ dom: await lookUp(client, 'load-test') }),
      refusedAs('VIR_ERR_SYSTEM_ERROR', /^Cannot access storage file '.*load-test\.qcow2': No such file/),
    );
  });

  test('with UEFI is undefined only when its NVRAM is spoken of', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'gitlab');
    await client.remote.domainDestroy({ dom });
    await assert.rejects(
      client.remote.domainUndefineFlags({ dom, flags: 0 }),
      refusedAs('VIR_ERR_OPERATION_INVALID', /cannot undefine domain with nvram$/),
    );
    await client.remote.domainUndefineFlags({ dom, flags: undefine.VIR_DOMAIN_UNDEFINE_NVRAM });
    await assert.rejects(lookUp(client, 'gitlab'), refusedAs('VIR_ERR_NO_DOMAIN', /gitlab/));
  });

  test('is defined from XML, started and gone again', async (context) => {
    const { client } = await connectFleet(context);
    const xml = `<domain type='kvm'><name>new</name><memory unit='GiB'>2</memory><vcpu>3</vcpu><os><type>hvm</type></os>
      <devices><graphics type='vnc' port='-1'/><!-- kept --></devices></domain>`;
    const { dom } = await client.remote.domainDefineXml({ xml });
    await client.remote.domainCreate({ dom });
    const live = (await client.remote.domainGetXmlDesc({ dom, flags: 0 })).xml;
    assert.match(live, /<!-- kept -->/);
    assert.ok((readDomain(live).graphics[0]?.port ?? 0) >= 5900);
    const info = await client.remote.domainGetInfo({ dom });
    assert.deepEqual([info.nrVirtCpu, info.memory], [3, 2_097_152n]);
    await client.remote.domainUndefine({ dom });
    assert.equal((await client.remote.domainIsPersistent({ dom })).persistent, 0);
    await client.remote.domainDestroy({ dom });
    await assert.rejects(lookUp(client, 'new'), refusedAs('VIR_ERR_NO_DOMAIN', /new/));
  });

  test('is not defined from what is no XML of a domain', async (context) => {
    const { client } = await connectFleet(context);
    await assert.rejects(
      client.remote.domainDefineXml({ xml: '<network/>' }),
      refusedAs('VIR_ERR_XML_ERROR', /^XML error: /),
    );
  });

  test('shows its VNC password only when asked for secrets', async (context) => {
    const { fleet } = await connectFleet(context);
    for (const host of fleet.hosts) {
      const client = await connectHost(host);
      const dom = await lookUp(client, 'legacy-erp').catch(() => null);
      if (dom !== null) {
        const plain = (await client.remote.domainGetXmlDesc({ dom, flags: 0 })).xml;
        assert.doesNotMatch(plain, /passwd/);
        const flags = xmlFlag.VIR_DOMAIN_XML_SECURE;
        assert.match((await client.remote.domainGetXmlDesc({ dom, flags })).xml, / passwd='legacy'/);
      }
      await client.close();
    }
  });

  test('sends a PNG of its screen', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const { ret, stream } = await client.openStream('domainScreenshot', { dom, screen: 0, flags: 0 });
    const png = Buffer.concat(await stream.toArray());
    assert.equal(ret.mime, 'image/png');
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [720, 400]);
  });

  test('can be typed on through its port', async (context) => {
    const { client, host } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const model = readDomain((await client.remote.domainGetXmlDesc({ dom, flags: 0 })).xml);
    const viewer = new RfbViewer(host.openTcp(model.graphics[0]?.port ?? 0));
    await viewer.open();
    assert.equal(viewer.name, 'QEMU (web-01)');
    viewer.setEncodings([7]);
    viewer.request(false);
    await viewer.update();
    const before = viewer.picture.pixels.slice();
    viewer.request(true);
    viewer.key(0x61);
    await viewer.update();
    assert.notDeepEqual(viewer.picture.pixels, before);
  });

  test('has no port open while it is off', async (context) => {
    const { client, host } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const model = readDomain((await client.remote.domainGetXmlDesc({ dom, flags: 0 })).xml);
    const port = model.graphics[0]?.port ?? 0;
    await client.remote.domainDestroy({ dom });
    assert.throws(
      () => host.openTcp(port),
      (error) => error instanceof TransportError && error.code === 'REFUSED',
    );
  });

  test('has a serial console for one at a time, which can be taken over', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const args = { dom, devName: null, flags: 0 };
    const first = (await client.openStream('domainOpenConsole', args)).stream;
    const failed = new Promise((resolve) => first.once('error', resolve));
    await assert.rejects(
      client.openStream('domainOpenConsole', args),
      refusedAs(
        'VIR_ERR_OPERATION_FAILED',
        /^operation failed: Active console session exists for this domain$/,
      ),
    );
    const second = (await client.openStream('domainOpenConsole', { ...args, flags: 1 })).stream;
    assert.ok((await failed) instanceof LibvirtError);
    second.write('root\rpw\recho it-works\r');
    let heard = '';
    for await (const chunk of second) {
      heard += String(chunk);
      if (/\r\nit-works\r\n/.test(heard)) break;
    }
    assert.match(heard, /web-01 login: .*root\r\n/);
  });

  test('that is switched off ends its serial console', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const { stream } = await client.openStream('domainOpenConsole', { dom, devName: null, flags: 0 });
    const ended = new Promise((resolve) => stream.once('end', resolve));
    stream.resume();
    await client.remote.domainDestroy({ dom });
    await ended;
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
