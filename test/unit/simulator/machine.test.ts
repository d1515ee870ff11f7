import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  virDomainEventID,
  virDomainState,
  virDomainUndefineFlagsValues as undefine,
  virDomainXMLFlags as xmlFlag,
} from '../../../drivers/libvirt/constants/index.ts';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import { connectFleet, lifecycles, lookUp, refusedAs } from './fleet-client.ts';

describe('a simulated machine', () => {
  test('starts, pauses, resumes and is switched off, each told by an event', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'load-test');
    const events = lifecycles(client, 6);
    await client.remote.domainCreate({ dom });
    await client.remote.domainSuspend({ dom });
    await client.remote.domainResume({ dom });
    await client.remote.domainDestroy({ dom });
    assert.deepEqual(await events, [
      [4, 0],
      [2, 0],
      [3, 0],
      [4, 0],
      [6, 2],
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
    assert.deepEqual(await events, [
      [2, 2],
      [4, 2],
    ]);
    assert.deepEqual(await client.remote.domainGetState({ dom, flags: 0 }), { state: 1, reason: 3 });
    assert.equal((await client.remote.domainHasManagedSaveImage({ dom, flags: 0 })).result, 0);
  });

  test('tells how far its saving has come, and goes on when that is cancelled', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const saving = client.remote.domainManagedSave({ dom, flags: 0 }, { timeoutMs: 0 });
    const refused = assert.rejects(
      saving,
      refusedAs('VIR_ERR_OPERATION_ABORTED', /^operation aborted: .*canceled by client$/),
    );
    const begin = await client.remote.domainGetJobInfo({ dom });
    assert.ok(begin.dataTotal > 0n);
    let info = begin;
    while (info.dataProcessed <= begin.dataProcessed) info = await client.remote.domainGetJobInfo({ dom });
    await client.remote.domainAbortJob({ dom });
    await refused;
    const state = await client.remote.domainGetState({ dom, flags: 0 });
    assert.deepEqual(state, { state: 1, reason: 7 });
    assert.equal((await client.remote.domainGetJobInfo({ dom })).type, 0);
    assert.equal((await client.remote.domainHasManagedSaveImage({ dom, flags: 0 })).result, 0);
  });

  test('that is switched off while it is saved keeps no saved state', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const saving = client.remote.domainManagedSave({ dom, flags: 0 }, { timeoutMs: 0 });
    const refused = assert.rejects(saving, refusedAs('VIR_ERR_OPERATION_FAILED', /no longer running$/));
    await client.remote.domainDestroy({ dom });
    await refused;
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

  test('defined anew while it runs changes when it goes off', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const { xml } = await client.remote.domainGetXmlDesc({ dom, flags: xmlFlag.VIR_DOMAIN_XML_INACTIVE });
    await client.remote.domainDefineXml({ xml: xml.replace(/(<vcpu[^>]*>)4</, '$12<') });
    assert.equal((await client.remote.domainGetInfo({ dom })).nrVirtCpu, 4);
    assert.equal(readDomain((await client.remote.domainGetXmlDesc({ dom, flags: 0 })).xml).maxVcpus, 4);
    await client.remote.domainDestroy({ dom });
    await client.remote.domainCreate({ dom });
    const { info } = await client.remote.domainGetVcpus({ dom, maxinfo: 16, maplen: 1 });
    assert.equal(info.length, 2);
  });

  test('does what its guest is told on the serial console', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const rebooted = new Promise<void>((resolve) => {
      const id = virDomainEventID.VIR_DOMAIN_EVENT_ID_REBOOT;
      void client.registerDomainEvent(id, dom, () => resolve());
    });
    const events = lifecycles(client, 2);
    const { stream } = await client.openStream('domainOpenConsole', { dom, devName: 'serial0', flags: 0 });
    let heard = '';
    stream.on('data', (chunk: Buffer) => (heard += String(chunk)));
    stream.write('root\r\rreboot\r');
    await rebooted;
    heard = '';
    while (!heard.includes('login: ')) await new Promise((resolve) => setTimeout(resolve, 20));
    stream.write('root\r\rpoweroff\r');
    assert.deepEqual(await events, [
      [6, 1],
      [5, 0],
    ]);
  });

  test('tells those too who use the events of old', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    await client.remote.connectDomainEventRegisterAny({
      eventId: virDomainEventID.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
    });
    const told = new Promise((resolve) => client.on('domainEventLifecycle', resolve));
    await client.remote.domainSuspend({ dom });
    assert.deepEqual(await told, { dom, event: 3, detail: 0 });
  });

  test('tells nothing of another machine to who asked for one', async (context) => {
    const { client } = await connectFleet(context);
    const one = await lookUp(client, 'web-01');
    const other = await lookUp(client, 'web-02');
    const told: string[] = [];
    const id = virDomainEventID.VIR_DOMAIN_EVENT_ID_LIFECYCLE;
    await client.registerDomainEvent(id, one, (msg) => told.push(msg.dom.name));
    await client.remote.domainSuspend({ dom: other });
    await client.remote.domainSuspend({ dom: one });
    await client.remote.connectGetHostname();
    assert.deepEqual(told, ['web-01']);
  });

  test('is not defined from what is no XML of a domain', async (context) => {
    const { client } = await connectFleet(context);
    await assert.rejects(
      client.remote.domainDefineXml({ xml: '<network/>' }),
      refusedAs('VIR_ERR_XML_ERROR', /^XML error: /),
    );
  });
});
